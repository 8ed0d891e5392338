"""Descriptions recorded from public Gradio apps, for the tests that need no server."""

import json
from pathlib import Path
from typing import Any

from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint
from hfcourse.spaces.schema.parameters.parameter import Parameter

RECORDINGS_FOLDER = Path(__file__).parents[1] / "data" / "recordings"
RECORDING_NAMES = sorted(path.stem for path in RECORDINGS_FOLDER.glob("*.json"))


def read_recording(name: str) -> dict[str, Any]:
    """What one recorded app says of itself: `config` and `info`."""
    found: dict[str, Any] = json.loads((RECORDINGS_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def describe_recording(name: str) -> Description:
    """The description of one recorded app."""
    found = read_recording(name)
    return build_description(found["config"], found["info"])


def get_recorded_endpoint(name: str, path: str) -> Endpoint:
    found = describe_recording(name).find_endpoint(path)
    assert found is not None, (name, path)
    return found


def get_recorded_parameter(name: str, path: str, parameter_name: str) -> Parameter:
    return next(each for each in get_recorded_endpoint(name, path).parameters if each.name == parameter_name)


RECORDED_ENDPOINTS = [(name, each) for name in RECORDING_NAMES for each in describe_recording(name).endpoints]
RECORDED_PARAMETERS = [
    (f"{name}{each.name}:{parameter.name}", parameter)
    for name, each in RECORDED_ENDPOINTS
    for parameter in each.parameters
]
