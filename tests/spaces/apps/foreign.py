"""Components that nobody has met, and endpoints that have none: only their schema tells what they take."""

from typing import Any, ClassVar

import gradio as gr
from gradio import component_meta
from gradio.components.base import Component
from gradio.data_classes import FileData, GradioModel

from tests.spaces.apps.seeing import add_round_trip, describe_value, hash_bytes

component_meta.create_or_modify_pyi = lambda *_: None  # Gradio writes a stub beside each new component


class Thermometer(Component):
    """Takes any JSON."""

    EVENTS: ClassVar[list[str]] = []

    def preprocess(self, payload: Any) -> Any:
        return payload

    def postprocess(self, value: Any) -> Any:
        return value

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "properties": {"celsius": {"type": "number"}}}

    def example_payload(self) -> Any:
        return {"celsius": 20}

    example_value = example_payload


class StarRating(gr.HTML):
    """A mark from 0 to 5."""

    def api_info(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 0, "maximum": 5}


class Pdf(Component):
    """A file, as in the components for documents that people publish."""

    EVENTS: ClassVar[list[str]] = []
    data_model = FileData

    def preprocess(self, payload: FileData | None) -> str | None:
        return payload.path if payload else None

    def postprocess(self, value: str | None) -> FileData | None:
        return FileData(path=value) if value else None

    def example_payload(self) -> Any:
        return None

    example_value = example_payload


class Signed(GradioModel):
    """A file with a name beside it."""

    signer: str
    document: FileData


def app() -> gr.Blocks:
    with gr.Blocks(title="Composants d’ailleurs") as blocks:
        add_round_trip("thermometre", Thermometer(label="Thermomètre"))
        add_round_trip("etoiles", StarRating(label="Étoiles"), gr.Number(label="Note"))
        add_round_trip("document", Pdf(label="Document"))
    return blocks


def apis() -> gr.Blocks:
    """Endpoints without components, by the types of a Python function."""
    with gr.Blocks(title="Sans composant") as blocks:
        gr.api(repeat, api_name="repeter")
        gr.api(total, api_name="somme")
        gr.api(settings, api_name="reglages")
    return blocks


def repeat(word: str, times: int, loud: bool = False) -> str:
    """Répète un mot."""
    return (word.upper() if loud else word) * times


def total(numbers: list[float], factor: float = 1.5) -> float:
    """Additionne, puis multiplie."""
    return sum(numbers) * factor


def settings(values: dict[str, int], note: str | None = None) -> dict[str, Any]:
    """Rend ses réglages."""
    return {"values": describe_value(values), "note": note, "digest": hash_bytes(repr(sorted(values.items())).encode())}
