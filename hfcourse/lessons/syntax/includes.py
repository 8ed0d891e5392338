"""File includes in lessons: a whole file, or the part of one between two marker comments. Pure.

A part begins with a comment `>>> name` and ends with `<<< name`, each on a line of its own, in the
comment syntax of the language. The markers are never rendered.
"""

import difflib
import re
import textwrap

from hfcourse.lessons.syntax.context import DID_YOU_MEAN, RenderContext, find_near

PART_COMMENT = re.compile(r"\s*(?:#|//|/\*|<!--|\{#)\s*(>>>|<<<) ([\w-]+)\s*(?:\*/|-->|#\})?\s*")

CONTEXT_LINES = 3  # on each side of a difference


def remove_part_comments(lines: list[str]) -> str:
    """Return the lines without marker comments; the blank lines on both sides of one merge."""
    text = "".join(f"{line}\n" for line in lines if not PART_COMMENT.fullmatch(line))
    return re.sub(r"\n{4,}", "\n\n\n", text).strip("\n") + "\n"


def find_part_bounds(lines: list[str]) -> dict[str, dict[str, int]]:
    """Return the indexes of the `>>>` and `<<<` markers of each part."""
    ends: dict[str, dict[str, int]] = {}
    for place, line in enumerate(lines):
        if mark := PART_COMMENT.fullmatch(line):
            ends.setdefault(mark[2], {})[mark[1]] = place
    return ends


def extract_part(name: str, text: str, part: str, line: int, context: RenderContext) -> str:
    """Return one part of a file, dedented; '' and a lint error if the file lacks it."""
    lines = text.splitlines()
    ends = find_part_bounds(lines)
    opened, closed = ends.get(part, {}).get(">>>"), ends.get(part, {}).get("<<<")
    if opened is None or closed is None or closed < opened:
        listed = "Ses parties sont {known}."
        advice = "Ouvrez-la par un commentaire >>> {part}, fermez-la par <<< {part}."
        advice = listed if ends and part not in ends else advice
        problem = "le fichier {name} n'a pas de partie « {part} »."
        context.add_error(line, problem, advice, name=name, part=part, known=", ".join(ends))
        return ""
    return textwrap.dedent(remove_part_comments(lines[opened + 1 : closed]))


def build_unified_diff(before: str, after: str) -> list[str]:
    """Return the lines of a unified diff, without the two header lines that would name the files."""
    return list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=CONTEXT_LINES))[2:]


def include_file(words: list[str], line: int, context: RenderContext) -> str:
    """Return the file, or the part of it, that a fence names after its language.

    Args:
        words: the path in `content/`, and optionally the name of a part.

    Returns:
        The text; '' and a lint error if the file or the part does not exist.
    """
    name, *parts = words
    text = context.listings.get(name)
    if text is None:
        near = find_near(name, context.listings)
        advice = DID_YOU_MEAN if near else "Mettez-le dans un dossier de hfcourse/content."
        context.add_error(line, "le fichier « {name} » est introuvable.", advice, name=name, near=near)
        return ""
    if len(parts) > 1:
        problem = "« {words} », après un fichier et sa partie, n'est pas compris."
        context.add_error(line, problem, "Ne nommez qu'une partie.", words=" ".join(parts[1:]))
    return extract_part(name, text, parts[0], line, context) if parts else remove_part_comments(text.splitlines())
