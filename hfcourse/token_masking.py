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

from hfcourse.tokens import MASK_TEXT, AccessToken

# Backslashes of JSON within JSON double at each level; the bound keeps a long run of them from costing its square.
BACKSLASHES_PATTERN = r"\\\\{0,3}"
# What a page does not show, and some of our own code drops: control and format characters, combining marks.
INVISIBLE_CHARACTERS = (
    "[\\x00-\\x1f\\x7f-\\x9f\\xad\u0300-\u036f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
IGNORED_GAP = (
    rf"(?:{INVISIBLE_CHARACTERS}|{BACKSLASHES_PATTERN}(?:u00[01][0-9a-fA-F]|[nrtbf])|&(?:shy|ZeroWidthSpace|zwn?j);)*+"
)
MAX_VARIANT_CODE_POINT = 0x1FFFF  # no character beyond has an ASCII variant
UNDERSCORE_SPELLINGS = ("&lowbar;", "&UnderBar;", BACKSLASHES_PATTERN + "_")  # the last one is Markdown's


def mask_json_value(value: Any, token: AccessToken | None) -> Any:
    """A parsed JSON value with the token masked in all its texts and keys; nothing is walked where it was not lent."""
    if token is None:
        return value
    spellings = compile_spellings(token.reveal())
    # Written once more it is searched in one go; walking hundreds of thousands of values takes far longer.
    if not spellings.search(json.dumps(value, ensure_ascii=False)):
        return value
    return mask_nested_texts(value, spellings)


def mask_nested_texts(value: Any, spellings: re.Pattern[str]) -> Any:
    """The value with every match in its texts and keys masked."""
    if isinstance(value, str):
        return spellings.sub(MASK_TEXT, value)
    if isinstance(value, dict):
        return {spellings.sub(MASK_TEXT, key): mask_nested_texts(item, spellings) for key, item in value.items()}
    return [mask_nested_texts(item, spellings) for item in value] if isinstance(value, list | tuple) else value


def mask_text(text: str, token: AccessToken | None) -> str:
    """The text without the token."""
    return compile_spellings(token.reveal()).sub(MASK_TEXT, text) if token else text


def mask_chunks(pieces: Iterable[bytes], token: AccessToken | None) -> Iterator[bytes]:
    """The bytes of a file without the token as it is, wherever the file is cut; other spellings stay in a file."""
    if token is None:
        yield from pieces
        return
    secret, tail = token.reveal().encode(), b""
    for piece in pieces:
        content = (tail + piece).replace(secret, MASK_TEXT.encode())
        end = max(0, len(content) - len(secret) + 1)  # the rest may be the beginning of the token
        tail = content[end:]
        if end:
            yield content[:end]
    if tail:
        yield tail


@lru_cache(maxsize=4)
def compile_spellings(secret: str) -> re.Pattern[str]:
    """What matches each spelling of a secret made of ASCII letters, digits and underscores."""
    return re.compile(IGNORED_GAP.join(map(build_character_pattern, secret)))


def build_character_pattern(character: str) -> str:
    """An expression for one character in any of its spellings.

    Each alternative begins with a literal: `re` then skips quickly to where a match may begin.
    """
    code = ord(character)
    digits = "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{code:02x}")
    forms = [
        character,
        *collect_ascii_variants().get(character, ()),
        f"%{digits}",
        f"&#0{{0,9}}{code};?",
        f"&#[xX]0{{0,9}}{digits};?",
        f"{BACKSLASHES_PATTERN}(?:u00|x){digits}",
        *(UNDERSCORE_SPELLINGS if character == "_" else ()),
    ]
    return f"(?:{'|'.join(forms)})"


@lru_cache(maxsize=1)
def collect_ascii_variants() -> dict[str, list[str]]:
    """For each ASCII character the others that Unicode calls compatible with it: full width, mathematical, circled…"""
    found: dict[str, list[str]] = {}
    for code in range(0x80, MAX_VARIANT_CODE_POINT):
        plain = unicodedata.normalize("NFKC", chr(code)) if unicodedata.decomposition(chr(code)) else ""
        if len(plain) == 1 and plain.isascii() and (plain.isalnum() or plain == "_"):
            found.setdefault(plain, []).append(chr(code))
    return found
