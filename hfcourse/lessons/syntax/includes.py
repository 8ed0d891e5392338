"""The files that a lesson shows: whole, or a part of one between two marks. Pure.

A part is opened by a comment `>>> name` and closed by `<<< name`, each on a line of its own, in whatever way the
language writes comments. The marks are never shown.
"""

import difflib
import re
import textwrap

from hfcourse.lessons.syntax.context import DID_YOU_MEAN, RenderContext, find_near

PART_COMMENT = re.compile(r"\s*(?:#|//|/\*|<!--|\{#)\s*(>>>|<<<) ([\w-]+)\s*(?:\*/|-->|#\})?\s*")

CONTEXT_LINES = 3  # on each side of a difference


def remove_part_comments(lines: list[str]) -> str:
    """The lines as they are shown; the blank lines on both sides of a mark become one gap."""
    shown = "".join(f"{line}\n" for line in lines if not PART_COMMENT.fullmatch(line))
    return re.sub(r"\n{4,}", "\n\n\n", shown).strip("\n") + "\n"


def find_part_bounds(lines: list[str]) -> dict[str, dict[str, int]]:
    """Where each part is opened (`>>>`) and closed (`<<<`)."""
    ends: dict[str, dict[str, int]] = {}
    for place, line in enumerate(lines):
        if mark := PART_COMMENT.fullmatch(line):
            ends.setdefault(mark[2], {})[mark[1]] = place
    return ends


def extract_part(name: str, text: str, part: str, line: int, draft: RenderContext) -> str:
    """One part of a file, moved to the left; without it, nothing and a fault."""
    lines = text.splitlines()
    ends = find_part_bounds(lines)
    opened, closed = ends.get(part, {}).get(">>>"), ends.get(part, {}).get("<<<")
    if opened is None or closed is None or closed < opened:
        listed = "Ses parties sont {known}."
        mend = "Ouvrez-la par un commentaire >>> {part}, fermez-la par <<< {part}."
        mend = listed if ends and part not in ends else mend
        what = "le fichier {name} n'a pas de partie « {part} »."
        draft.add_error(line, what, mend, name=name, part=part, known=", ".join(ends))
        return ""
    return textwrap.dedent(remove_part_comments(lines[opened + 1 : closed]))


def build_unified_diff(before: str, after: str) -> list[str]:
    """Return the lines of a unified difference, without the two that would name the files."""
    return list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=CONTEXT_LINES))[2:]


def include_file(words: list[str], line: int, draft: RenderContext) -> str:
    """The file, or the part of it, that the words after a fence's language name; without it, nothing and a fault."""
    name, *parts = words
    text = draft.listings.get(name)
    if text is None:
        near = find_near(name, draft.listings)
        mend = DID_YOU_MEAN if near else "Mettez-le dans un dossier de hfcourse/content."
        draft.add_error(line, "le fichier « {name} » est introuvable.", mend, name=name, near=near)
        return ""
    if len(parts) > 1:
        what = "« {words} », après un fichier et sa partie, n'est pas compris."
        draft.add_error(line, what, "Ne nommez qu'une partie.", words=" ".join(parts[1:]))
    return extract_part(name, text, parts[0], line, draft) if parts else remove_part_comments(text.splitlines())
