"""Grouping of form fields into sections by the layout of the author's page: accordions, tabs, rows. Pure.

A page has many nested blocks (a row in a column in a group in a tab), most of them only for alignment.
Retained are those with a meaning in a form: labelled accordions and tabs, and rows, whose fields belong
together. A block around all fields distinguishes none of them and is dropped.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hfcourse.spaces.schema.layout.block_tree import SIDEBAR_KIND, Block, Position
from hfcourse.spaces.schema.layout.captions import Caption
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.text.typography import typeset_french

PAGE_KIND, ACCORDION_KIND, TAB_KIND, ROW_KIND, COLUMN_KIND, CAPTION_KIND = (
    "page",
    "accordion",
    "tab",
    "row",
    "column",
    "caption",
)
# Of one form: all labels are rendered, and each nested accordion costs one more click.
MAX_SECTIONS, MAX_LEVELS = 60, 3
# A row is retained if its columns have about the same height: three fields beside one leave two thirds blank.
MAX_COLUMN_FIELDS = 2
WIDE_CONTROLS = {"table", "code", "json", "chat", "dialogue", "paths", "image_editor", "image_slider", "multimodal"}
OPTION_LIST_CONTROLS, MAX_ROW_CHOICES = {"radio", "checkbox_group"}, 5
# Blocks without a direction of their own: Gradio wraps consecutive fields of a row into a `form`.
TRANSPARENT_BLOCKS = {"form"}
UNLABELLED_ACCORDION_LABEL, SIDEBAR_LABEL = (
    typeset_french("Autres réglages"),
    typeset_french("Réglages de la barre latérale"),
)


@dataclass(frozen=True)
class FormSection:
    """Group of fields: `parts` are parameter names and nested sections, in page order.

    A caption has no parts: it is the text above the next part.
    """

    kind: str
    label: str = ""
    is_open: bool = True
    parts: tuple["str | FormSection", ...] = ()

    @property
    def parameter_names(self) -> Iterator[str]:
        """Yield the names of all parameters in it, in order."""
        for part in self.parts:
            if isinstance(part, FormSection):
                yield from part.parameter_names
            else:
                yield part

    @property
    def has_label(self) -> bool:
        return self.kind in (ACCORDION_KIND, TAB_KIND)


SectionParts = tuple[str | FormSection, ...]


@dataclass
class BlockNode:
    """Node of the block tree of one form; its children are parameter names, captions and blocks."""

    block: Block | None
    children: "list[str | FormSection | BlockNode]" = field(default_factory=list)


def arrange_parameters(
    placed: Iterable[tuple[str, Position]], parameters: Mapping[str, Parameter], captions: Iterable[Caption] = ()
) -> FormSection:
    """Group parameters as on the page of the Space, in page order.

    Args:
        placed: name and position of each parameter; those without a block are last, in the given order.
        parameters: the parameters by name.
        captions: the texts of the page; only those directly above one of the parameters are used.

    Returns:
        The root section.
    """
    ordered: list[tuple[str | FormSection, Position]] = sorted(placed, key=lambda each: each[1].reading_order)
    ordered = add_captions(ordered, captions)
    parts = SectionBuilder(parameters).simplify_node(build_block_tree(ordered), 0)
    while len(parts) == 1 and isinstance(parts[0], FormSection) and parts[0].has_label:
        parts = parts[0].parts
    return FormSection(PAGE_KIND, parts=open_first_section(parts))


def add_captions(
    ordered: Sequence[tuple[str | FormSection, Position]], captions: Iterable[Caption]
) -> list[tuple[str | FormSection, Position]]:
    """Insert each caption before the parameter directly below it on the page, within the same labelled block.

    A caption belongs to one parameter: the first one after it.
    """
    waiting = sorted(captions, key=lambda each: each.position.reading_order)
    found: list[tuple[str | FormSection, Position]] = []
    for part, position in ordered:
        while waiting and waiting[0].position.reading_order < position.reading_order:
            caption = waiting.pop(0)
            is_in_block = caption.position.labelled_block is position.labelled_block
            is_own = is_in_block and caption.is_directly_above(position)
            found += [(FormSection(CAPTION_KIND, caption.text), caption.position)] if is_own else []
        found.append((part, position))
    return found


def build_block_tree(ordered: Sequence[tuple[str | FormSection, Position]]) -> BlockNode:
    """Build the tree of the blocks that contain these parameters."""
    root = BlockNode(None)
    path = [root]
    for part, position in ordered:
        blocks = [*position.blocks][::-1]
        shared = 0
        while shared < min(len(blocks), len(path) - 1) and path[shared + 1].block is blocks[shared]:
            shared += 1
        del path[shared + 1 :]
        for block in blocks[shared:]:
            node = BlockNode(block)
            path[-1].children.append(node)
            path.append(node)
        path[-1].children.append(part)
    return root


@dataclass
class SectionBuilder:
    """Converter of a block tree to sections; `sections_left` is the budget of labelled sections."""

    parameters: Mapping[str, Parameter]
    sections_left: int = MAX_SECTIONS

    def simplify_node(self, node: BlockNode, level: int) -> SectionParts:
        """Convert a block to its parts, wrapped in a section if the block is meaningful."""
        block = node.block
        is_labelled = bool(block and level < MAX_LEVELS and is_meaningful_block(block) and self.sections_left > 0)
        self.sections_left -= is_labelled
        if block and block.kind == "row":
            return self.simplify_row(node, level)
        parts = self.simplify_children(node.children, level + is_labelled)
        return self.wrap_in_section(block, parts) if block and is_labelled else parts

    def simplify_children(self, children: Iterable[str | FormSection | BlockNode], level: int) -> SectionParts:
        """Return the parts of these children, concatenated."""
        found: list[str | FormSection] = []
        for child in children:
            found += self.simplify_node(child, level) if isinstance(child, BlockNode) else [child]
        return tuple(found)

    def simplify_row(self, node: BlockNode, level: int) -> SectionParts:
        """Convert a row to a section with columns if it has several short cells, else concatenate its parts."""
        cells = [self.simplify_children([child], level) for child in unwrap_forms(node)]
        cells = [cell for cell in cells if cell]
        are_short = all(len(cell) <= MAX_COLUMN_FIELDS and all(map(self.is_compact_field, cell)) for cell in cells)
        if len(cells) < 2 or not are_short:
            return tuple(part for cell in cells for part in cell)
        columns = (cell[0] if len(cell) == 1 else FormSection(COLUMN_KIND, parts=cell) for cell in cells)
        return (FormSection(ROW_KIND, parts=tuple(columns)),)

    def is_compact_field(self, part: str | FormSection) -> bool:
        """Is it a field that needs neither the full width nor many lines?"""
        if isinstance(part, FormSection):
            return False
        parameter = self.parameters[part]
        has_many = parameter.control in OPTION_LIST_CONTROLS and len(parameter.choices) > MAX_ROW_CHOICES
        return parameter.control not in WIDE_CONTROLS and not has_many

    def wrap_in_section(self, block: Block, parts: SectionParts) -> SectionParts:
        """Wrap parts in a section with the label of the block.

        A single labelled section, or an open block around a single field of the same label, is not wrapped again.
        """
        is_open = block.is_open or not block.is_accordion
        only = parts[0] if len(parts) == 1 else None
        if isinstance(only, str) and is_open and is_same_label(self.parameters[only].label, block.label):
            return parts
        if isinstance(only, FormSection) and only.has_label:
            return parts if is_open else (replace(only, kind=ACCORDION_KIND, is_open=False),)
        kind = ACCORDION_KIND if block.is_accordion else TAB_KIND
        label = block.label or (SIDEBAR_LABEL if block.kind == SIDEBAR_KIND else UNLABELLED_ACCORDION_LABEL)
        return (FormSection(kind, label, is_open, parts),) if parts else ()


def is_meaningful_block(block: Block) -> bool:
    """Is it a labelled tab, an accordion that is labelled or closed, or a sidebar?"""
    if block.is_accordion:
        return bool(block.label) or not block.is_open or block.kind == SIDEBAR_KIND
    return block.is_tab and bool(block.label)


def is_same_label(label: str, other: str) -> bool:
    """Are two labels equal, ignoring case, emoji and punctuation? « 🖼️ Source image » and « Source Image » are."""
    words, other_words = ("".join(filter(str.isalnum, each)).casefold() for each in (label, other))
    return words == other_words


def unwrap_forms(node: BlockNode) -> Iterator[str | FormSection | BlockNode]:
    """Yield the children of a row, flattening each `form` in it."""
    for child in node.children:
        if isinstance(child, BlockNode) and child.block and child.block.kind in TRANSPARENT_BLOCKS:
            yield from unwrap_forms(child)
        else:
            yield child


def open_first_section(parts: SectionParts) -> SectionParts:
    """Open the first section if all parts are closed sections, as a form must not look empty."""
    if not parts or not all(isinstance(part, FormSection) and not part.is_open for part in parts):
        return parts
    first = parts[0]
    assert isinstance(first, FormSection)
    return (replace(first, is_open=True), *parts[1:])
