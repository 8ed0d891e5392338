"""Read the tables of a Markdown document."""

import re


def list_table_rows(text: str) -> list[list[str]]:
    """The cells of every line of every table."""
    return [re.split(r"(?<!\\)\|", line.strip())[1:-1] for line in text.splitlines() if line.startswith("|")]
