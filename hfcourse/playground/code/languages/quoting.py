"""Quoting of untrusted names and values in Python, JavaScript, JSON and the shell. Pure.

Characters that cannot be seen are escaped in every language: a bidirectional control would make
code read otherwise than it runs, and U+2028 ends a line for some programs.
"""

import json
import math
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hfcourse.playground.code.languages.code_call import CodeFile

# `<` cannot begin a tag or a comment in an HTML page into which a reader pastes the code.
HTML_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
SHELL_PLAIN_WORD = re.compile(r"[\w@%+=:,./-]+", re.ASCII)


def escape_unprintable(text: str) -> str:
    """Replace each unprintable character of a JSON text by its JSON escape, lone surrogates included."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character == "\n" else escape_utf16(character) for character in text
    )


def escape_utf16(character: str) -> str:
    """Return the escapes of JSON and JavaScript for one character, a pair of them beyond U+FFFF."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def quote_json(value: Any) -> str:
    """Return a JSON value as JSON, of one line."""
    return escape_unprintable(json.dumps(value, ensure_ascii=False))


def quote_json_members(pairs: Sequence[tuple[str, Any]]) -> str:
    """Return a JSON object with one line for each member."""
    lines = [f"  {quote_json(name)}: {quote_json(value)}" for name, value in pairs]
    return "{\n" + ",\n".join(lines) + "\n}" if lines else "{}"


def quote_python(value: Any) -> str:
    """Return a scalar as Python source; a text in double quotes where it needs no escape."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    representation = repr(value)
    is_plain = isinstance(value, str) and representation == f"'{value}'" and '"' not in value
    return f'"{value}"' if is_plain else representation


def quote_javascript(value: Any) -> str:
    """Return a scalar as JavaScript."""
    return "".join(HTML_ESCAPES.get(character, character) for character in quote_json(value))


def quote_shell_word(text: str) -> str:
    """Return a text as one word of the shell."""
    return text if SHELL_PLAIN_WORD.fullmatch(text) else shlex.quote(text)


def quote_shell_json(text: str) -> str:
    """Return a JSON text as one word of the shell: apostrophes, which occur in its strings alone, become escapes.

    The word is then one pair of single quotes, in which every shell leaves `$`, `!` and `\\` alone.
    """
    return "'" + text.replace("'", "\\u0027") + "'"


def to_literal(
    value: Any,
    quote_scalar: Callable[[Any], str],
    render_file: Callable[[CodeFile], str],
    quote_key: Callable[[str], str] | None = None,
) -> str:
    """Render a JSON value in a language whose lists and objects are written as in Python and JavaScript."""
    if isinstance(value, CodeFile):
        return render_file(value)
    if isinstance(value, Mapping):
        keys = quote_key or quote_scalar
        pairs = (
            f"{keys(key)}: {to_literal(item, quote_scalar, render_file, quote_key)}" for key, item in value.items()
        )
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(to_literal(item, quote_scalar, render_file, quote_key) for item in value) + "]"
    return quote_scalar(value)
