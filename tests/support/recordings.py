"""Descriptions recorded from public Gradio apps, for the tests that need no server."""

import json
from pathlib import Path
from typing import Any

from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint
from hfcourse.spaces.schema.parameters.parameter import Parameter

FOLDER = Path(__file__).parents[1] / "data" / "recordings"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def read_recording(name: str) -> dict[str, Any]:
    """What one recorded app says of itself: `config` and `info`."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def recorded(name: str) -> Description:
    """The description of one recorded app."""
    found = read_recording(name)
    return build_description(found["config"], found["info"])


def endpoint(name: str, path: str) -> Endpoint:
    found = recorded(name).find_endpoint(path)
    assert found is not None, (name, path)
    return found


def parameter(name: str, path: str, parameter_name: str) -> Parameter:
    return next(each for each in endpoint(name, path).parameters if each.name == parameter_name)


ENDPOINTS = [(name, each) for name in NAMES for each in recorded(name).endpoints]
PARAMETERS = [
    (f"{name}{each.name}:{parameter.name}", parameter) for name, each in ENDPOINTS for parameter in each.parameters
]
