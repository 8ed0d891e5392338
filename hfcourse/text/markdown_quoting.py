"""What others wrote, inside a report in Markdown: it stays where it is put. Pure."""

import re


def quote_inline_code(text: str) -> str:
    """The text on one line, as code; its own backticks end nothing."""
    line = " ".join(text.split()) or " "
    fence = "`" * (measure_longest_fence(line) + 1)
    edge = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{edge}{line}{edge}{fence}"


def quote_code_block(text: str, language: str = "") -> str:
    """The text as a block of code, which only a longer row of backticks than any in it could end."""
    fence = "`" * max(3, measure_longest_fence(text) + 1)
    body = "\n".join(text.replace("\0", "").splitlines())
    return f"{fence}{language}\n{body}\n{fence}"


def measure_longest_fence(text: str) -> int:
    """The length of the longest row of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)
