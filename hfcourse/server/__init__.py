"""The development server of `flask run`: threads, connections, and the check of its port."""
