"""Text: French typography, syntax highlighting, quoting, the search for tokens. Pure."""
