"""What Gradio's own page sends for a component without a value: it depends on whether the component is mounted. Pure.

Measured in Chromium with pages of 25 components that nobody touched, by what /queue/join received (Gradio 4.44.1,
5.49.1, 6.31.0): a mounted component without a value sends the empty value of its widget (0 for a Number, also where
its minimum is above 0), one that is not mounted sends null. Not mounted are, in Gradio 6, what stands in a closed
accordion, in a tab that is not open or in a hidden block, and what is hidden itself (`visible=False`, not "hidden");
in 5 what is hidden, itself or by a block; in 4 nothing. A closed sidebar is mounted.

Whoever triggers an endpoint has opened the blocks around its button: what stands in them is mounted then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hfcourse.spaces.schema.labels import clean_label
from hfcourse.spaces.schema.layout.block_tree import MAX_LAYOUT_NODES, TAB_KINDS, Block, Layout, parse_layout

# The empty value of each widget; an HTML and a Markdown have one until Gradio 5.
WIDGET_EMPTY_VALUES: Mapping[str, Any] = {"number": 0, "textbox": "", "code": ""}
WIDGET_EMPTY_VALUES_UNTIL_5: Mapping[str, Any] = {"html": "", "markdown": ""}
# All others send the same wherever they stand.
MOUNT_DEPENDENT_TYPES = {*WIDGET_EMPTY_VALUES, *WIDGET_EMPTY_VALUES_UNTIL_5}


@dataclass(frozen=True)
class MountedPage:
    """The page of one Space: positions of components, ids of the tabs that are open at first, version of Gradio."""

    layout: Layout = field(default_factory=Layout)
    open_tabs: frozenset[int] = frozenset()
    gradio_major: int = 6

    def make_unset_values(self, targets: Iterable[Any]) -> "UnsetComponentValues":
        """What components without a value send when one of the `targets` (ids) triggers an endpoint."""
        return UnsetComponentValues(
            self, frozenset(each.number for id_ in targets for each in self.layout.find_position(id_).blocks)
        )

    def is_mounted(self, component: Mapping[str, Any], opened: frozenset[int] = frozenset()) -> bool:
        """Is this component on the page, the `opened` blocks being open?"""
        if self.gradio_major < 5:
            return True
        if (component.get("props") or {}).get("visible") is False:
            return False
        blocks = [each for each in self.layout.find_position(component.get("id")).blocks if each.number not in opened]
        if self.gradio_major == 5:
            return all(block.is_visible for block in blocks)
        return not any(self.is_closed(block) for block in blocks)

    def is_closed(self, block: Block) -> bool:
        """Does Gradio 6 leave out what stands in this block?"""
        if not block.is_visible or (block.kind == "accordion" and not block.is_open):
            return True
        return block.kind in TAB_KINDS and block.number not in self.open_tabs


@dataclass(frozen=True)
class UnsetComponentValues:
    """What components without a value send from one page, on which the blocks of these ids were opened."""

    page: MountedPage = field(default_factory=MountedPage)
    opened_blocks: frozenset[int] = frozenset()

    def find_unset_value(self, component: Mapping[str, Any], kind: str) -> Any:
        """The value that the page sends for this component of this type, None for null."""
        if (
            kind not in MOUNT_DEPENDENT_TYPES
            or not component
            or not self.page.is_mounted(component, self.opened_blocks)
        ):
            return None
        return {**WIDGET_EMPTY_VALUES, **(WIDGET_EMPTY_VALUES_UNTIL_5 if self.page.gradio_major < 6 else {})}.get(kind)


def parse_mounted_page(config: Mapping[str, Any]) -> MountedPage:
    """Read `/config`; without a version or a layout, everything is as on a flat page of Gradio 6."""
    version = str(config.get("version", "")).split(".")[0]
    gradio = int(version) if version.isascii() and version.isdigit() and len(version) < 3 else 6
    return MountedPage(parse_layout(config), frozenset(find_open_tabs(config)), gradio)


def find_open_tabs(config: Mapping[str, Any]) -> set[int]:
    """The ids of the tabs that a page shows at first: of each group the one that is `selected`, else the first seen."""
    components = {each.get("id"): each for each in config["components"]}
    found: set[int] = set()
    waiting = [config.get("layout")]
    seen = 0
    while waiting and seen < MAX_LAYOUT_NODES:
        seen += 1
        node = waiting.pop()
        children = node.get("children") if isinstance(node, dict) else None
        if not isinstance(children, list):
            continue
        waiting += children[:MAX_LAYOUT_NODES]
        named = [components.get(number) or {} for number in collect_node_ids(children)]
        tabs = [each for each in named if get_component_kind(each) in TAB_KINDS]
        if tabs and isinstance(node, dict):
            found.add(find_open_tab(components.get(node.get("id")) or {}, tabs)["id"])
    return found


def collect_node_ids(nodes: Iterable[Any]) -> list[Any]:
    return [node.get("id") for node in nodes if isinstance(node, dict) and isinstance(node.get("id"), int)]


def get_component_kind(component: Mapping[str, Any]) -> str:
    return clean_label(component.get("type"), "").lower()


def find_open_tab(group: Mapping[str, Any], tabs: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The tab of this group that is open at first."""
    selected = (group.get("props") or {}).get("selected")
    wanted = [each for each in tabs if selected is not None and (each.get("props") or {}).get("id") == selected]
    visible = [each for each in tabs if (each.get("props") or {}).get("visible", True) is not False]
    return (wanted or visible or tabs)[0]
