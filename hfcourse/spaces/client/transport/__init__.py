"""HTTP to untrusted servers: connections with deadlines, messages of bounded size, event streams."""
