"""Classify a Space's own account of a failed call by its title, then by its words. Pure.

The package `spaces`, which runs functions on Hugging Face's shared graphics cards (ZeroGPU), raises `gr.Error` with a
title that says what happened; an author may write the word « ZeroGPU » in any message. So the title decides, and the
words do only where they have the exact shape that `spaces` gives them: before Gradio 5 an error has no title.

Source: `spaces/zero/client.py` and `spaces/zero/wrappers.py`, version 0.51.3 and earlier ones.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from hfcourse.errors import MAX_DETAIL_CHARACTERS, CallError, CourseError
from hfcourse.spaces.untrusted.html_text import MAX_HTML_CHARACTERS, html_to_text

MAX_ERROR_TITLE_CHARACTERS = 100
# What Gradio puts where an author gives no title.
DEFAULT_TITLES = {"", "error", "warning", "info", "success"}
QUOTA_CODE, QUEUE_CODE, WORKER_CODE = "quota-exceeded", "queue-full", "space-exception"
# An illegal duration is more than the quota of this caller ever has: waiting does not help, a token may.
CODE_BY_ZEROGPU_TITLE = {
    "zerogpu quota exceeded": QUOTA_CODE,
    "gpu quota exceeded": QUOTA_CODE,
    "zerogpu illegal duration": QUOTA_CODE,
    "zerogpu pending credits exceeded": QUEUE_CODE,
    "zerogpu queue timeout": QUEUE_CODE,
    "zerogpu worker error": WORKER_CODE,
    "zerogpu client error": WORKER_CODE,
}
# A queue that was too long is raised under the title of the quota, or of the client, where the caller has no token.
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
    """Return what a Space that was lent nothing says, as it is."""
    return value


def classify_failure(output: Any, title: Any = None, mask: TokenMask = return_unmasked) -> CourseError:
    """Return the error that a Space's account of its failure means.

    Args:
        output: the `output` of a failed message: `error` (an author's words, null where Gradio hides them), `title`,
            `visible`; untrusted.
        title: the title of the message itself, where the output has none.
        mask: leaves what the Space was lent out of its words.
    """
    account: Mapping[str, Any] = output if isinstance(output, dict) else {}
    words = extract_message_text(account.get("error"), MAX_DETAIL_CHARACTERS, mask)
    heading = extract_message_text(account.get("title") or title, MAX_ERROR_TITLE_CHARACTERS, mask)
    if not words:
        return CallError("space-exception")
    if code := find_zerogpu_code(heading, words):
        if code == WORKER_CODE and CLASS_NAME_PATTERN.fullmatch(words):  # no words for a reader
            return CallError(code)
        is_other_title = CODE_BY_ZEROGPU_TITLE.get(heading.casefold(), code) != code
        return CallError(code, words if is_other_title else prepend_title(heading, words))
    if account.get("visible") is False:  # its author shows it to nobody
        return CallError("space-exception")
    return CallError("space-error", prepend_title(heading, words))


def find_zerogpu_code(title: str, words: str) -> str:
    """Return the code of an error that `spaces` raises, '' for an author's own."""
    if QUEUE_MESSAGE_PATTERN.match(words):
        return QUEUE_CODE
    if code := CODE_BY_ZEROGPU_TITLE.get(title.casefold()):
        return code
    if QUOTA_MESSAGE_PATTERN.match(words):
        return QUOTA_CODE
    return WORKER_CODE if words == ABORTED_MESSAGE else ""


def extract_message_text(given: Any, max_characters: int, mask: TokenMask = return_unmasked) -> str:
    """Return a message or title as text, on its own lines but without markup; '' for what is no text.

    It is masked between the two cuts: what tags stood between is in one piece then, and no half of it is left over.
    """
    # Cut before anything searches it: a hostile Space sends 2 MB.
    text = html_to_text(given[: MAX_HTML_CHARACTERS + 1]) if isinstance(given, str) else ""
    return mask(text).strip()[:max_characters]


def prepend_title(title: str, words: str) -> str:
    """Return an author's words behind their title, if they have one that says more than its kind."""
    if title.casefold() in DEFAULT_TITLES or words.casefold().startswith(title.casefold()):
        return words
    return f"{title} — {words}" if words else title
