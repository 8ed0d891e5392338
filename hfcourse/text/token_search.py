"""Search of a text for access tokens of the Hub, in any spelling that copying may produce. Pure.

Tokens are copied by mistake from a terminal, a PDF, a web page or a JSON file, so their letters may be full-width
(NFKC), mixed with invisible characters (category Cf), written as escapes, or broken by a line end. One regular
expression covers these spellings letter by letter and is matched on the original text, so that nothing has to be
decoded and only the token is masked.

The search is linear: every repetition in the expression is possessive or bounded, and no attempt reads further than
the next underscore.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from string import ascii_letters, digits
from unicodedata import normalize

MIN_TOKEN_LETTERS = 20
FULL_TOKEN_LETTERS = 34  # length of current Hub tokens: a token this long does not continue on the next line
MIN_BROKEN_LETTERS, MAX_TOKEN_LINES = 8, 20
# Limit of token prefixes (`hf_`) examined in other spellings; the text after them is only searched for plain tokens.
MAX_CANDIDATES = 20_000
MAX_SEARCHED_CHARACTERS = 2_500_000  # worst case 0.15 µs each, if every one starts an escape

# Unicode blocks with characters that NFKC normalizes to ASCII letters, digits or an underscore.
COMPATIBILITY_BLOCKS = (
    (0x00A0, 0x3400), (0xA69C, 0xAB70), (0xFB00, 0xFB07), (0xFE33, 0xFE50), (0xFF00, 0xFFF0),
    (0x10780, 0x107C0), (0x1CCD6, 0x1CCFA), (0x1D400, 0x1D800), (0x1F100, 0x1F200), (0x1FBF0, 0x1FBFA),
)  # fmt: skip
# Control characters except blanks, category Cf, variation selectors, fillers.
INVISIBLE_CHARACTERS = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001-\U000e01ef"
)
LINE_ENDS = r"\n\r\v\f\x1c-\x1e\x85\u2028\u2029"
OPTIONAL_INVISIBLE = f"[{INVISIBLE_CHARACTERS}]*+"
# A line end within a token, possibly after blanks or a continuation mark: a hyphen, the `=` of quoted-printable, the
# backslash of a shell. The token continues at the start of the next line.
TOKEN_LINE_BREAK = rf"[-‐=\\]?[ \t]{{0,3}}+(?:\r\n|[{LINE_ENDS}])[{INVISIBLE_CHARACTERS}]*+"
# Prefixes of the digits of an escape, encoded up to three times: JSON and source code, URLs, HTML.
BACKSLASHES, PERCENT, REFERENCE = r"\\{1,4}+", "%(?:25){0,3}+", "&(?:amp;){0,3}+#"
HEXADECIMAL = rf"(?:{BACKSLASHES}(?:u00|x|u\{{0{{0,4}}+|U000000)|{PERCENT}|{REFERENCE}[xX]0{{0,6}}+)"
# Sign of a token broken by a line end: letters in both cases, a digit, or a letter repeated as in an exercise.
RANDOM_LETTERS = re.compile(r"[0-9]|[a-z][A-Z]|[A-Z]{2}[a-z]|(.)\1{3}", re.ASCII)
CASE_CHANGE = re.compile(r"[a-z](?=[A-Z0-9])|[0-9](?=[A-Za-z])", re.ASCII)
PLAIN_TOKEN = re.compile(
    rf"(?:hf_|api_org_)[a-z0-9]{{{MIN_TOKEN_LETTERS},}}+"
    rf"|hf_(?:oauth_|jwt_)[a-z0-9]{{{MIN_TOKEN_LETTERS},}}+(?:[-._]++[a-z0-9]++)*+",
    re.IGNORECASE | re.ASCII,
)
OTHER_SPELLING = re.compile(rf"[{LINE_ENDS}{INVISIBLE_CHARACTERS}\\%&+]")
LINE_PATTERN = re.compile(rf"[^{LINE_ENDS}]+")
TOKEN_PREFIX = re.compile(r"(?:hf_(?:oauth_|jwt_)?|api_org_)", re.IGNORECASE)
ESCAPE_SEQUENCE = re.compile(rf"{HEXADECIMAL}([0-9a-fA-F]{{2}})[;}}]?|{REFERENCE}0{{0,5}}+([0-9]{{2,3}});?")
NOT_TOKEN_LETTERS = re.compile(r"[^A-Za-z0-9_]+", re.ASCII)

TokenSpan = tuple[int, int]


@dataclass
class SearchBudget:
    """Remaining budget of the search for other spellings, over all fields of a request."""

    candidates: int = MAX_CANDIDATES
    characters: int = MAX_SEARCHED_CHARACTERS


@cache
def map_compatible_letters() -> dict[str, str]:
    """Map each ASCII letter, digit and underscore to all characters that NFKC normalizes to it, itself included."""
    found = {letter: letter for letter in f"{ascii_letters}{digits}_"}
    for first, end in COMPATIBILITY_BLOCKS:
        for character in map(chr, range(first, end)):
            letters = normalize("NFKC", character)
            if letters.isascii() and letters.isalnum():  # a ligature (« fi ») counts as its first letter
                found[letters[0]] += character
            elif letters == "_":
                found["_"] += character
    return found


def build_letter_pattern(letter: str) -> str:
    """Return the pattern of a literal's character: either case, every compatible form, or an escape."""
    if not (letter.isascii() and (letter.isalnum() or letter == "_")):
        return re.escape(letter)
    cased = sorted({letter, letter.swapcase()})
    plain = "".join(re.escape(map_compatible_letters()[each]) for each in cased)
    codes = "|".join(f"{ord(each):x}" for each in cased)
    decimal = "|".join(str(ord(each)) for each in cased)
    named = r"|\\{0,4}+_|&(?:amp;){0,3}+(?:lowbar|UnderBar);|\+AF8-" if letter == "_" else ""
    escaped = rf"{HEXADECIMAL}(?i:{codes})[;}}]?|{REFERENCE}0{{0,5}}+(?:{decimal});?"
    return f"(?:[{plain}]|{escaped}{named})"


@cache
def build_any_letter_pattern() -> str:
    """Return the pattern of a letter or digit in every spelling."""
    plain = "".join(re.escape(map_compatible_letters()[letter]) for letter in ascii_letters + digits)
    codes = r"(?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aA])"
    decimal = r"(?:4[89]|5[0-7]|6[5-9]|[78][0-9]|9[0789]|1[01][0-9]|12[0-2])"
    return rf"(?:[{plain}]|{HEXADECIMAL}{codes}[;}}]?|{REFERENCE}0{{0,5}}+{decimal};?)"


def build_literal_pattern(literal: str) -> str:
    """Return a pattern for a literal in every spelling, with invisible characters after each letter."""
    return "".join(build_letter_pattern(letter) + OPTIONAL_INVISIBLE for letter in literal)


@cache
def get_start_pattern() -> re.Pattern[str]:
    """Return the pattern of a token's prefix."""
    first = "".join(map(map_compatible_letters().__getitem__, "hHaA"))
    return re.compile(rf"(?=[{first}\\%&])(?:{build_literal_pattern('hf_')}|{build_literal_pattern('api_org_')})")


@cache
def get_rest_pattern() -> re.Pattern[str]:
    """Return the pattern of a token after its prefix: of a user, of an organisation, of OAuth (a JWT, with dots).

    It matches twenty letters across line ends; `measure_token` decides whether a broken match is a token.
    """
    letter = f"{build_any_letter_pattern()}{OPTIONAL_INVISIBLE}"
    enough = rf"(?=(?:(?:{TOKEN_LINE_BREAK})?{letter}){{{MIN_TOKEN_LETTERS}}})"
    rest = rf"(?:{TOKEN_LINE_BREAK})?(?:{letter})++(?:{TOKEN_LINE_BREAK}(?:{letter})++)*+"
    prefix = f"(?:{build_literal_pattern('oauth_')}|{build_literal_pattern('jwt_')})"
    web_token = rf"{prefix}{enough}{rest}(?:[-._]++(?:{letter})++)*+"
    return re.compile(rf"{enough}{rest}|{web_token}")


@lru_cache(maxsize=8)
def get_exact_pattern(value: str) -> re.Pattern[str]:
    """Return the pattern of one known token."""
    return re.compile(build_literal_pattern(value[:-1]) + build_letter_pattern(value[-1]))


def find_tokens(text: str, known: str = "", budget: SearchBudget | None = None) -> list[TokenSpan]:
    """Find all possible tokens.

    Args:
        text: any text.
        known: a token to find regardless of its pattern.
        budget: shared by the texts of a request.

    Returns:
        Start and end of each in `text`, sorted, not overlapping.
    """
    return merge_spans(iterate_tokens(text, known, budget or SearchBudget()))


def has_token(text: str, known: str = "", budget: SearchBudget | None = None) -> bool:
    """Is there a possible token in a text?"""
    return next(iterate_tokens(text, known, budget or SearchBudget()), None) is not None


def iterate_tokens(text: str, known: str, budget: SearchBudget) -> Iterator[TokenSpan]:
    """Yield the span of each token as it is found: first in the Hub's spelling, then in others."""
    lower = text.lower()  # a pre-check: the pattern that ignores case is tried at each letter
    if "hf_" in lower or "api_org_" in lower:
        yield from (match.span() for match in PLAIN_TOKEN.finditer(text))
    if known:
        yield from (match.span() for match in get_exact_pattern(known).finditer(text))
    if (text.isascii() and not OTHER_SPELLING.search(text)) or budget.characters < len(text):
        return
    budget.characters -= len(text)
    for start in get_start_pattern().finditer(text):
        budget.candidates -= 1
        if budget.candidates < 0:
            return
        if (rest := get_rest_pattern().match(text, start.end())) and (length := measure_token(start[0] + rest[0])):
            yield start.start(), start.start() + length


def measure_token(matched: str) -> int:
    """Return the length of the token within a match; 0 if the match is only words on several lines."""
    lines = list(islice(LINE_PATTERN.finditer(matched), MAX_TOKEN_LINES))
    if len(lines) == 1:
        return lines[0].end()
    first, *following = [decode_letters(line[0]) for line in lines]
    piece = TOKEN_PREFIX.sub("", first, count=1)
    letters, end = len(piece), lines[0].end()
    if letters < MIN_TOKEN_LETTERS and not is_broken_token(piece, following):
        return 0
    for line, added in zip(lines[1:], following, strict=True):
        if letters >= FULL_TOKEN_LETTERS or (letters >= MIN_TOKEN_LETTERS and not RANDOM_LETTERS.search(added)):
            break
        letters, end = letters + len(added), line.end()
    return end


def is_broken_token(piece: str, following: Sequence[str]) -> bool:
    """Do the lines continue one token?

    True if the part before the line end looks random, or a following line is more irregular than a CamelCase name.
    """
    if len(piece) >= MIN_BROKEN_LETTERS:
        return RANDOM_LETTERS.search(piece) is not None
    longest = max(following, key=len, default="")
    return len(longest) >= MIN_BROKEN_LETTERS and len(CASE_CHANGE.findall(longest)) > 1 + len(longest) / 7


def decode_letters(line: str) -> str:
    """Return the ASCII letters, digits and underscores that a line of a match encodes."""
    decoded = ESCAPE_SEQUENCE.sub(
        lambda escape: chr(int(escape[1] or escape[2], 16 if escape[1] else 10)), line[:2_000]
    )
    return NOT_TOKEN_LETTERS.sub("", normalize("NFKC", decoded))


def merge_spans(spans: Iterable[TokenSpan]) -> list[TokenSpan]:
    """Sort the spans and merge those that overlap."""
    merged: list[TokenSpan] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def replace_spans(text: str, spans: Sequence[TokenSpan], mask: str) -> str:
    """Return the text with `mask` in place of each span."""
    parts, last = [], 0
    for start, end in spans:
        parts += [text[last:start], mask]
        last = end
    return "".join([*parts, text[last:]])
