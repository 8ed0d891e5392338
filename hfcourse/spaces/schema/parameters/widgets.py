"""Selection of the form control of a parameter: by its component, else by its schema. Pure."""

from typing import TYPE_CHECKING

from hfcourse.spaces.schema import json_schema
from hfcourse.spaces.schema.file_places import is_single_file_wrapper
from hfcourse.spaces.schema.json_schema import Schema

if TYPE_CHECKING:  # imported by parameter.py, which caches the control, see Parameter.control
    from hfcourse.spaces.schema.parameters.parameter import Parameter

CONTROL_BY_COMPONENT = {
    "number": "number", "timer": "number", "starrating": "number", "slider": "slider",
    "textbox": "text", "markdown": "text", "code": "code", "html": "code",
    "checkbox": "checkbox", "radio": "radio", "dropdown": "select", "checkboxgroup": "checkbox_group",
    "colorpicker": "color", "datetime": "datetime", "dataframe": "table",
    "json": "json", "browserstate": "json", "highlightedtext": "json", "paramviewer": "json",
    "label": "label", "chatbot": "chat", "dialogue": "dialogue", "fileexplorer": "paths",
    "gallery": "gallery", "imageslider": "image_slider", "imageeditor": "image_editor",
    "multimodaltextbox": "multimodal",
    "plot": "null", "lineplot": "null", "barplot": "null", "scatterplot": "null",
    "nativeplot": "null", "annotatedimage": "null",
}  # fmt: skip
FILE_COMPONENTS = {"image", "audio", "video", "file", "uploadbutton", "downloadbutton", "model3d", "pdf"}
CONTROL_BY_JSON_TYPE = {"string": "text", "number": "number", "integer": "number", "boolean": "checkbox"}
# A browser omits these from the request if nothing is ticked.
ABSENT_WHEN_EMPTY_CONTROLS = {"checkbox", "radio", "checkbox_group"}
FILE_CONTROLS = {"file", "files", "gallery", "image_slider", "image_editor", "multimodal", "object"}
CONTROL_KINDS = {*CONTROL_BY_COMPONENT.values(), "file", "files", "object"}


def get_control_kind(parameter: "Parameter") -> str:
    """Return the kind of control, one of CONTROL_KINDS, cached per parameter."""
    return parameter.control


def choose_control_kind(parameter: "Parameter") -> str:
    """Choose the kind of control, one of CONTROL_KINDS, from component and schema."""
    control = CONTROL_BY_COMPONENT.get(parameter.component)
    if control == "select" and parameter.multiple:
        return "checkbox_group"
    if parameter.component == "html":  # many custom components are based on HTML
        is_text = json_schema.get_schema_type(parameter.schema) in ("", "string")
        return infer_kind_from_default(parameter) or ("code" if is_text else infer_kind_from_schema(parameter))
    if control:
        return control
    if parameter.component in FILE_COMPONENTS:
        return "files" if parameter.multiple else "file"
    kind = infer_kind_from_schema(parameter)
    return (infer_kind_from_default(parameter) or kind) if kind == "text" else kind


def infer_kind_from_default(parameter: "Parameter") -> str:
    """Return the kind of control for the JSON type of a default that is not text, '' without one.

    A custom component may have the type "string" in its schema but a number, a boolean or an object as its
    value, which its function needs.
    """
    default = parameter.default
    if isinstance(default, bool):
        return "checkbox"
    if isinstance(default, int | float):
        return "number"
    return "json" if isinstance(default, dict | list) else ""


def infer_kind_from_schema(parameter: "Parameter") -> str:
    """Return the kind of control for an unknown component, or for a parameter without one."""
    schema: Schema = parameter.schema
    shape = parameter.resolved_schema
    kind = json_schema.get_schema_type(shape)
    if parameter.choices:
        return "checkbox_group" if kind == "array" else "select"
    if places := parameter.file_places:
        if not places[0].path:
            return "files" if places[0].is_list else "file"
        return "file" if is_single_file_wrapper(schema, places) else "object"
    return CONTROL_BY_JSON_TYPE.get(kind, "json")
