"""Syntax highlighter of the lessons' code, on the server, with the classes of the style sheet. Pure.

For trusted text only: the regular expressions of Pygments can be made to backtrack without end (pygments issue 3311).
Untrusted code is highlighted by code_lexer.py.
"""

import re
from functools import lru_cache
from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

FORMATTER = HtmlFormatter(nowrap=True)
# Tokens without a style: names, signs, spaces. They are most of a listing's size.
UNSTYLED_SPAN = re.compile(r'<span class="(?:n|nn|nx|nl|o|p|w|err)">([^<]*)</span>')

MAX_CACHED_SOURCES, MAX_CACHED_CHARACTERS = 256, 10_000


def highlight_code(source: str, language: str) -> str:
    """Return the escaped HTML of source code, white space unchanged; `text` is not highlighted.

    Raises:
        pygments.util.ClassNotFound: the language is unknown.
    """
    if language == "text":
        return escape(source, quote=False)
    return (
        _highlight_cached(source, language)
        if len(source) <= MAX_CACHED_CHARACTERS
        else _highlight_cached.__wrapped__(source, language)
    )


@lru_cache(MAX_CACHED_SOURCES)
def _highlight_cached(source: str, language: str) -> str:
    """Highlight with a cache for code that a whole class opens: half the time of rendering a Space's page."""
    return UNSTYLED_SPAN.sub(r"\1", highlight(source, get_lexer_by_name(language, stripnl=False), FORMATTER))
