"""Read lesson 3.4 as a beginner does: what to type, where, and when to look, in the lesson's own order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it.token import Token

from hfcourse.lessons.library import CONTENT_FOLDER
from hfcourse.lessons.syntax import includes
from hfcourse.lessons.syntax.context import RenderContext
from hfcourse.lessons.syntax.parser import LESSON_PARSER

LESSON_FILE = CONTENT_FOLDER / "34-mini-chatbot.md"
# The lesson goes on with what goes with publishing, which is downloaded and not typed.
LAST_HEADING = "Avant de mettre en ligne"
FIGURE_PATTERN = re.compile(r"figure chatbot-(\d)\.svg")


class UnclearLessonError(AssertionError):
    """The lesson shows a file without saying where to write it."""


@dataclass(frozen=True)
class WriteStep:
    """Create a file of the project, or replace it."""

    path: str
    text: str


@dataclass(frozen=True)
class RunStep:
    """Type the commands of one block in a terminal (Linux and macOS)."""

    commands: str


@dataclass(frozen=True)
class CompareStep:
    """Compare the page with the figure of this program."""

    program: int


LessonStep = WriteStep | RunStep | CompareStep


def read_listings() -> dict[str, str]:
    """Return the files that the lesson may show, by the name it gives them."""
    return {
        path.relative_to(CONTENT_FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in (CONTENT_FOLDER / "mini-chatbot").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def iter_steps(lesson: str) -> Iterator[LessonStep]:
    """Yield the steps of the lesson's text, up to its last part."""
    code_spans: list[str] = []
    for token in LESSON_PARSER.parse(lesson):
        if token.type == "inline":
            if token.content == LAST_HEADING:
                return
            code_spans = [child.content for child in token.children or [] if child.type == "code_inline"]
        elif token.type == "fence":
            yield from iter_fence_steps(token, code_spans)
        elif found := FIGURE_PATTERN.search(token.info):
            yield CompareStep(int(found[1]))


def iter_fence_steps(fence: Token, code_spans: list[str]) -> Iterator[LessonStep]:
    """Yield the step of a block of code: a file to write, or commands; a difference is only read."""
    language, *names = fence.info.split()
    if language == "bash":
        yield RunStep(fence.content)
    elif names and language != "diff":
        yield WriteStep(find_target_path(names[0], code_spans), render_listing(names))


def find_target_path(name: str, code_spans: list[str]) -> str:
    """Return where the sentence before a block says to write it.

    Raises:
        UnclearLessonError: no path in that sentence ends with the file's name.
    """
    base = name.rpartition("/")[2].removesuffix(".exemple")
    for span in code_spans:
        if span.rpartition("/")[2] == base:
            return span
    raise UnclearLessonError(f"no sentence says where to write {name}; the last names {code_spans}")


def render_listing(names: list[str]) -> str:
    """Return what the lesson shows of a file."""
    draft = RenderContext({}, read_listings())
    text = includes.include_file(names, 1, draft)
    assert draft.lint_errors == []
    return text
