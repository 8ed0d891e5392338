"""Descriptions at the limits of what a Space says of itself: hundreds of endpoints, or a megabyte of one."""

from typing import Any

ComponentSpec = tuple[str, dict[str, Any]]  # type and props
RawDescription = tuple[dict[str, Any], dict[str, Any]]  # /config and /info

ENDPOINT_COUNT = 500


def build_description(*endpoints: list[ComponentSpec], examples: list[list[Any]] | None = None) -> RawDescription:
    """A Space with these endpoints, each by the components of its parameters."""
    components: list[dict[str, Any]] = []
    dependencies, named = [], {}
    for number, inputs in enumerate(endpoints):
        first = len(components)
        components += [{"id": first + n, "type": kind, "props": props} for n, (kind, props) in enumerate(inputs)]
        ids = list(range(first, len(components)))
        name = f"fonction_{number}"
        dependencies.append({"id": number, "api_name": name, "inputs": ids, "outputs": [], "targets": []})
        parameters = [
            {"parameter_name": f"p{n}", "label": f"Champ {n}", "component": kind.title(), "type": {"type": "string"}}
            for n, (kind, _) in enumerate(inputs)
        ]
        named["/" + name] = {"parameters": parameters, "returns": []}
    if examples:
        props = {"component_ids": [0], "samples": examples}
        components.append({"id": len(components), "type": "dataset", "props": props})
    config = {"components": components, "dependencies": dependencies, "version": "6.31.0"}
    return config, {"named_endpoints": named}


def build_choices(count: int, of: str) -> dict[str, Any]:
    return {"choices": [[f"Choix numéro {n} de {of}", f"v{n}"] for n in range(count)]}


LARGE_DESCRIPTIONS: dict[str, RawDescription] = {
    "500 endpoints": build_description(*[[("textbox", {"info": "Une aide. " * 5}), ("number", {})]] * ENDPOINT_COUNT),
    "lists of choices": build_description([("dropdown", build_choices(2_000, f"la liste {n}")) for n in range(12)]),
    "boxes": build_description([("checkboxgroup", build_choices(1_000, f"la rangée {n}")) for n in range(24)]),
    "300 parameters": build_description([("textbox", {"info": "mot " * 700, "value": "x" * 300})] * 300),
    "6,000 examples": build_description([("textbox", {})], examples=[["exemple " * 20 + str(n)] for n in range(6_000)]),
}
