"""Classification of a failed call by the error's title, then by its message. Pure.

The package `spaces`, which runs functions on Hugging Face's shared graphics cards (ZeroGPU), raises
`gr.Error` with a title that names the failure; an author may write the word « ZeroGPU » in any
message. So the title decides. The message is matched only in the exact form that `spaces` uses,
since errors before Gradio 5 have no title.

Source: `spaces/zero/client.py` and `spaces/zero/wrappers.py`, version 0.51.3 and earlier ones.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hfcourse.errors import MAX_DETAIL_CHARACTERS, CallError, CourseError, ValidationRejected
from hfcourse.spaces.untrusted.html_text import MAX_HTML_CHARACTERS, html_to_text

MAX_ERROR_TITLE_CHARACTERS = 100
# Gradio's default titles, for messages whose author gives none.
DEFAULT_TITLES = {"", "error", "warning", "info", "success"}
QUOTA_CODE, QUEUE_CODE, WORKER_CODE = "quota-exceeded", "queue-full", "space-exception"
# An illegal duration exceeds the caller's whole quota: waiting does not help, a token may.
CODE_BY_ZEROGPU_TITLE = {
    "zerogpu quota exceeded": QUOTA_CODE,
    "gpu quota exceeded": QUOTA_CODE,
    "zerogpu illegal duration": QUOTA_CODE,
    "zerogpu pending credits exceeded": QUEUE_CODE,
    "zerogpu queue timeout": QUEUE_CODE,
    "zerogpu worker error": WORKER_CODE,
    "zerogpu client error": WORKER_CODE,
}
# A queue timeout is raised under the title of the quota, or of the client, for callers without a
# token.
QUEUE_MESSAGE_PATTERN = re.compile(
    r"No GPU (?:was|is)(?: currently)? available|You have too many ZeroGPU credits allocated"
    r"|Expired ZeroGPU proxy token",
    re.IGNORECASE,
)
QUOTA_MESSAGE_PATTERN = re.compile(
    r"You have exceeded your (?:\w+ )?(?:Zero)?GPU (?:quota|runs limit)|Space app has reached its GPU limit"
    r"|The requested GPU duration \(\d+s\) is larger than the maximum allowed",
    re.IGNORECASE,
)
ABORTED_MESSAGE = "GPU task aborted"
CLASS_NAME_PATTERN = re.compile(r"'?[A-Za-z_][\w.]*'?", re.ASCII)


TokenMask = Callable[[Any], Any]


def return_unmasked(value: Any) -> Any:
    """Return the value as it is, for a Space that never received the token."""
    return value


def classify_failure(output: Any, title: Any = None, mask: TokenMask = return_unmasked) -> CourseError:
    """Return the error for a Space's report of a failed call.

    Args:
        output: the `output` of a failed message: `error` (the author's message, null where Gradio
            hides it), `title`, `visible`; untrusted.
        title: the title of the message itself, used where the output has none.
        mask: removes the token that the Space may repeat.
    """
    output_fields: Mapping[str, Any] = output if isinstance(output, dict) else {}
    message = extract_message_text(output_fields.get("error"), MAX_DETAIL_CHARACTERS, mask)
    error_title = extract_message_text(output_fields.get("title") or title, MAX_ERROR_TITLE_CHARACTERS, mask)
    if not message:
        return CallError("space-exception")
    if code := find_zerogpu_code(error_title, message):
        if code == WORKER_CODE and CLASS_NAME_PATTERN.fullmatch(message):  # a class name says nothing to a reader
            return CallError(code)
        is_other_title = CODE_BY_ZEROGPU_TITLE.get(error_title.casefold(), code) != code
        return CallError(code, message if is_other_title else prepend_title(error_title, message))
    if output_fields.get("visible") is False:  # hidden by its author
        return CallError("space-exception")
    return CallError("space-error", prepend_title(error_title, message))


def find_zerogpu_code(title: str, message: str) -> str:
    """Return the code of an error that `spaces` raises, '' for an author's own error."""
    if QUEUE_MESSAGE_PATTERN.match(message):
        return QUEUE_CODE
    if code := CODE_BY_ZEROGPU_TITLE.get(title.casefold()):
        return code
    if QUOTA_MESSAGE_PATTERN.match(message):
        return QUOTA_CODE
    return WORKER_CODE if message == ABORTED_MESSAGE else ""


def extract_message_text(raw: Any, max_characters: int, mask: TokenMask = return_unmasked) -> str:
    """Return a message or title as text without markup, line breaks preserved; '' for anything else.

    The token is masked after the markup is removed, which may join its parts, and before the text
    is truncated, which may leave half of it.
    """
    # Truncate before parsing: a hostile Space sends 2 MB.
    text = html_to_text(raw[: MAX_HTML_CHARACTERS + 1]) if isinstance(raw, str) else ""
    masked: str = mask(text)
    return masked.strip()[:max_characters]


def prepend_title(title: str, message: str) -> str:
    """Return the message with its title in front, unless the title only repeats the level."""
    if title.casefold() in DEFAULT_TITLES or message.casefold().startswith(title.casefold()):
        return message
    return f"{title} — {message}" if message else title


def make_validation_error(detail: Any, inputs: Sequence[str]) -> CallError:
    """Return the error for a 422 of the Space's validator, which reports the validity of each input.

    Args:
        detail: the parsed response; its items are by position, session state included.
        inputs: the parameter at each position, '' where there is none.
    """
    items = detail.get("detail") if isinstance(detail, dict) else None
    messages = {
        position: item["message"] if isinstance(item.get("message"), str) else ""
        for position, item in enumerate(items if isinstance(items, list) else [])
        if isinstance(item, dict) and item.get("__type__") == "validate" and not item.get("is_valid", True)
    }
    if not messages:
        return CallError("bad-answer")
    fields = {name: messages[position] for position, name in enumerate(inputs) if name and position in messages}
    return ValidationRejected(" ".join(filter(None, messages.values())), fields)
