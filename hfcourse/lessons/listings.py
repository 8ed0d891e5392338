"""The files that a lesson shows: whole, or a part of one between two marks. Pure.

A part is opened by a comment `>>> name` and closed by `<<< name`, each on a line of its own, in whatever way the
language writes comments. The marks are never shown.
"""

import difflib
import re
import textwrap

from hfcourse.lessons.draft import Draft

MARK = re.compile(r"\s*(?:#|//|/\*|<!--|\{#)\s*(>>>|<<<) ([\w-]+)\s*(?:\*/|-->|#\})?\s*")

CONTEXT_LINES = 3  # on each side of a difference


def without_marks(lines: list[str]) -> str:
    """The lines as they are shown; the blank lines on both sides of a mark become one gap."""
    shown = "".join(f"{line}\n" for line in lines if not MARK.fullmatch(line))
    return re.sub(r"\n{4,}", "\n\n\n", shown).strip("\n") + "\n"


def ends_of(lines: list[str]) -> dict[str, dict[str, int]]:
    """Where each part is opened (`>>>`) and closed (`<<<`)."""
    ends: dict[str, dict[str, int]] = {}
    for place, line in enumerate(lines):
        if mark := MARK.fullmatch(line):
            ends.setdefault(mark[2], {})[mark[1]] = place
    return ends


def part_of(name: str, text: str, part: str, line: int, draft: Draft) -> str:
    """One part of a file, moved to the left; without it, nothing and a fault."""
    lines = text.splitlines()
    ends = ends_of(lines)
    opened, closed = ends.get(part, {}).get(">>>"), ends.get(part, {}).get("<<<")
    if opened is None or closed is None or closed < opened:
        what = f"{name} has no part “{part}”."
        known = f"Its parts are {', '.join(ends)}." if ends and part not in ends else ""
        draft.fault(line, what, known or f"Open it with a comment >>> {part}, close it with <<< {part}.")
        return ""
    return textwrap.dedent(without_marks(lines[opened + 1 : closed]))


def compare(before: str, after: str) -> list[str]:
    """Return the lines of a unified difference, without the two that would name the files."""
    return list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=CONTEXT_LINES))[2:]


def include(words: list[str], line: int, draft: Draft) -> str:
    """The file, or the part of it, that the words after a fence's language name; without it, nothing and a fault."""
    name, *parts = words
    text = draft.listings.get(name)
    if text is None:
        near = difflib.get_close_matches(name, draft.listings, n=1)
        mend = f"Did you mean {near[0]}?" if near else "Put it into a folder of hfcourse/content."
        draft.fault(line, f"the file “{name}” is missing.", mend)
        return ""
    if len(parts) > 1:
        draft.fault(line, f"“{' '.join(parts[1:])}”, after a file and its part, is not understood.", "Name one part.")
    return part_of(name, text, parts[0], line, draft) if parts else without_marks(text.splitlines())
