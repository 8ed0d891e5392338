"""Code in colours: classes that the style sheet knows, made on the server. Pure."""

from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

FORMATTER = HtmlFormatter(nowrap=True)


def highlighted(source: str, language: str) -> str:
    """The HTML of a piece of code, escaped, its spaces and ends of lines as they are; `text` has no colours.

    Raises:
        pygments.util.ClassNotFound: the language is unknown.
    """
    if language == "text":
        return escape(source, quote=False)
    return highlight(source, get_lexer_by_name(language, stripnl=False), FORMATTER)
