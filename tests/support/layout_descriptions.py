"""Descriptions of Spaces whose page has a layout, written as a tree."""

from dataclasses import dataclass, field
from typing import Any

from hfcourse.spaces.form.form_sections import FieldGroup
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint

UNNAMED_FIELD = "?"  # the name of a field that shall have a name of its own
RawDescription = tuple[dict[str, Any], dict[str, Any]]  # /config and /info


@dataclass(frozen=True)
class LayoutNode:
    """A component of a page: a field if it has a `name`, else a block or a text."""

    component_type: str
    name: str = ""
    props: dict[str, Any] = field(default_factory=dict)
    children: tuple["LayoutNode", ...] = ()


def make_block(kind: str, *children: LayoutNode, **props: Any) -> LayoutNode:
    return LayoutNode(kind, "", props, children)


def make_field(name: str, kind: str = "textbox", **props: Any) -> LayoutNode:
    """A field that the endpoint `/f` takes under this name; labelled by it unless the properties say otherwise."""
    return LayoutNode(kind, name, {"label": name, **props})


@dataclass
class LayoutWriter:
    """Writes the components of a page, and of its fields the entries of /info."""

    components: list[dict[str, Any]] = field(default_factory=list)
    parameters: list[dict[str, Any]] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)

    def write_node(self, part: LayoutNode) -> dict[str, Any]:
        """The node of the layout for this part."""
        number = len(self.components) + 1
        self.components.append({"id": number, "type": part.component_type, "props": part.props})
        if part.name:
            self.inputs.append(number)
            label = part.props["label"] or f"parameter_{number}"
            self.parameters.append(
                {
                    "parameter_name": part.name.replace(UNNAMED_FIELD, f"p{number}"),
                    "label": label,
                    "component": part.component_type.title(),
                    "type": {},
                }
            )
        node: dict[str, Any] = {"id": number}
        return node | ({"children": [self.write_node(child) for child in part.children]} if part.children else {})


def build_layout_description(*parts: LayoutNode, **config: Any) -> RawDescription:
    """`/config` and `/info` of a Space with this page; its endpoint `/f` takes the fields, the last one first."""
    writer = LayoutWriter()
    layout = {"id": 0, "children": [writer.write_node(part) for part in parts]}
    dependency = {"id": 0, "api_name": "f", "inputs": writer.inputs[::-1], "outputs": [], "targets": []}
    page = {"components": writer.components, "dependencies": [dependency], "layout": layout, "version": "6.31.0"}
    info = {"named_endpoints": {"/f": {"parameters": writer.parameters[::-1], "returns": []}}}
    return page | config, info


def describe_layout(*parts: LayoutNode, **config: Any) -> Description:
    return build_description(*build_layout_description(*parts, **config))


def describe_layout_endpoint(*parts: LayoutNode, **config: Any) -> Endpoint:
    return describe_layout(*parts, **config).endpoints[0]


def outline_fields(group: FieldGroup) -> list[Any]:
    """The names of the fields; of a section (kind, label, is it open, what is in it)."""
    return [
        (part.kind, part.label, part.is_open, outline_fields(part))
        if isinstance(part, FieldGroup)
        else part.parameter.name
        for part in group.members
    ]
