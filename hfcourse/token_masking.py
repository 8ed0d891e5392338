"""Masking of the token that a Space was lent, in whatever the Space sends back.

The text is masked after it was parsed, before anything is stored, cut or shown: what stands between two quotation
marks of JSON is only known then. Besides the token itself, the spellings of it are masked that a browser, or this
site's own code, would turn into it: JSON escapes in a text that is parsed again, HTML character references,
percent-encoding, Unicode variants of letters, invisible characters in between. Other encodings (base64, reversed…)
cannot be enumerated; nothing here decodes them for a reader.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from hfcourse.tokens import MASK, Token

# Backslashes of JSON within JSON double at each level; the bound keeps a long run of them from costing its square.
BACKSLASHES = r"\\\\{0,3}"
# What a page does not show, and some of our own code drops: control and format characters, combining marks.
INVISIBLE = (
    "[\\x00-\\x1f\\x7f-\\x9f\\xad\u0300-\u036f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
GAP = rf"(?:{INVISIBLE}|{BACKSLASHES}(?:u00[01][0-9a-fA-F]|[nrtbf])|&(?:shy|ZeroWidthSpace|zwn?j);)*+"
LAST_VARIANT = 0x1FFFF  # no character beyond has an ASCII variant
UNDERSCORES = ("&lowbar;", "&UnderBar;", BACKSLASHES + "_")  # the last one is Markdown's


def mask_value(value: Any, token: Token | None) -> Any:
    """A parsed JSON value with the token masked in all its texts and keys; nothing is walked where it was not lent."""
    if token is None:
        return value
    spellings = spellings_of(token.reveal())
    # Written once more it is searched in one go; walking hundreds of thousands of values takes far longer.
    if not spellings.search(json.dumps(value, ensure_ascii=False)):
        return value
    return mask_texts(value, spellings)


def mask_texts(value: Any, spellings: re.Pattern[str]) -> Any:
    """The value with every match in its texts and keys masked."""
    if isinstance(value, str):
        return spellings.sub(MASK, value)
    if isinstance(value, dict):
        return {spellings.sub(MASK, key): mask_texts(item, spellings) for key, item in value.items()}
    return [mask_texts(item, spellings) for item in value] if isinstance(value, list | tuple) else value


def mask_text(text: str, token: Token | None) -> str:
    """The text without the token."""
    return spellings_of(token.reveal()).sub(MASK, text) if token else text


def mask_pieces(pieces: Iterable[bytes], token: Token | None) -> Iterator[bytes]:
    """The bytes of a file without the token as it is, wherever the file is cut; other spellings stay in a file."""
    if token is None:
        yield from pieces
        return
    secret, tail = token.reveal().encode(), b""
    for piece in pieces:
        content = (tail + piece).replace(secret, MASK.encode())
        end = max(0, len(content) - len(secret) + 1)  # the rest may be the beginning of the token
        tail = content[end:]
        if end:
            yield content[:end]
    if tail:
        yield tail


@lru_cache(maxsize=4)
def spellings_of(secret: str) -> re.Pattern[str]:
    """What matches each spelling of a secret made of ASCII letters, digits and underscores."""
    return re.compile(GAP.join(map(spellings_of_character, secret)))


def spellings_of_character(character: str) -> str:
    """An expression for one character in any of its spellings.

    Each alternative begins with a literal: `re` then skips quickly to where a match may begin.
    """
    code = ord(character)
    digits = "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{code:02x}")
    forms = [
        character,
        *variants().get(character, ()),
        f"%{digits}",
        f"&#0{{0,9}}{code};?",
        f"&#[xX]0{{0,9}}{digits};?",
        f"{BACKSLASHES}(?:u00|x){digits}",
        *(UNDERSCORES if character == "_" else ()),
    ]
    return f"(?:{'|'.join(forms)})"


@lru_cache(maxsize=1)
def variants() -> dict[str, list[str]]:
    """For each ASCII character the others that Unicode calls compatible with it: full width, mathematical, circled…"""
    found: dict[str, list[str]] = {}
    for code in range(0x80, LAST_VARIANT):
        plain = unicodedata.normalize("NFKC", chr(code)) if unicodedata.decomposition(chr(code)) else ""
        if len(plain) == 1 and plain.isascii() and (plain.isalnum() or plain == "_"):
            found.setdefault(plain, []).append(chr(code))
    return found
