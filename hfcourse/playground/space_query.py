"""What somebody writes in the box of /espaces/: the name or the address of a Space opens it, words search the Hub."""

from dataclasses import dataclass

from hfcourse import tokens
from hfcourse.errors import CourseError, FormRejected
from hfcourse.spaces import catalogue
from hfcourse.spaces.hub import hub_search
from hfcourse.spaces.hub.hub_search import SearchResults
from hfcourse.spaces.registry import resolver

# A name and an address have one of these; nobody searches for them.
PATH_CHARACTERS = ("/", "\\")


@dataclass(frozen=True)
class SpaceQueryResult:
    """What came of it: a Space to open, Spaces that were found, or why there are none; `written` without a token."""

    query_text: str = ""
    space_id: str = ""
    search_result: SearchResults | None = None
    error: CourseError | None = None
    status: int = 200


def open_named_space(written: str) -> SpaceQueryResult:
    """The Space of that name or address; 400 for what is neither, and for a token."""
    try:
        if tokens.contains_token(written):
            raise FormRejected("secret-in-input")
        space_id = catalogue.extract_space_id(written) or resolver.get_id_from_url(written)
    except CourseError as failed:
        return SpaceQueryResult(tokens.mask_tokens(written), error=failed, status=failed.explanation.status)
    if not space_id:
        return SpaceQueryResult(written, error=FormRejected("space-not-found"), status=400)
    return SpaceQueryResult(written, space_id)


def search_or_open_space(written: str) -> SpaceQueryResult:
    """The Space that this names, or those of the Hub that these words find; a closed catalogue is not searched."""
    if tokens.contains_token(written) or any(mark in written for mark in PATH_CHARACTERS):
        return open_named_space(written)
    words = hub_search.normalize_query(written)
    if not (words and catalogue.is_catalogue_open()):
        return SpaceQueryResult(written)
    try:
        return SpaceQueryResult(
            written, search_result=hub_search.search_spaces(words, resolver.get_registry().http_client)
        )
    except CourseError as failed:
        return SpaceQueryResult(written, error=failed)
