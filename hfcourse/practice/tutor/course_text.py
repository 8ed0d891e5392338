"""The course as plain text: the lessons' Markdown, cut into sections and passages that can be quoted."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hfcourse.practice.tutor.french_text import typeset

INTRODUCTION_HEADING = "Introduction"
# Where a lesson says what it was checked against: no answer to anybody's question.
SOURCES_HEADING = "Sources"
# A caption or a block of code makes no sense away from its figure or its lesson, nor does what there is to do;
# a wrong answer is no answer, what an earlier edition said is no longer true, and what is for the instructor is for
# nobody else.
_UNQUOTABLE_DIRECTIVES = frozenset([
    "checklist", "edition", "enseignant", "essayez", "exercice", "figure", "onglets", "ordre", "quiz",
    "solution", "telecharger",
])  # fmt: skip
# Where a block was left out: no passage goes on across it.
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
    """A part of a lesson: the lesson's number and title, the part's heading, its passages in order."""

    lesson: str
    lesson_title: str
    heading: str
    passages: tuple[str, ...]


def read_course(folder: Path) -> list[CourseSection]:
    """The sections of every lesson of a folder, in the order of the course; those without text left out.

    A file that is not a lesson (no front matter, or one without a number) is skipped.
    """
    return [section for path in sorted(folder.glob("*.md")) for section in read_lesson(path)]


def read_lesson(path: Path) -> list[CourseSection]:
    """The sections of one lesson; the text before its first heading is its introduction."""
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
    """A line of the lessons' Markdown as the words that a reader sees."""
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
    """The paragraphs, lists, tables and headings of a body, as plain text, a GAP where something was left out."""
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
    """The lines of a body that may be quoted; code and containers leave a GAP, also those whose text is kept."""
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
    """One block: a list keeps its items apart, a table its rows, a paragraph becomes one line."""
    joined: list[str] = []
    for line in lines:
        text = line.strip()
        if text.startswith("|"):
            joined.append(" — ".join(strip_markdown(cell) for cell in text.strip("|").split("|")))
        elif not joined or _LIST_ITEM.match(line):
            joined.append(strip_markdown(text))
        else:
            # A definition (« : text ») follows its term on the same line, as French writes it.
            joined[-1] = typeset(f"{joined[-1]} {strip_markdown(text)}")
    return "\n".join(joined)


def _join_list_passages(blocks: list[str]) -> Iterator[str]:
    """Passages: a sentence that announces a list, « voici comment : », stays with it, as do its items."""
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
    """A passage without its last sentence if that announces what was left out, « voyez ceci : »."""
    while passage.endswith(":"):
        *sentences, last = _SENTENCE_END.split(passage)
        passage = passage.removesuffix(last).rstrip() if sentences else passage.rpartition("\n")[0].rstrip()
    return passage
