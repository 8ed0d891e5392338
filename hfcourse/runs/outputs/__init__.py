"""Rendering of the outputs of a run: kinds, charts, chats, Markdown, tables, JSON. Pure."""
