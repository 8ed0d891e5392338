"""What somebody writes in the box of /espaces/: the name or the address of a Space opens it, words search the Hub."""

from dataclasses import dataclass

from hfcourse import tokens
from hfcourse.errors import CourseError, Refused
from hfcourse.spaces import catalogue
from hfcourse.spaces.hub import hub_search
from hfcourse.spaces.hub.hub_search import Found
from hfcourse.spaces.registry import resolver

# A name and an address have one of these; nobody searches for them.
MARKS = ("/", "\\")


@dataclass(frozen=True)
class Finding:
    """What came of it: a Space to open, Spaces that were found, or why there are none; `written` without a token."""

    written: str = ""
    space_id: str = ""
    found: Found | None = None
    error: CourseError | None = None
    status: int = 200


def opened(written: str) -> Finding:
    """The Space of that name or address; 400 for what is neither, and for a token."""
    try:
        if tokens.contains_token(written):
            raise Refused("secret-in-input")
        space_id = catalogue.reduced(written) or resolver.named_at(written)
    except CourseError as failed:
        return Finding(tokens.mask_tokens(written), error=failed, status=failed.explanation.status)
    if not space_id:
        return Finding(written, error=Refused("space-not-found"), status=400)
    return Finding(written, space_id)


def found(written: str) -> Finding:
    """The Space that this names, or those of the Hub that these words find; a closed catalogue is not searched."""
    if tokens.contains_token(written) or any(mark in written for mark in MARKS):
        return opened(written)
    words = hub_search.normalized(written)
    if not (words and catalogue.is_open()):
        return Finding(written)
    try:
        return Finding(written, found=hub_search.search(words, resolver.directory().wire))
    except CourseError as failed:
        return Finding(written, error=failed)
