"""The outputs of a run as templates draw them: kinds, charts, chats, Markdown, tables, JSON. Pure."""
