"""A run while it goes on: watched once per process, sent as server-sent events or asked for."""
