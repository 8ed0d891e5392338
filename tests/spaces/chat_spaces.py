"""Fake Spaces that hold a conversation: a polite description, and answers that a test chooses."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.spaces.fake_servers import Exchange, FakeSpace, make_completed, make_component

HISTORY_SCHEMA = {
    "type": "array",
    "items": {"type": "object", "properties": {"role": {"type": "string"}, "content": {"type": "string"}}},
}
MESSAGE_PARAMETER = {
    "label": "message",
    "parameter_name": "message",
    "parameter_has_default": False,
    "parameter_default": None,
    "type": {"type": "string"},
    "component": "Textbox",
}
HISTORY_PARAMETER = MESSAGE_PARAMETER | {
    "label": "history",
    "parameter_name": "history",
    "parameter_has_default": True,
    "parameter_default": [],
    "type": HISTORY_SCHEMA,
    "component": "Chatbot",
}

Answer = Callable[[str, list[dict[str, Any]]], Any]


def describe(name: str, inputs: list[int], output: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a FakeSpace with one endpoint, whose inputs are these components."""
    dependency = {"id": 0, "api_name": name, "inputs": inputs, "outputs": [3], "targets": [], "queue": True}
    components = [
        make_component(1, "textbox", label="message"),
        make_component(2, "chatbot", label="history"),
        make_component(3, output["component"].lower(), **output["props"]),
        make_component(4, "slider", label="Température", minimum=0, maximum=2),
        make_component(
            5, "multimodaltextbox", label="message", sources=["upload", "microphone"], file_count="multiple"
        ),
    ]
    returns = [{"label": output["props"]["label"], "type": output["schema"], "component": output["component"]}]
    entry = {"parameters": list(parameters), "returns": returns, "api_visibility": "public"}
    return {
        "config": {"components": components, "dependencies": [dependency]},
        "info": {"named_endpoints": {f"/{name}": entry}, "unnamed_endpoints": {}},
    }


RESPONSE = {"component": "Json", "props": {"label": "Response", "visible": False}, "schema": {}}
CHATBOT = {"component": "Chatbot", "props": {"label": "Chat"}, "schema": HISTORY_SCHEMA}
TEMPERATURE_PARAMETER = MESSAGE_PARAMETER | {
    "label": "Température",
    "parameter_name": "temperature",
    "parameter_has_default": True,
    "parameter_default": 1,
    "type": {"type": "number", "minimum": 0, "maximum": 2},
    "component": "Slider",
}
MULTIMODAL_PARAMETER = MESSAGE_PARAMETER | {
    "type": {"type": "object", "properties": {"text": {"type": "string"}, "files": {"type": "array"}}},
    "component": "Multimodaltextbox",
}


def make_interface_space(answer: Any = "d’accord") -> FakeSpace:
    """A Space like gr.ChatInterface with a slider: a message in, this answer out."""
    description = describe("chat", [1, 4], RESPONSE, MESSAGE_PARAMETER, TEMPERATURE_PARAMETER)
    return FakeSpace(**description, messages=[make_completed([answer])])


def make_multimodal_space() -> FakeSpace:
    """A Space whose message may have files and recordings."""
    return FakeSpace(**describe("chat", [5], RESPONSE, MULTIMODAL_PARAMETER), messages=[make_completed(["d’accord"])])


def make_history_space(answer: Answer) -> FakeSpace:
    """A Space that takes a message and the history, and returns what `answer` makes of them."""
    made = FakeSpace(**describe("dire", [1, 2], CHATBOT, MESSAGE_PARAMETER, HISTORY_PARAMETER))

    def stream(exchange: Exchange) -> None:
        session = parse_qs(urlsplit(exchange.request.target).query)["session_hash"][0]
        event_id, data = made.find_joined_call(session)
        exchange.start_chunked()
        exchange.send_event(**{"event_id": event_id} | make_completed([answer(*data)]))
        exchange.send_event(msg="close_stream", event_id=None)
        exchange.send_chunk(b"")

    made.answers["/queue/data"] = stream
    return made
