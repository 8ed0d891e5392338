"""Lines of a listing that differ from the one that the page showed before. Pure.

The page posts a digest of each line that it shows: the previous values need not be kept anywhere.
"""

import zlib
from collections.abc import Sequence
from difflib import SequenceMatcher

# difflib compares each line with each other one at worst; no listing of readable values has more.
MAX_COMPARED_LINES = 300
DIGEST_CHARACTERS = 8


def digest_lines(code: str) -> str:
    """Return the digests of the lines of a listing, '' for one with too many lines to compare."""
    lines = code.removesuffix("\n").split("\n")
    if len(lines) > MAX_COMPARED_LINES:
        return ""
    return "".join(f"{zlib.crc32(line.encode(errors='surrogatepass')):08x}" for line in lines)


def find_changed_lines(previous: str, present: str) -> Sequence[int]:
    """Return the numbers, from 0, of the present lines that are not in the previous listing.

    Args:
        previous: digests posted by a page, untrusted; none or too many mean that nothing changed.
        present: the digests of the listing that is shown now.
    """
    if not previous or not present or len(previous) > MAX_COMPARED_LINES * DIGEST_CHARACTERS:
        return ()
    matcher = SequenceMatcher(None, split_digests(previous), split_digests(present), autojunk=False)
    changes = [opcode for opcode in matcher.get_opcodes() if opcode[0] in ("replace", "insert")]
    return [line for *_, start, end in changes for line in range(start, end)]


def split_digests(digests: str) -> list[str]:
    """Split the text of `digest_lines` into the digest of each line."""
    return [digests[place : place + DIGEST_CHARACTERS] for place in range(0, len(digests), DIGEST_CHARACTERS)]
