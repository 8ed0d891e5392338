"""Descriptions of Spaces whose page has a layout, written as a tree."""

from dataclasses import dataclass, field
from typing import Any

from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint

NUMBERED = "?"  # the name of a field that shall have a name of its own
Described = tuple[dict[str, Any], dict[str, Any]]  # /config and /info


@dataclass(frozen=True)
class Part:
    """A component of a page: a field if it has a `name`, else a block or a text."""

    kind: str
    name: str = ""
    props: dict[str, Any] = field(default_factory=dict)
    children: tuple["Part", ...] = ()


def block(kind: str, *children: Part, **props: Any) -> Part:
    return Part(kind, "", props, children)


def entry(name: str, kind: str = "textbox", **props: Any) -> Part:
    """A field that the endpoint `/f` takes under this name; labelled by it unless the properties say otherwise."""
    return Part(kind, name, {"label": name, **props})


@dataclass
class PageWriter:
    """Writes the components of a page, and of its fields the entries of /info."""

    components: list[dict[str, Any]] = field(default_factory=list)
    parameters: list[dict[str, Any]] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)

    def write(self, part: Part) -> dict[str, Any]:
        """The node of the layout for this part."""
        number = len(self.components) + 1
        self.components.append({"id": number, "type": part.kind, "props": part.props})
        if part.name:
            self.inputs.append(number)
            label = part.props["label"] or f"parameter_{number}"
            self.parameters.append(
                {
                    "parameter_name": part.name.replace(NUMBERED, f"p{number}"),
                    "label": label,
                    "component": part.kind.title(),
                    "type": {},
                }
            )
        node: dict[str, Any] = {"id": number}
        return node | ({"children": [self.write(child) for child in part.children]} if part.children else {})


def describe_page(*parts: Part, **config: Any) -> Described:
    """`/config` and `/info` of a Space with this page; its endpoint `/f` takes the fields, the last one first."""
    writer = PageWriter()
    layout = {"id": 0, "children": [writer.write(part) for part in parts]}
    dependency = {"id": 0, "api_name": "f", "inputs": writer.inputs[::-1], "outputs": [], "targets": []}
    page = {"components": writer.components, "dependencies": [dependency], "layout": layout, "version": "6.31.0"}
    info = {"named_endpoints": {"/f": {"parameters": writer.parameters[::-1], "returns": []}}}
    return page | config, info


def space_of(*parts: Part, **config: Any) -> Description:
    return build_description(*describe_page(*parts, **config))


def endpoint_of(*parts: Part, **config: Any) -> Endpoint:
    return space_of(*parts, **config).endpoints[0]
