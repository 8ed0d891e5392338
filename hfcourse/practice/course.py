"""The course as plain text: the lessons' Markdown, cut into sections and passages that can be quoted."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .french import typeset

INTRODUCTION = "Introduction"
# Where a lesson says what it was checked against: no answer to anybody's question.
SOURCES = "Sources"
# A caption or a block of code makes no sense away from its figure or its lesson, nor does what there is to do;
# a wrong answer is no answer, and what is for the instructor is for nobody else.
_UNQUOTABLE = (
    "figure",
    "essayez",
    "onglets",
    "quiz",
    "checklist",
    "exercice",
    "solution",
    "enseignant",
    "edition",
    "ordre",
    "telecharger",
)
_CHANGE = "changement"

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_SPAN = re.compile(r"\[([^\]]*)\]\{[^}]*\}")
_EMPHASIS = re.compile(r"(\*\*|__|\*)(?=\S)(.+?)(?<=\S)\1")
_EMOJI = re.compile(r"[\U0001F000-\U0001FAFF\u2600-\u27BF\uFE0F]\s*")
_LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")
_TABLE_RULE = re.compile(r"^[\s|:-]+$")


@dataclass(frozen=True)
class Section:
    """A part of a lesson: the lesson's number and title, the part's heading, its passages in order."""

    lesson: str
    lesson_title: str
    heading: str
    passages: tuple[str, ...]


def read_course(folder: Path) -> list[Section]:
    """The sections of every lesson of a folder, in the order of the course; those without text left out.

    A file that is not a lesson (no front matter, or one without a number) is skipped.
    """
    return [section for path in sorted(folder.glob("*.md")) for section in read_lesson(path)]


def read_lesson(path: Path) -> list[Section]:
    """The sections of one lesson; the text before its first heading is its introduction."""
    parts = path.read_text(encoding="utf-8").split("+++\n", 2)
    if len(parts) < 3:
        return []
    front = tomllib.loads(parts[1])
    if "number" not in front:
        return []
    sections = []
    for heading, blocks in _by_heading(parts[2]):
        passages = tuple(_join_lists(blocks))
        if passages and heading != SOURCES:
            sections.append(Section(str(front["number"]), typeset(front.get("title", "")), heading, passages))
    return sections


def plain(markdown: str) -> str:
    """A line of the lessons' Markdown as the words that a reader sees."""
    text = _SPAN.sub(r"\1", _LINK.sub(r"\1", markdown))
    text = _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", text))
    return typeset(_EMOJI.sub("", text).replace("`", "").strip())


def _by_heading(body: str) -> Iterator[tuple[str, list[str]]]:
    heading = INTRODUCTION
    blocks: list[str] = []
    for block in _blocks(body):
        if block.startswith("#"):
            yield heading, blocks
            heading, blocks = plain(block.lstrip("#")), []
        else:
            blocks.append(block)
    yield heading, blocks


def _blocks(body: str) -> Iterator[str]:
    """The paragraphs, lists, tables and headings of a body, as plain text; code and captions left out."""
    lines: list[str] = []
    for line in [*_quotable_lines(body), ""]:
        if line.lstrip().startswith("#"):
            yield "#" + line.strip()
        elif line.strip() and not _TABLE_RULE.match(line):
            lines.append(line)
        elif lines and not line.strip():
            yield _block_text(lines)
            lines = []


def _quotable_lines(body: str) -> Iterator[str]:
    fenced, container = False, ""
    for line in body.splitlines():
        mark = line.strip()
        if mark.startswith("```"):
            fenced = not fenced
        elif mark.startswith(":::"):
            container = mark.strip(": ")
            yield ""
            if container.startswith(_CHANGE):
                yield f"Ce qui a changé, vérifié le {container.removeprefix(_CHANGE).strip()} :"
        elif container.startswith(_CHANGE):
            # « En 2025 » and « Maintenant » answer only together: both become items of one list.
            yield from _change_lines(line)
        elif not fenced and not container.startswith(_UNQUOTABLE):
            yield line


def _change_lines(line: str) -> Iterator[str]:
    if line.strip():
        yield line if line.lstrip().startswith(":") else f"- {line.strip()}"


def _block_text(lines: list[str]) -> str:
    """One block: a list keeps its items apart, a table its rows, a paragraph becomes one line."""
    joined: list[str] = []
    for line in lines:
        text = line.strip()
        if text.startswith("|"):
            joined.append(" — ".join(plain(cell) for cell in text.strip("|").split("|")))
        elif not joined or _LIST_ITEM.match(line):
            joined.append(plain(text))
        else:
            # A definition (« : text ») follows its term on the same line, as French writes it.
            joined[-1] = typeset(f"{joined[-1]} {plain(text)}")
    return "\n".join(joined)


def _join_lists(blocks: list[str]) -> Iterator[str]:
    """Passages: a sentence that announces a list, « voici comment : », stays with it, as do its items."""
    passage = ""
    for block in blocks:
        follows = passage.endswith(":") or (_LIST_ITEM.match(block) and _LIST_ITEM.match(passage.rpartition("\n")[2]))
        if follows:
            passage += "\n" + block
            continue
        if passage:
            yield passage
        passage = block
    if passage:
        yield passage
