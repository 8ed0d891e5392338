"""Return values of an endpoint: entries of /info joined with their components of /config. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hfcourse.spaces.schema import json_schema
from hfcourse.spaces.schema.labels import ORDINAL_LABEL, clean_label
from hfcourse.spaces.schema.parameters.parameter import MAX_NAME_CHARACTERS
from hfcourse.text.typography import typeset_french

RENDERING_PROPS = ("language", "x", "y", "color", "y_aggregate", "x_bin")
CHAT_ANSWER = "chat-answer"
DEFAULT_RETURN_LABEL = typeset_french("Résultat")


@dataclass(frozen=True)
class ReturnValue:
    """One value of the response of a call.

    Attributes:
        component: Gradio's type as /info writes it: Textbox, Image…
        rendering_hints: properties used to render it: the language of code, the columns (x, y, color) of
            a plot and their aggregation (y_aggregate, x_bin); `answers` is CHAT_ANSWER for the response of
            a gr.ChatInterface.
    """

    label: str
    component: str
    rendering_hints: Mapping[str, str] = field(default_factory=dict)
    holds_files: bool = False
    schema: Mapping[str, Any] = field(default_factory=dict, repr=False)


def build_return_value(entry: Mapping[str, Any], component: Mapping[str, Any]) -> ReturnValue:
    """Build a return value from an entry of `returns` and its component of /config ({} if unknown)."""
    props = component.get("props") or {}
    schema = entry.get("type")
    label = clean_label(entry.get("label"), DEFAULT_RETURN_LABEL)
    answer_hint = {"answers": CHAT_ANSWER} if is_chat_answer_component(component) else {}
    return ReturnValue(
        label=DEFAULT_RETURN_LABEL if ORDINAL_LABEL.fullmatch(label) and entry.get("component") == "Api" else label,
        component=str(entry.get("component", ""))[:MAX_NAME_CHARACTERS],
        rendering_hints=read_rendering_hints(props) | answer_hint,
        holds_files=json_schema.contains_file_schema(schema),
        schema=schema if isinstance(schema, dict) else {},
    )


def read_rendering_hints(props: Mapping[str, Any]) -> dict[str, str]:
    """Return the properties of a component used to render its value; the number `x_bin` as text."""
    named = {name: props[name][:MAX_NAME_CHARACTERS] for name in RENDERING_PROPS if isinstance(props.get(name), str)}
    width = props.get("x_bin")
    return named | ({"x_bin": repr(width)} if type(width) in (int, float) else {})


def is_chat_answer_component(component: Mapping[str, Any]) -> bool:
    """Is this the hidden component in which a gr.ChatInterface returns its response to API callers?

    Source: `api_response` in gradio/chat_interface.py of Gradio 5 and 6, a hidden JSON, and `fake_response_textbox` of
    Gradio 4, a hidden Textbox.
    """
    props = component.get("props") or {}
    is_hidden_response = props.get("visible") is False and props.get("label") == "Response"
    return is_hidden_response and component.get("type") in ("json", "textbox")
