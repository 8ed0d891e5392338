"""The blocks of code of a lesson, in its own order, with the heading and the containers that each stands in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hfcourse.lessons.library import CONTENT_FOLDER

CONTAINER_PATTERN = re.compile(r"(:{3,})\s*(.*)")
FENCE_PATTERN = re.compile(r"( *)```(.*)")


@dataclass(frozen=True)
class LessonBlock:
    """One block: its language, the file of `content/` that it shows ('' if it holds its code itself), the code.

    `containers` are the first lines of the ::: blocks around it, the outermost first; `question` is the sentence
    before it in the innermost one.
    """

    heading: str
    containers: tuple[str, ...]
    question: str
    language: str
    file: str
    code: str

    @property
    def name(self) -> str:
        """The name of the file that a student makes of it."""
        return self.file.rpartition("/")[2]

    def is_in(self, *kinds: str) -> bool:
        """Does it stand in a container of one of these kinds?"""
        return any(container.split()[0] in kinds for container in self.containers)


def read_lesson_blocks(lesson: str) -> list[LessonBlock]:
    """Return the blocks of a file of `content/`, those that are included with their text."""
    lines = iter((CONTENT_FOLDER / lesson).read_text(encoding="utf-8").split("\n"))
    return list(iter_blocks(lines))


def iter_blocks(lines: Iterator[str]) -> Iterator[LessonBlock]:
    heading, question, containers = "", "", list[tuple[int, str]]()
    for line in lines:
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif found := CONTAINER_PATTERN.fullmatch(line):
            question = ""
            if found[2]:
                containers.append((len(found[1]), found[2]))
            else:
                containers.pop()
        elif fence := FENCE_PATTERN.fullmatch(line):
            language, _, file = fence[2].partition(" ")
            code = "".join(f"{inner.removeprefix(fence[1])}\n" for inner in iter_fence_lines(lines, fence[1]))
            shown = (CONTENT_FOLDER / file).read_text(encoding="utf-8") if is_content_file(file) else code
            yield LessonBlock(heading, tuple(name for _, name in containers), question, language, file, shown)
        elif line.strip():
            question = line


def iter_fence_lines(lines: Iterator[str], indent: str) -> Iterator[str]:
    """Yield the lines of a block up to the fence that closes it."""
    for line in lines:
        if line == f"{indent}```":
            return
        yield line


def is_content_file(name: str) -> bool:
    return bool(name) and Path(CONTENT_FOLDER / name).is_file()
