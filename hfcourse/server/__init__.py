"""The server of `flask run`: its threads, its connections, and the check of its port."""
