"""Search for Spaces on the Hub, sent by this server.

It sends the request of `HfApi.list_spaces` in huggingface_hub, `GET /api/spaces` with `search`,
`filter`, `sort`, `limit` and `expand`, through our own HTTP client: that library reads its proxy
and its token from the environment, shares one transport in the whole process (with gradio_client,
too), retries by itself, and follows the Hub's « next » link to any host. Neither the token nor
anything of the visitor is sent with the query.

The Hub marks a Space that is not for all audiences by a tag of that name, in `tags` or in its card.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import current_app

from hfcourse.errors import HubError
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces import catalogue
from hfcourse.spaces.client.http_client import HttpClient
from hfcourse.spaces.client.single_flight_cache import SingleFlightCache
from hfcourse.spaces.hub import hub_api

MAX_QUERY_CHARACTERS, MAX_RESULT_TITLE_CHARACTERS, MAX_SUMMARY_CHARACTERS = 100, 100, 200
MAX_REQUESTED_SPACES, MAX_SEARCH_RESULTS = 40, 20
RESULTS_TTL_SECONDS = 60
EXPANDED_FIELDS = ("cardData", "disabled", "likes", "private", "runtime", "sdk", "tags")
RESTRICTED_AUDIENCE_TAG = "not-for-all-audiences"
CALLABLE_OBSTACLES = ("", "space-sleeping")  # a request wakes a sleeping one


@dataclass(frozen=True)
class SearchResult:
    """Space in the search results; `title` and `about` are untrusted.

    `obstacle` is the error code of the reason why it cannot be called now, '' for none, None where
    the Hub does not report it.
    """

    id: str
    title: str
    about: str
    likes: int
    obstacle: str | None


SearchResults = tuple[SearchResult, ...]


def normalize_query(raw: str) -> str:
    """Return a search query as one line of bounded length."""
    return collapse_to_line(raw[:MAX_QUERY_CHARACTERS])


def search_spaces(query: str, http_client: HttpClient) -> SearchResults:
    """Return the Gradio Spaces of the Hub that match, at most MAX_SEARCH_RESULTS, callable ones first.

    Raises:
        HubError: the Hub gave no usable response.
    """
    scope = CancelScope(hub_api.LOOKUP_TIMEOUT_SECONDS)
    cache: SingleFlightCache[SearchResults] = current_app.extensions.setdefault(
        "searches", SingleFlightCache(lambda _found: RESULTS_TTL_SECONDS)
    )
    return hub_api.get_cached_or_stale(
        cache, query.casefold(), scope, lambda: fetch_search_results(query, http_client, scope)
    )


def fetch_search_results(query: str, http_client: HttpClient, scope: CancelScope) -> SearchResults:
    """Request the search results from the Hub."""
    params = {
        "search": query,
        "filter": "gradio",
        "sort": "likes",
        "limit": MAX_REQUESTED_SPACES,
        "expand": EXPANDED_FIELDS,
    }
    response = hub_api.get_hub_json("?" + urlencode(params, doseq=True), http_client, scope, statuses={})
    if not isinstance(response, list):
        raise HubError("bad-answer")
    results = [result for item in response[:MAX_REQUESTED_SPACES] if (result := parse_search_result(item))]
    results.sort(key=lambda each: each.obstacle is not None and each.obstacle not in CALLABLE_OBSTACLES)
    return tuple(results[:MAX_SEARCH_RESULTS])


def parse_search_result(item: Any) -> SearchResult | None:
    """Parse one Space of the Hub's response; None for one that is malformed or must not be listed."""
    if not isinstance(item, dict) or not is_allowed_audience(item):
        return None
    space_id, likes = item.get("id"), item.get("likes")
    if not isinstance(space_id, str) or not catalogue.is_space_id(space_id):
        return None
    card = get_card(item)
    return SearchResult(
        space_id,
        truncate_line(card.get("title"), MAX_RESULT_TITLE_CHARACTERS) or space_id.partition("/")[2],
        truncate_line(card.get("short_description"), MAX_SUMMARY_CHARACTERS),
        likes if isinstance(likes, int) and not isinstance(likes, bool) and 0 <= likes < 10**9 else 0,
        get_stage_obstacle(item.get("runtime")),
    )


def is_allowed_audience(item: dict[str, Any]) -> bool:
    """Is this a public Gradio Space for all audiences, according to the Hub?"""
    if item.get("private") or item.get("disabled") or item.get("sdk") not in (None, "gradio"):
        return False
    tag_lists = [item.get("tags"), get_card(item).get("tags")]
    tags = {str(tag).casefold() for each in tag_lists if isinstance(each, list) for tag in each}
    return RESTRICTED_AUDIENCE_TAG not in tags and get_stage_obstacle(item.get("runtime")) != "space-not-found"


def get_card(item: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata at the top of the README."""
    card = item.get("cardData")
    return card if isinstance(card, dict) else {}


def get_stage_obstacle(runtime: Any) -> str | None:
    """Return the error code of a stage, '' for a running Space, None for an unknown stage."""
    stage = runtime.get("stage") if isinstance(runtime, dict) else None
    return hub_api.CODE_BY_STAGE.get(stage) if isinstance(stage, str) else None


def truncate_line(text: Any, characters: int) -> str:
    """Return a text as one line of at most `characters`; '' for other types."""
    line = collapse_to_line(text[: 4 * characters]) if isinstance(text, str) else ""
    return line if len(line) <= characters else line[: characters - 1].rstrip() + "…"


def collapse_to_line(text: str) -> str:
    """Return a text without line breaks and invisible characters.

    Bidirectional controls could reverse the rest of the line.
    """
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
