"""Text processing: French typography, syntax highlighting, quoting, token search. Pure."""
