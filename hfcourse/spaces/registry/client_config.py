"""Reduction of a Space's description to the configuration that gradio_client needs. Pure."""

from typing import Any

MAX_COMPONENT_LOOKUPS = 20_000_000


def extract_client_config(config: dict[str, Any], info: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the part of a description that gradio_client needs: it is cached for ten minutes."""
    named = info["named_endpoints"]
    dependencies = [
        {"id": number}
        | pick_keys(each, "id", "api_name", "inputs", "outputs", "api_visibility", "show_api", "backend_fn")
        for number, each in enumerate(config["dependencies"])
        if isinstance(each.get("api_name"), str) and f"/{each['api_name']}" in named
    ]
    component_ids = {number for each in dependencies for number in (*each["inputs"], *each["outputs"])}
    components = [
        pick_keys(each, "id", "type", "skip_api") for each in config["components"] if each["id"] in component_ids
    ]
    # gradio_client searches all components for each input, in linear time.
    if (
        len(components) * sum(len(each["inputs"]) + len(each["outputs"]) for each in dependencies)
        > MAX_COMPONENT_LOOKUPS
    ):
        raise ValueError("too many components")
    client_config = pick_keys(config, "version", "protocol", "api_prefix") | {
        "components": components,
        "dependencies": dependencies,
    }
    endpoints: dict[str, Any] = {name: {"parameters": [], "returns": []} for name in named}
    return client_config, {"named_endpoints": endpoints, "unnamed_endpoints": {}}


def number_unnamed_parameters(named: dict[str, Any]) -> None:
    """Name the parameters of Gradio before 4.23 by their numbers from 1: they are passed by position."""
    for entry in named.values():
        for number, parameter in enumerate(entry["parameters"], 1):
            parameter.setdefault("parameter_name", str(number))


def pick_keys(source: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return the entries with these keys, if present."""
    return {key: source[key] for key in keys if key in source}
