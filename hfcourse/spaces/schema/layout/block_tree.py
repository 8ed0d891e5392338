"""Parser of the block tree of the Space's own page: order, enclosing blocks and visibility of components. Pure.

`/config` has the page as a tree of ids, `{"id": 0, "children": [{"id": 3, "children": […]}, …]}`; the type of a block
(accordion, tab, row, group…) is in the list of components, by id. The format is the same in Gradio 4, 5 and 6.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from hfcourse.spaces.schema.labels import clean_label

# Of one page. An untrusted tree may be as deep as JSON allows; a deeper component gets the deepest block allowed.
MAX_BLOCK_DEPTH, MAX_LAYOUT_NODES = 50, 20_000
TAB_KINDS = {"tabitem", "tab", "walkthroughstep", "step"}
SIDEBAR_KIND = "sidebar"
ACCORDION_KINDS = {"accordion", SIDEBAR_KIND}
MAX_BLOCK_LABEL_CHARACTERS = 100


@dataclass(frozen=True)
class Block:
    """Container on the page; `kind` is Gradio's type in lower case, `label` is '' without one."""

    number: int
    kind: str
    label: str = ""
    is_open: bool = True
    is_visible: bool = True
    parent: "Block | None" = None
    depth: int = 0

    @property
    def is_tab(self) -> bool:
        """Is it a tab or a step of a walkthrough?"""
        return self.kind in TAB_KINDS

    @property
    def is_accordion(self) -> bool:
        """Is it an accordion or a sidebar?"""
        return self.kind in ACCORDION_KINDS

    @cached_property
    def is_hidden(self) -> bool:
        """Is it hidden, itself or by an enclosing block?"""
        return not self.is_visible or bool(self.parent and self.parent.is_hidden)

    @cached_property
    def labelled_block(self) -> "Block | None":
        """Nearest labelled tab or accordion: this block or an enclosing one."""
        if self.label and (self.is_tab or self.is_accordion):
            return self
        return self.parent.labelled_block if self.parent else None


@dataclass(frozen=True)
class Position:
    """Position of one component: `order` is its index from the top, `block` the innermost enclosing block."""

    order: int
    block: Block | None = None

    @property
    def blocks(self) -> Iterator[Block]:
        """Yield the enclosing blocks, the innermost first."""
        block = self.block
        while block:
            yield block
            block = block.parent

    @property
    def is_hidden(self) -> bool:
        """Does an enclosing block hide it?"""
        return bool(self.block and self.block.is_hidden)

    @property
    def is_in_section(self) -> bool:
        """Is it in a tab or an accordion?"""
        return any(block.is_tab or block.is_accordion for block in self.blocks)

    @property
    def is_in_sidebar(self) -> bool:
        """Is it in a sidebar, which is first in the tree but beside the content on the page?"""
        return any(block.kind == SIDEBAR_KIND for block in self.blocks)

    @property
    def reading_order(self) -> tuple[bool, int]:
        """Sort key: from the top of the page, a sidebar last."""
        return self.is_in_sidebar, self.order

    @property
    def labelled_block(self) -> Block | None:
        """Nearest tab or accordion around it that has a label, None without one."""
        return self.block.labelled_block if self.block else None


@dataclass(frozen=True)
class Layout:
    """Positions of the components of one page, by component id."""

    positions: Mapping[Any, Position] = field(default_factory=dict)

    def find_position(self, number: Any) -> Position:
        """Return the position of a component, by default after all others."""
        return self.positions.get(number) or Position(len(self.positions))


def parse_layout(config: Mapping[str, Any]) -> Layout:
    """Parse `layout` of `/config`; a missing or malformed one has no positions."""
    components = {each.get("id"): each for each in config["components"]}
    positions: dict[Any, Position] = {}
    waiting: list[tuple[Any, Block | None]] = [(config.get("layout"), None)]
    while waiting and len(positions) < MAX_LAYOUT_NODES:
        node, parent = waiting.pop()
        number = node.get("id") if isinstance(node, dict) else None
        if not isinstance(number, int) or number in positions:
            continue
        positions[number] = Position(len(positions), parent)
        children = node.get("children")
        if isinstance(children, list) and children:
            block = read_block(number, components.get(number) or {}, parent)
            waiting += [(child, block) for child in reversed(children[:MAX_LAYOUT_NODES])]
    return Layout(positions)


def read_block(number: int, component: Mapping[str, Any], parent: Block | None) -> Block:
    """Build the block with this id inside `parent`; the root of the page has no component."""
    if parent and parent.depth >= MAX_BLOCK_DEPTH:
        return parent
    props = component.get("props") or {}
    return Block(
        number=number,
        kind=str(component.get("type") or "").lower(),
        label=clean_label(props.get("label"), "", MAX_BLOCK_LABEL_CHARACTERS),
        is_open=props.get("open") is not False,
        is_visible=props.get("visible", True) is True,
        parent=parent,
        depth=parent.depth + 1 if parent else 0,
    )


def collect_block_ids(layout: Any) -> set[int]:
    """Return the ids of the components with children on the page."""
    found: set[int] = set()
    waiting = [layout]
    while waiting and len(found) < MAX_LAYOUT_NODES:
        node = waiting.pop()
        children = node.get("children") if isinstance(node, dict) else None
        if isinstance(children, list) and children and isinstance(node.get("id"), int):
            found.add(node["id"])
            waiting += children[:MAX_LAYOUT_NODES]
    return found
