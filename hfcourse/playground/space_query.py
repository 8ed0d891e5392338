"""Search box of /espaces/: the name or URL of a Space opens it, other words search the Hub."""

from dataclasses import dataclass

from hfcourse import tokens
from hfcourse.errors import CourseError, FormRejected
from hfcourse.spaces import catalogue
from hfcourse.spaces.hub import hub_search
from hfcourse.spaces.hub.hub_search import SearchResults
from hfcourse.spaces.registry import resolver

# A name or a URL contains one of these; search words do not.
PATH_CHARACTERS = ("/", "\\")


@dataclass(frozen=True)
class SpaceQueryResult:
    """Result of a query: a Space to open, search results, or an error; `query_text` has no token."""

    query_text: str = ""
    space_id: str = ""
    search_result: SearchResults | None = None
    error: CourseError | None = None
    status: int = 200


def open_named_space(text: str) -> SpaceQueryResult:
    """Return the Space of that name or URL; status 400 for anything else, and for a token."""
    try:
        if tokens.contains_token(text):
            raise FormRejected("secret-in-input")
        space_id = catalogue.extract_space_id(text) or resolver.get_id_from_url(text)
    except CourseError as error:
        return SpaceQueryResult(tokens.mask_tokens(text), error=error, status=error.explanation.status)
    if not space_id:
        return SpaceQueryResult(text, error=FormRejected("space-not-found"), status=400)
    return SpaceQueryResult(text, space_id)


def search_or_open_space(text: str) -> SpaceQueryResult:
    """Return the Space that the text names, or the search results; a closed catalogue is not searched."""
    if tokens.contains_token(text) or any(mark in text for mark in PATH_CHARACTERS):
        return open_named_space(text)
    query = hub_search.normalize_query(text)
    if not (query and catalogue.is_catalogue_open()):
        return SpaceQueryResult(text)
    try:
        return SpaceQueryResult(
            text, search_result=hub_search.search_spaces(query, resolver.get_registry().http_client)
        )
    except CourseError as error:
        return SpaceQueryResult(text, error=error)
