"""Markdown quoting of untrusted text: no text can break out of its quotes. Pure."""

import re


def quote_inline_code(text: str) -> str:
    """Return the text on one line as inline code, fenced by more backticks than it contains."""
    line = " ".join(text.split()) or " "
    fence = "`" * (measure_longest_fence(line) + 1)
    edge = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{edge}{line}{edge}{fence}"


def quote_code_block(text: str, language: str = "") -> str:
    """Return the text as a code block, whose fence is longer than any row of backticks in it."""
    fence = "`" * max(3, measure_longest_fence(text) + 1)
    body = "\n".join(text.replace("\0", "").splitlines())
    return f"{fence}{language}\n{body}\n{fence}"


def measure_longest_fence(text: str) -> int:
    """Return the length of the longest row of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)
