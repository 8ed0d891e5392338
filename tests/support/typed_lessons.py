"""The lessons whose listings the tests run as a student types them."""

import re

from hfcourse.lessons.library import CONTENT_FOLDER
from tests.support.lesson_blocks import LessonBlock, read_lesson_blocks

CALLS_LESSON = "33-tester-un-space.md"


CALLS_BLOCKS = read_lesson_blocks(CALLS_LESSON)


ON_THE_HUB_HEADING, PAGE_HEADING, GALLERY_HEADING = (
    "Le même appel, sur le Hub",
    "Sans jeton : huit lignes de script",
    "Huit appels ratés",
)


(GRADIO_JS_VERSION,) = set(
    re.findall(r"@gradio/client (\d[\d.]*\d)", (CONTENT_FOLDER / CALLS_LESSON).read_text(encoding="utf-8"))
)


BROKEN_CALLS = [block for block in CALLS_BLOCKS if block.heading == GALLERY_HEADING and block.language != "text"]


def is_typed_calls_block(block: LessonBlock) -> bool:
    """Does a student make the file or type the command, in front of the practice Space? Questions only show theirs."""
    is_shown = not block.containers or block.containers[0].startswith("onglets")
    return is_shown and block.heading not in (ON_THE_HUB_HEADING, GALLERY_HEADING) and block.language != "diff"


TOKEN_LESSON = "32-compte-et-jeton.md"


TOKEN_BLOCKS = read_lesson_blocks(TOKEN_LESSON)


def is_typed_token_block(block: LessonBlock) -> bool:
    """Does a student do this block: make the file, type the command, compare the answer? Questions only show theirs."""
    return not block.containers or block.containers[0].startswith("onglets")
