"""The course as plain text: the lessons' Markdown, parsed into sections and quotable passages."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hfcourse.practice.tutor.french_text import typeset

INTRODUCTION_HEADING = "Introduction"
# The bibliography of a lesson: it answers no question.
SOURCES_HEADING = "Sources"
# A caption or a code block makes no sense without its figure or lesson, nor do exercises; wrong
# answers and notes about an older edition are not true, and instructor notes are private.
_UNQUOTABLE_DIRECTIVES = frozenset([
    "checklist", "edition", "enseignant", "essayez", "et-si", "exercice", "figure", "onglets", "ordre", "quiz",
    "solution", "telecharger",
])  # fmt: skip
# The marker of an omitted block: no passage continues across it.
OMITTED_BLOCK = "\0"

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_SPAN = re.compile(r"\[([^\]]*)\]\{[^}]*\}")
_EMPHASIS = re.compile(r"(\*\*|__|\*)(?=\S)(.+?)(?<=\S)\1")
_EMOJI = re.compile(r"[\U0001F000-\U0001FAFF\u2600-\u27BF\uFE0F]\s*")
_LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")
_TABLE_RULE = re.compile(r"^[\s|:-]+$")
_DIRECTIVE_LINE = re.compile(r":{3,}\s*([\w-]*)")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True)
class CourseSection:
    """A section of a lesson: number and title of the lesson, heading, passages in order."""

    lesson: str
    lesson_title: str
    heading: str
    passages: tuple[str, ...]


def read_course(folder: Path) -> list[CourseSection]:
    """Parse the lessons of a folder and return their sections in order, without the empty ones.

    A file that is not a lesson (no front matter, or one without a number) is skipped.
    """
    return [section for path in sorted(folder.glob("*.md")) for section in read_lesson(path)]


def read_lesson(path: Path) -> list[CourseSection]:
    """Parse the sections of one lesson; the text before its first heading is its introduction."""
    parts = path.read_text(encoding="utf-8").split("+++\n", 2)
    if len(parts) < 3:
        return []
    front = tomllib.loads(parts[1])
    if "number" not in front:
        return []
    sections = []
    for heading, blocks in _group_by_heading(parts[2]):
        passages = tuple(_join_list_passages(blocks))
        if passages and heading != SOURCES_HEADING:
            sections.append(CourseSection(str(front["number"]), typeset(front.get("title", "")), heading, passages))
    return sections


def strip_markdown(markdown: str) -> str:
    """Return a line of lesson Markdown as plain text."""
    text = _SPAN.sub(r"\1", _LINK.sub(r"\1", markdown))
    text = _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", text))
    return typeset(_EMOJI.sub("", text).replace("`", "").strip())


def _group_by_heading(body: str) -> Iterator[tuple[str, list[str]]]:
    heading = INTRODUCTION_HEADING
    blocks: list[str] = []
    for block in _iterate_blocks(body):
        if block.startswith("#"):
            yield heading, blocks
            heading, blocks = strip_markdown(block.lstrip("#")), []
        else:
            blocks.append(block)
    yield heading, blocks


def _iterate_blocks(body: str) -> Iterator[str]:
    """Yield paragraphs, lists, tables and headings as plain text, and OMITTED_BLOCK for gaps."""
    lines: list[str] = []
    for line in [*_iterate_quotable_lines(body), ""]:
        is_apart = line == OMITTED_BLOCK or line.lstrip().startswith("#")
        if lines and (is_apart or not line.strip()):
            yield _format_block(lines)
            lines = []
        if is_apart:
            yield line if line == OMITTED_BLOCK else "#" + line.strip()
        elif line.strip() and not _TABLE_RULE.match(line):
            lines.append(line)


def _iterate_quotable_lines(body: str) -> Iterator[str]:
    """Yield the quotable lines of a body.

    Code and containers yield OMITTED_BLOCK, even those whose text is quotable.
    """
    fence = ""
    containers: list[str] = []
    for line in body.splitlines():
        text = line.strip()
        if fence:
            fence = "" if text == fence else fence
        elif text.startswith("```"):
            fence = text[: len(text) - len(text.lstrip("`"))]
            yield OMITTED_BLOCK
        elif mark := _DIRECTIVE_LINE.match(text):
            if mark[1]:
                containers.append(mark[1])
            elif containers:
                containers.pop()
            yield OMITTED_BLOCK
        elif _UNQUOTABLE_DIRECTIVES.isdisjoint(containers):
            yield line


def _format_block(lines: list[str]) -> str:
    """Return one block as text: list items and table rows on their own lines, a paragraph on one."""
    joined: list[str] = []
    for line in lines:
        text = line.strip()
        if text.startswith("|"):
            joined.append(" — ".join(strip_markdown(cell) for cell in text.strip("|").split("|")))
        elif not joined or _LIST_ITEM.match(line):
            joined.append(strip_markdown(text))
        else:
            # A definition (« : text ») follows its term on the same line, as in French typography.
            joined[-1] = typeset(f"{joined[-1]} {strip_markdown(text)}")
    return "\n".join(joined)


def _join_list_passages(blocks: list[str]) -> Iterator[str]:
    """Yield the passages; a sentence that announces a list, « voici comment : », stays with its items."""
    passage = ""
    for block in [*blocks, OMITTED_BLOCK]:
        if block == OMITTED_BLOCK:
            passage = _strip_announcement(passage)
        elif passage.endswith(":") or (_LIST_ITEM.match(block) and _LIST_ITEM.match(passage.rpartition("\n")[2])):
            passage += "\n" + block
            continue
        if passage:
            yield passage
        passage = "" if block == OMITTED_BLOCK else block


def _strip_announcement(passage: str) -> str:
    """Remove the last sentence of a passage if it announces an omitted block, « voyez ceci : »."""
    while passage.endswith(":"):
        *sentences, last = _SENTENCE_END.split(passage)
        passage = passage.removesuffix(last).rstrip() if sentences else passage.rpartition("\n")[0].rstrip()
    return passage
