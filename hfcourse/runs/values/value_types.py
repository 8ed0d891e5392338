"""Type predicates for output values. Pure.

Gradio's declared types do not bind what an author's function returns, so the shape is checked
first.
"""

from collections.abc import Callable
from typing import Any

from hfcourse.runs.values.file_refs import FileEntry
from hfcourse.spaces.untrusted.json_tree import is_scalar

# A dict with the shape of file data is a file only in these components; elsewhere it is application data.
COMPONENTS_WITH_FILES = {
    "image",
    "audio",
    "video",
    "file",
    "model3d",
    "pdf",
    "gallery",
    "imageeditor",
    "imageslider",
    "annotatedimage",
    "chatbot",
    "multimodaltextbox",
    "uploadbutton",
    "downloadbutton",
}
CHAT_ROLES = ("user", "assistant", "system", "developer", "tool")
MESSAGE_KEYS = {"role", "content", "metadata", "options", "id", "name", "type"}


def is_file_data(value: Any) -> bool:
    """Is this Gradio's file data (FileData, ImageData), with its path on the Space or its bytes in `url`?"""
    if not isinstance(value, dict) or not ("meta" in value or "orig_name" in value):
        return False
    url = value.get("url")
    return isinstance(value.get("path"), str) or (isinstance(url, str) and url.startswith("data:"))


def is_file(value: Any) -> bool:
    """Is this a file of the run, in place of Gradio's file data?"""
    return isinstance(value, FileEntry)


def is_drawable_number(value: Any) -> bool:
    """Is this a number that can be drawn? (One of four hundred digits overflows a division.)"""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def is_list_of(test: Callable[[Any], bool], value: Any) -> bool:
    """Is this a non-empty list whose items all pass the test?"""
    return isinstance(value, list) and bool(value) and all(map(test, value))


def has_only_keys(value: dict[str, Any], *names: str) -> bool:
    """Has it no other keys? A dict with other keys is application data, which must not be hidden."""
    return value.keys() <= set(names)


def is_table(value: dict[str, Any]) -> bool:
    """Is this the value of a Dataframe?"""
    headers, data = value.get("headers"), value.get("data")
    return (
        isinstance(headers, list)
        and isinstance(data, list)
        and all(isinstance(row, list) for row in data)
        and has_only_keys(value, "headers", "data", "metadata")
    )


def is_plot_spec(value: dict[str, Any]) -> bool:
    """Is this the figure of a library? `plot` is an image or JSON, as text."""
    is_named = isinstance(value.get("plot"), str) and isinstance(value.get("type"), str)
    return is_named and has_only_keys(value, "type", "plot", "chart")


def is_plot_data(value: dict[str, Any]) -> bool:
    """Is this the data of a native Gradio plot?"""
    columns, data = value.get("columns"), value.get("data")
    return (
        isinstance(value.get("mark"), str)
        and is_list_of(lambda name: isinstance(name, str), columns)
        and isinstance(data, list)
        and all(isinstance(row, list) for row in data)
    )


def is_label(value: dict[str, Any]) -> bool:
    """Is this the value of a Label: a class, with or without the confidence of each?"""
    confidences = value.get("confidences")
    return value.keys() == {"label", "confidences"} and (
        confidences is None or (isinstance(confidences, list) and all(map(is_confidence, confidences)))
    )


def is_confidence(item: Any) -> bool:
    """Is this a class with its confidence?"""
    return isinstance(item, dict) and "label" in item and is_drawable_number(item.get("confidence"))


def is_ratio(value: float) -> bool:
    """Is this between 0 and 1?"""
    return 0 <= value <= 1


def is_highlighted_span(item: Any) -> bool:
    """Is this a span of a highlighted text?"""
    if not isinstance(item, dict) or item.keys() != {"token", "class_or_confidence"}:
        return False
    return isinstance(item["token"], str) and is_scalar(item["class_or_confidence"])


def is_dialogue_line(item: Any) -> bool:
    """Is this a line of a dialogue?"""
    if not isinstance(item, dict) or item.keys() != {"speaker", "text"}:
        return False
    return isinstance(item["speaker"], str) and isinstance(item["text"], str)


def is_gallery_item(item: Any) -> bool:
    """Is this an image or a video of a gallery, with or without caption?"""
    return isinstance(item, dict) and (is_file(item.get("image")) or is_file(item.get("video")))


def is_video(value: dict[str, Any]) -> bool:
    """Is this a Video of Gradio 4 and 5 (`gradio.data_classes.VideoData`)? Gradio 6 sends the file alone."""
    subtitles = value.get("subtitles")
    return (
        is_file(value.get("video"))
        and has_only_keys(value, "video", "subtitles")
        and (subtitles is None or is_file(subtitles))
    )


def is_parameters(value: dict[str, Any]) -> bool:
    """Is this the value of a ParamViewer: the documentation of each parameter?"""
    return bool(value) and all(
        isinstance(each, dict) and each.keys() <= {"type", "description", "default"} for each in value.values()
    )


def is_annotated_image(value: dict[str, Any]) -> bool:
    """Is this an image with its annotations?"""
    return is_file(value.get("image")) and isinstance(value.get("annotations"), list)


def is_edited_image(value: dict[str, Any]) -> bool:
    """Is this the value of an image editor: a background, layers, and their composite?"""
    return {"background", "layers", "composite"} <= value.keys() and has_only_keys(
        value, "background", "layers", "composite", "id"
    )


def is_multimodal(value: dict[str, Any]) -> bool:
    """Is this a text with its files?"""
    files = value.get("files")
    is_named = isinstance(value.get("text"), str) and isinstance(files, list) and all(map(is_file, files))
    return is_named and has_only_keys(value, "text", "files")


def is_message(item: Any) -> bool:
    """Is this a message of a conversation, in the format of Gradio 4.44 and later?"""
    return isinstance(item, dict) and "role" in item and isinstance(item.get("content"), str | list | dict | None)


def is_conversation(value: Any) -> bool:
    """Is this a list of messages, whatever component declares it?

    Roles and keys are those of a chat: a dict with others is application data, which must not be
    hidden.
    """
    return is_list_of(is_plain_message, value)


def is_plain_message(item: Any) -> bool:
    """Is this a message with the roles and keys of a chat, and no others that have a value?"""
    return (
        is_message(item)
        and item["role"] in CHAT_ROLES
        and all(key in MESSAGE_KEYS or not value for key, value in item.items())
    )


def is_chat_answer(value: Any) -> bool:
    """May a gr.ChatInterface function have returned this: messages, pairs, or the parts of one message?"""
    if isinstance(value, dict):
        return is_message(value)
    return any(is_list_of(test, value) for test in (is_message, is_message_pair, is_message_part))


def is_message_part(item: Any) -> bool:
    """Is this a part of a message whose content is a list?"""
    if not isinstance(item, dict):
        return isinstance(item, str)
    return (
        is_file(item)
        or is_file(item.get("file"))
        or isinstance(item.get("component"), str)
        or (isinstance(item.get("text"), str) and has_only_keys(item, "text", "type"))
    )


def is_message_pair(item: Any) -> bool:
    """Is this a question and its answer, in the older format of conversations?"""
    return isinstance(item, list) and len(item) == 2


def is_path(item: Any) -> bool:
    """Is this a path as a file explorer sends it: its parts, or a text?"""
    return isinstance(item, str) or is_list_of(lambda part: isinstance(part, str), item)
