"""The shapes that an answer's values take, and how a file of ours stands in one. Pure.

Gradio's declared types do not bind what an author's function returns: whoever shows a value looks at its
shape first. In a stored value a file is `{FILE: number}`, or `{FILE: None, WHY: reason, NAME: name}`.
"""

from typing import Any

FILE_KEY, REASON_KEY, NAME_KEY = "$file", "$why", "$name"
# Why a file is not there: it comes with the last value; it is a live stream; others came first; the Space refused it;
# the site could not keep it.
PENDING, LIVE_STREAM, OVER_LIMIT, FETCH_FAILED, NOT_STORED = "later", "stream", "surplus", "lost", "unkept"
TOO_LARGE = "too-large"  # larger than any file that the site keeps
ERASED = "erased"  # its bytes made room for others: said by the row of the file, not by the stored value
# A dict that looks like file data is a file only where the component is one; elsewhere it is somebody's JSON.
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
MAX_ENTRY_NAME_CHARACTERS = 120  # of a file; a Space may write such an entry itself


class FileEntry(dict[str, Any]):
    """A file as the JSON shows it: `file` (its address), `name`, `bytes`, `media_type`; `why` says why it is not there.

    A type of its own: a Space can write the same keys, with a link of its choice.
    """

    missing_reason = ""

    @classmethod
    def make_missing(cls, why: Any, name: Any) -> "FileEntry":
        """A file that we do not have."""
        entry = cls(
            file=None,
            name=name[:MAX_ENTRY_NAME_CHARACTERS] if isinstance(name, str) else None,
            bytes=None,
            media_type=None,
        )
        entry.missing_reason = why if isinstance(why, str) else PENDING
        return entry


def is_stored_file_reference(value: dict[str, Any]) -> bool:
    """Does this part of a stored value stand for a file?"""
    return FILE_KEY in value and value.keys() <= {FILE_KEY, REASON_KEY, NAME_KEY}


def is_file_data(value: Any) -> bool:
    """Is this the file data of Gradio (FileData, ImageData), by its path on the Space or with its bytes in `url`?"""
    if not isinstance(value, dict) or not ("meta" in value or "orig_name" in value):
        return False
    url = value.get("url")
    return isinstance(value.get("path"), str) or (isinstance(url, str) and url.startswith("data:"))


def is_file(value: Any) -> bool:
    return isinstance(value, FileEntry)


def is_number(value: Any) -> bool:
    """Is this a number that one can draw? (One of four hundred digits breaks whoever divides it.)"""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def is_list_of(test, value: Any) -> bool:
    """Is this a list, not an empty one, of which each item is so?"""
    return isinstance(value, list) and bool(value) and all(map(test, value))


def has_only_keys(value: dict[str, Any], *names: str) -> bool:
    """Has it no other keys? What has belongs to somebody, and is not to be hidden."""
    return value.keys() <= set(names)


def is_table(value: dict[str, Any]) -> bool:
    headers, data = value.get("headers"), value.get("data")
    return (
        isinstance(headers, list)
        and isinstance(data, list)
        and all(isinstance(row, list) for row in data)
        and has_only_keys(value, "headers", "data", "metadata")
    )


def is_plot_spec(value: dict[str, Any]) -> bool:
    """The figure of a library: `plot` is a picture or JSON, as text."""
    is_named = isinstance(value.get("plot"), str) and isinstance(value.get("type"), str)
    return is_named and has_only_keys(value, "type", "plot", "chart")


def is_plot_data(value: dict[str, Any]) -> bool:
    """The data of one of Gradio's own plots."""
    columns, data = value.get("columns"), value.get("data")
    return (
        isinstance(value.get("mark"), str)
        and is_list_of(lambda name: isinstance(name, str), columns)
        and isinstance(data, list)
        and all(isinstance(row, list) for row in data)
    )


def is_label(value: dict[str, Any]) -> bool:
    confidences = value.get("confidences")
    return value.keys() == {"label", "confidences"} and (
        confidences is None or (isinstance(confidences, list) and all(map(is_confidence, confidences)))
    )


def is_confidence(item: Any) -> bool:
    return isinstance(item, dict) and "label" in item and is_number(item.get("confidence"))


def is_ratio(value: float) -> bool:
    """Is this a share of 1?"""
    return 0 <= value <= 1


def is_highlighted_span(item: Any) -> bool:
    """A piece of a highlighted text."""
    if not isinstance(item, dict) or item.keys() != {"token", "class_or_confidence"}:
        return False
    return isinstance(item["token"], str) and is_scalar(item["class_or_confidence"])


def is_dialogue_line(item: Any) -> bool:
    """A line of a dialogue."""
    if not isinstance(item, dict) or item.keys() != {"speaker", "text"}:
        return False
    return isinstance(item["speaker"], str) and isinstance(item["text"], str)


def is_gallery_item(item: Any) -> bool:
    """A picture or a video of a gallery, with or without caption."""
    return isinstance(item, dict) and (is_file(item.get("image")) or is_file(item.get("video")))


def is_video(value: dict[str, Any]) -> bool:
    """The value of a Video of Gradio 4 and 5 (`gradio.data_classes.VideoData`); Gradio 6 sends the file alone."""
    subtitles = value.get("subtitles")
    return (
        is_file(value.get("video"))
        and has_only_keys(value, "video", "subtitles")
        and (subtitles is None or is_file(subtitles))
    )


def is_parameters(value: dict[str, Any]) -> bool:
    """The value of a ParamViewer: what is documented of each parameter."""
    return bool(value) and all(
        isinstance(each, dict) and each.keys() <= {"type", "description", "default"} for each in value.values()
    )


def is_annotated_image(value: dict[str, Any]) -> bool:
    return is_file(value.get("image")) and isinstance(value.get("annotations"), list)


def is_edited_image(value: dict[str, Any]) -> bool:
    """What an image editor gives: a background, layers over it, and what they make together."""
    return {"background", "layers", "composite"} <= value.keys() and has_only_keys(
        value, "background", "layers", "composite", "id"
    )


def is_multimodal(value: dict[str, Any]) -> bool:
    """A text and the files that go with it."""
    files = value.get("files")
    is_named = isinstance(value.get("text"), str) and isinstance(files, list) and all(map(is_file, files))
    return is_named and has_only_keys(value, "text", "files")


def is_message(item: Any) -> bool:
    """A message of a conversation, as Gradio writes them since its version 4.44."""
    return isinstance(item, dict) and "role" in item and isinstance(item.get("content"), str | list | dict | None)


def is_conversation(value: Any) -> bool:
    """Is this a list of messages, whatever component declares it?

    Roles and keys are those of a chat: what has others belongs to somebody, and is not to be hidden.
    """
    return is_list_of(is_plain_message, value)


def is_plain_message(item: Any) -> bool:
    return (
        is_message(item)
        and item["role"] in CHAT_ROLES
        and all(key in MESSAGE_KEYS or not value for key, value in item.items())
    )


def is_chat_answer(value: Any) -> bool:
    """May this be what the function of a gr.ChatInterface returned: messages, pairs, or the parts of one message?"""
    if isinstance(value, dict):
        return is_message(value)
    return any(is_list_of(test, value) for test in (is_message, is_message_pair, is_message_part))


def is_message_part(item: Any) -> bool:
    if not isinstance(item, dict):
        return isinstance(item, str)
    return (
        is_file(item)
        or is_file(item.get("file"))
        or isinstance(item.get("component"), str)
        or (isinstance(item.get("text"), str) and has_only_keys(item, "text", "type"))
    )


def is_message_pair(item: Any) -> bool:
    """A question and its answer, as older conversations are written."""
    return isinstance(item, list) and len(item) == 2


def is_path(item: Any) -> bool:
    """A path as a file explorer gives it: its parts, or a text."""
    return isinstance(item, str) or is_list_of(lambda part: isinstance(part, str), item)
