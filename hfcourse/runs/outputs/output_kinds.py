"""Kind of a value, which selects its partial template: by its shape, then by its component. Pure.

The declared type is not reliable, since an author's function may return anything (a Json output
that is a text, a Textbox that is a number).
"""

from collections.abc import Callable, Mapping
from typing import Any

from hfcourse.runs.outputs import value_presenters
from hfcourse.runs.outputs.value_presenters import COLOR_PATTERN, decode_plot_image
from hfcourse.runs.values import value_types
from hfcourse.runs.values.json_detection import is_json_text
from hfcourse.runs.values.value_types import is_file, is_list_of
from hfcourse.spaces.schema.component_updates import is_choice_update, is_component_update
from hfcourse.spaces.schema.endpoints.return_values import CHAT_ANSWER
from hfcourse.spaces.untrusted.json_tree import is_scalar


def get_component(output: Mapping[str, Any]) -> str:
    """Return the component of an output in lower case; CHAT_ANSWER for the answer of a gr.ChatInterface."""
    is_answer = output.get("hints", {}).get("answers") == CHAT_ANSWER
    return CHAT_ANSWER if is_answer else output["component"].lower()


def get_output_value(output: Mapping[str, Any]) -> Any:
    """Return the value of an output; of an update, its value, else the update with its choices."""
    value = output["value"]
    if is_choice_update(value):
        return value
    return value["value"] if is_component_update(value) and "value" in value else value


def classify_output(output: Mapping[str, Any]) -> str:
    """Return the kind of an output."""
    return classify_value(get_component(output), get_output_value(output))


def classify_value(component: str, value: Any) -> str:
    """Return the kind of a value: by its shape first, then by its component (in lower case)."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return classify_text(component, value)
    if isinstance(value, dict):
        return classify_dict(component, value)
    return classify_list(component, value) if isinstance(value, list) else "scalar"


def classify_text(component: str, text: str) -> str:
    """Return the kind of a text."""
    if component == "datetime" and value_presenters.parse_datetime(text):
        return "datetime"
    if component == "colorpicker" and COLOR_PATTERN.fullmatch(text):
        return "color"
    if component in ("json", CHAT_ANSWER):
        return "code" if is_json_text(text) else "markdown"
    return {"markdown": "markdown", "html": "html", "code": "code"}.get(component, "text")


def classify_dict(component: str, value: dict[str, Any]) -> str:
    """Return the kind of an object."""
    if is_component_update(value):
        return classify_update(value)
    if is_file(value):
        return "file"
    if value_types.is_plot_spec(value):
        return "plot_image" if decode_plot_image(value) else "plot_spec"
    if component == CHAT_ANSWER and value_types.is_chat_answer(value):
        return "chat"
    if component == "paramviewer" and value_types.is_parameters(value):
        return "parameters"
    tests: tuple[tuple[Callable[[dict[str, Any]], bool], str], ...] = (
        (value_types.is_table, "table"),
        (value_types.is_plot_data, "native_plot"),
        (value_types.is_video, "video"),
        (value_types.is_annotated_image, "annotated_image"),
        (value_types.is_label, "label"),
        (value_types.is_edited_image, "image_editor"),
        (value_types.is_multimodal, "multimodal"),
    )
    return next((kind for test, kind in tests if test(value)), "json")


def classify_update(value: dict[str, Any]) -> str:
    """Return the kind of an update of a component."""
    if is_choice_update(value):
        return "choices"
    return "component_update" if len(value) > 1 else "unchanged"


def classify_list(component: str, value: list[Any]) -> str:
    """Return the kind of a list."""
    if is_chat(component, value):
        return "chat"
    if component == "imageslider" and len(value) == 2 and all(each is None or is_file(each) for each in value):
        return "image_slider"
    tests: tuple[tuple[Callable[[Any], bool], str], ...] = (
        (is_file, "files"),
        (value_types.is_gallery_item, "gallery"),
        (value_types.is_highlighted_span, "highlighted_text"),
        (value_types.is_dialogue_line, "dialogue"),
    )
    if found := next((kind for test, kind in tests if is_list_of(test, value)), None):
        return found
    is_words = value_types.is_path if component == "fileexplorer" else is_scalar
    return "list" if all(map(is_words, value)) and component not in ("json", "api") else "json"


def is_chat(component: str, value: list[Any]) -> bool:
    """Is this list a conversation? Pairs count as one only where a chat component is declared."""
    if component == "chatbot":
        return all(map(value_types.is_message, value)) or all(map(value_types.is_message_pair, value))
    return value_types.is_conversation(value) or (component == CHAT_ANSWER and value_types.is_chat_answer(value))
