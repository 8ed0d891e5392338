"""The descriptions of invented pages: components by their label, and the events between them, as `/config` has them."""

from collections.abc import Sequence
from typing import Any

from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Description

LAYOUT_TYPES = {"button", "row", "tabitem"}


class PageBuilder:
    """One page; `add` gives a component, `on` an event of it, `then` the next step of a chain."""

    def __init__(self) -> None:
        self.components: list[dict[str, Any]] = []
        self.dependencies: list[dict[str, Any]] = []
        self.named_endpoints: dict[str, dict[str, Any]] = {}
        self.tabs: dict[int, list[int]] = {}

    def add_component(self, kind: str, label: str = "", tab: int | None = None, **props: Any) -> int:
        """A component of this kind, whose id is returned."""
        number = len(self.components) + 1
        props = {"value": label} | props if kind == "button" else {"label": label} | props
        skipped = {"skip_api": True} if kind in {*LAYOUT_TYPES, "state"} else {}
        self.components.append({"id": number, "type": kind, "props": props, **skipped})
        if kind == "tabitem":
            self.tabs[number] = []
        elif tab is not None:
            self.tabs[tab].append(number)
        return number

    def add_event(
        self,
        name: str,
        target: int | None = None,
        inputs: Sequence[int] = (),
        outputs: Sequence[int] = (),
        event: str = "click",
        **more: Any,
    ) -> int:
        """An event of a component (of no one: an endpoint of the API alone); the id of its dependency is returned."""
        public, help_text = more.pop("public", True), more.pop("help", "")
        targets = [] if target is None and event == "click" else [[target, event]]
        dependency = {"id": len(self.dependencies), "api_name": name if public else False, "targets": targets}
        self.dependencies.append(
            dependency | {"inputs": [*inputs], "outputs": [*outputs], "trigger_after": None} | more
        )
        if public:
            entry = {
                "parameters": self.build_info_entries(inputs),
                "returns": self.build_info_entries(outputs),
                "description": help_text,
            }
            self.named_endpoints[f"/{name}"] = entry
        return len(self.dependencies) - 1

    def add_next_step(
        self, previous: int, name: str, inputs: Sequence[int] = (), outputs: Sequence[int] = (), **more: Any
    ) -> int:
        """The step that follows another one."""
        return self.add_event(name, None, inputs, outputs, event="then", trigger_after=previous, **more)

    def build_info_entries(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """The entries of /info of these components."""
        found = [self.components[number - 1] for number in numbers]
        return [
            {"parameter_name": f"p{each['id']}", "label": each["props"].get("label", ""), "type": {"type": "string"}}
            | {"component": each["type"].title()}
            for each in found
            if not each.get("skip_api")
        ]

    @property
    def config(self) -> dict[str, Any]:
        inside = {number for numbers in self.tabs.values() for number in numbers}
        alone = [each["id"] for each in self.components if each["id"] not in inside]
        nodes = [{"id": n, "children": [{"id": each} for each in self.tabs.get(n, ())]} for n in alone]
        return {
            "version": "6.31.0",
            "components": self.components,
            "dependencies": self.dependencies,
            "layout": {"id": 0, "children": nodes},
        }

    @property
    def info(self) -> dict[str, Any]:
        return {"named_endpoints": self.named_endpoints}

    def describe(self) -> Description:
        return build_description(self.config, self.info)


def get_first_endpoint_name(page: PageBuilder) -> str:
    """The name of the endpoint that is offered first."""
    return page.describe().endpoints[0].name


def list_endpoint_names(description: Description) -> list[str]:
    """The names of the lines of the list."""
    return [line.endpoint.name for line in description.main_lines]


def list_folded_endpoints(description: Description) -> dict[str, str]:
    """The names of the lines that are folded away, each with its reason."""
    lines = description.internal_lines
    return {line.endpoint.name: line.endpoint.blocked_reason or line.endpoint.internal_reason for line in lines}
