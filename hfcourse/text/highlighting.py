"""Highlight the code of the lessons, on the server, in classes that the style sheet knows. Pure.

For our own text alone: the regular expressions of Pygments backtrack without end over what is written to that end
(pygments issue 3311). What strangers wrote goes through code_lexer.py.
"""

import re
from functools import lru_cache
from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

FORMATTER = HtmlFormatter(nowrap=True)
# What the style sheet leaves as it is: names, signs, spaces. They are most of a listing's weight.
UNSTYLED_SPAN = re.compile(r'<span class="(?:n|nn|nx|nl|o|p|w|err)">([^<]*)</span>')

MAX_CACHED_SOURCES, MAX_CACHED_CHARACTERS = 256, 10_000


def highlight_code(source: str, language: str) -> str:
    """The HTML of a piece of code, escaped, its spaces and ends of lines as they are; `text` has no colours.

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
    """What a class opens together is coloured once: it is half of the making of a Space's page."""
    return UNSTYLED_SPAN.sub(r"\1", highlight(source, get_lexer_by_name(language, stripnl=False), FORMATTER))
