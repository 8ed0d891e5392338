"""Values that Gradio's own page sends for components without a value, by whether they are mounted. Pure.

Measured in Chromium on untouched pages of 25 components, by the requests to /queue/join (Gradio 4.44.1, 5.49.1,
6.31.0): a mounted component without a value sends the empty value of its widget (0 for a Number, even if its
minimum is above 0), an unmounted one sends null. Unmounted are, in Gradio 6, components in a closed accordion, in an
inactive tab or in a hidden block, and hidden components (`visible=False`, not "hidden"); in 5, hidden components and
those in a hidden block; in 4, none. A closed sidebar is mounted.

A visitor who triggers an endpoint has opened the blocks around its button, so their components are mounted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hfcourse.spaces.schema.labels import clean_label
from hfcourse.spaces.schema.layout.block_tree import MAX_LAYOUT_NODES, TAB_KINDS, Block, Layout, parse_layout

# The empty value of each widget; HTML and Markdown have one up to Gradio 5.
WIDGET_EMPTY_VALUES: Mapping[str, Any] = {"number": 0, "textbox": "", "code": ""}
WIDGET_EMPTY_VALUES_UNTIL_5: Mapping[str, Any] = {"html": "", "markdown": ""}
# All other types send the same value, mounted or not.
MOUNT_DEPENDENT_TYPES = {*WIDGET_EMPTY_VALUES, *WIDGET_EMPTY_VALUES_UNTIL_5}


@dataclass(frozen=True)
class MountedPage:
    """Page of one Space: positions of components, ids of the initially open tabs, major version of Gradio."""

    layout: Layout = field(default_factory=Layout)
    open_tabs: frozenset[int] = frozenset()
    gradio_major: int = 6

    def make_unset_values(self, targets: Iterable[Any]) -> "UnsetComponentValues":
        """Build the values of unset components for an endpoint that one of the `targets` (ids) triggers."""
        return UnsetComponentValues(
            self, frozenset(each.number for id_ in targets for each in self.layout.find_position(id_).blocks)
        )

    def is_mounted(self, component: Mapping[str, Any], opened: frozenset[int] = frozenset()) -> bool:
        """Is this component mounted if the `opened` blocks are open?"""
        if self.gradio_major < 5:
            return True
        if (component.get("props") or {}).get("visible") is False:
            return False
        blocks = [each for each in self.layout.find_position(component.get("id")).blocks if each.number not in opened]
        if self.gradio_major == 5:
            return all(block.is_visible for block in blocks)
        return not any(self.is_closed(block) for block in blocks)

    def is_closed(self, block: Block) -> bool:
        """Does Gradio 6 leave the content of this block unmounted?"""
        if not block.is_visible or (block.kind == "accordion" and not block.is_open):
            return True
        return block.kind in TAB_KINDS and block.number not in self.open_tabs


@dataclass(frozen=True)
class UnsetComponentValues:
    """Values of unset components on one page, with the blocks of these ids opened."""

    page: MountedPage = field(default_factory=MountedPage)
    opened_blocks: frozenset[int] = frozenset()

    def find_unset_value(self, component: Mapping[str, Any], kind: str) -> Any:
        """Return the value that the page sends for an unset component of this type, None for null."""
        if (
            kind not in MOUNT_DEPENDENT_TYPES
            or not component
            or not self.page.is_mounted(component, self.opened_blocks)
        ):
            return None
        return {**WIDGET_EMPTY_VALUES, **(WIDGET_EMPTY_VALUES_UNTIL_5 if self.page.gradio_major < 6 else {})}.get(kind)


def parse_mounted_page(config: Mapping[str, Any]) -> MountedPage:
    """Parse `/config`; the default without version and layout is a flat page of Gradio 6."""
    version = str(config.get("version", "")).split(".")[0]
    gradio = int(version) if version.isascii() and version.isdigit() and len(version) < 3 else 6
    return MountedPage(parse_layout(config), frozenset(find_open_tabs(config)), gradio)


def find_open_tabs(config: Mapping[str, Any]) -> set[int]:
    """Return the ids of the initially open tabs: in each group the `selected` one, else the first visible one."""
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
        nodes = [components.get(number) or {} for number in collect_node_ids(children)]
        tabs = [each for each in nodes if get_component_kind(each) in TAB_KINDS]
        if tabs and isinstance(node, dict):
            found.add(find_open_tab(components.get(node.get("id")) or {}, tabs)["id"])
    return found


def collect_node_ids(nodes: Iterable[Any]) -> list[Any]:
    """Return the ids of these nodes, ignoring malformed ones."""
    return [node.get("id") for node in nodes if isinstance(node, dict) and isinstance(node.get("id"), int)]


def get_component_kind(component: Mapping[str, Any]) -> str:
    """Return Gradio's type in lower case, '' if it is missing."""
    return clean_label(component.get("type"), "").lower()


def find_open_tab(group: Mapping[str, Any], tabs: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the initially open tab of a group."""
    selected = (group.get("props") or {}).get("selected")
    matching = [each for each in tabs if selected is not None and (each.get("props") or {}).get("id") == selected]
    visible = [each for each in tabs if (each.get("props") or {}).get("visible", True) is not False]
    return (matching or visible or tabs)[0]
