"""Masking of the site's token in the responses of a Space that received it.

Text is masked after parsing, and before it is stored, truncated or shown: only then are the contents of JSON strings
known. Besides the token itself, this masks the spellings that a browser, or this site's own code, would convert to it:
JSON escapes in a text that is parsed again, HTML character references, percent-encoding, Unicode variants of letters,
invisible characters in between. Other encodings (base64, reversed…) cannot be enumerated, and nothing here decodes
them for a reader.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from hfcourse.tokens import MASK_TEXT, AccessToken

# Backslashes of JSON within JSON double at each level; the bound prevents quadratic time over a long run of them.
BACKSLASHES_PATTERN = r"\\\\{0,3}"
# Characters that a page does not show or our own code drops: control and format characters, combining marks.
INVISIBLE_CHARACTERS = (
    "[\\x00-\\x1f\\x7f-\\x9f\\xad\u0300-\u036f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
IGNORED_GAP = (
    rf"(?:{INVISIBLE_CHARACTERS}|{BACKSLASHES_PATTERN}(?:u00[01][0-9a-fA-F]|[nrtbf])|&(?:shy|ZeroWidthSpace|zwn?j);)*+"
)
MAX_VARIANT_CODE_POINT = 0x1FFFF  # no character beyond has an ASCII variant
UNDERSCORE_SPELLINGS = ("&lowbar;", "&UnderBar;", BACKSLASHES_PATTERN + "_")  # the last one is Markdown's


def mask_json_value(value: Any, token: AccessToken | None) -> Any:
    """Return parsed JSON with the token masked in all texts and keys; without a token, `value` itself."""
    if token is None:
        return value
    spellings = compile_spellings(token.reveal())
    # One search of the serialized text is much faster than walking hundreds of thousands of values.
    if not spellings.search(json.dumps(value, ensure_ascii=False)):
        return value
    return mask_nested_texts(value, spellings)


def mask_nested_texts(value: Any, spellings: re.Pattern[str]) -> Any:
    """Mask every match in the texts and keys of `value`, recursively."""
    if isinstance(value, str):
        return spellings.sub(MASK_TEXT, value)
    if isinstance(value, dict):
        return {spellings.sub(MASK_TEXT, key): mask_nested_texts(item, spellings) for key, item in value.items()}
    return [mask_nested_texts(item, spellings) for item in value] if isinstance(value, list | tuple) else value


def mask_text(text: str, token: AccessToken | None) -> str:
    """Return the text with the token masked."""
    return compile_spellings(token.reveal()).sub(MASK_TEXT, text) if token else text


def mask_chunks(pieces: Iterable[bytes], token: AccessToken | None) -> Iterator[bytes]:
    """Mask the exact token in the chunks of a file, also across their boundaries; other spellings stay."""
    if token is None:
        yield from pieces
        return
    secret, tail = token.reveal().encode(), b""
    for piece in pieces:
        content = (tail + piece).replace(secret, MASK_TEXT.encode())
        end = max(0, len(content) - len(secret) + 1)  # the rest may be the start of the token
        tail = content[end:]
        if end:
            yield content[:end]
    if tail:
        yield tail


@lru_cache(maxsize=4)
def compile_spellings(secret: str) -> re.Pattern[str]:
    """Compile a pattern of every spelling of a secret made of ASCII letters, digits and underscores."""
    return re.compile(IGNORED_GAP.join(map(build_character_pattern, secret)))


def build_character_pattern(character: str) -> str:
    """Return a pattern for one character in any of its spellings.

    Each alternative begins with a literal, so that `re` can skip quickly to possible matches.
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
    """Map each ASCII character to those that NFKC normalizes to it: full width, mathematical, circled…"""
    found: dict[str, list[str]] = {}
    for code in range(0x80, MAX_VARIANT_CODE_POINT):
        plain = unicodedata.normalize("NFKC", chr(code)) if unicodedata.decomposition(chr(code)) else ""
        if len(plain) == 1 and plain.isascii() and (plain.isalnum() or plain == "_"):
            found.setdefault(plain, []).append(chr(code))
    return found
