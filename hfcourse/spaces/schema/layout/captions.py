"""Parser of captions: short texts on a page that label the fields below, « Stage 1: structure », « ### Voice ». Pure.

Only a caption distinguishes two sliders that are both labelled « Guidance ».
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hfcourse.spaces.schema.layout.block_tree import Layout, Position
from hfcourse.spaces.schema.layout.introduction import (
    HEADING_TAGS,
    collect_page_texts,
    find_first_field_order,
    read_paragraphs,
)

MAX_SOURCE_CHARACTERS, MAX_CAPTION_CHARACTERS = 400, 100


@dataclass(frozen=True)
class Caption:
    """Text with its position on the page; it labels the field directly below it."""

    text: str
    position: Position

    def is_directly_above(self, position: Position) -> bool:
        """Is there no other component between it and this position, in the block around it?"""
        blocks = [*position.blocks]
        if self.position.block is None or self.position.block not in blocks:
            return False
        return position.order == self.position.order + 1 + blocks.index(self.position.block)


def read_captions(config: Mapping[str, Any], layout: Layout) -> tuple[Caption, ...]:
    """Return the captions of a page, without the texts at its top, which introduce the Space."""
    first_field = find_first_field_order(config, layout)
    captions = []
    for kind, source, position in collect_page_texts(config, layout):
        is_at_top = position.order < first_field and not position.is_in_section
        if not is_at_top and len(source) <= MAX_SOURCE_CHARACTERS and (text := read_caption(kind, source)):
            captions.append(Caption(text, position))
    return tuple(captions)


def read_caption(kind: str, source: str) -> str:
    """Parse a source to its first heading or its only short paragraph; return '' if it is neither."""
    paragraphs = read_paragraphs(kind, source)
    is_title = bool(paragraphs) and (paragraphs[0].tag in HEADING_TAGS or len(paragraphs) == 1)
    return paragraphs[0].text if is_title and len(paragraphs[0].text) <= MAX_CAPTION_CHARACTERS else ""
