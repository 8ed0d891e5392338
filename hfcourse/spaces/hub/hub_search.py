"""Searching the Spaces of the Hub, through our server.

It asks what `HfApi.list_spaces` of huggingface_hub asks, `GET /api/spaces` with `search`, `filter`, `sort`, `limit`
and `expand`, but over our own wire: that library takes its proxy and its token from the environment, keeps one
transport for the whole process (gradio_client's too), tries again by itself, and follows the Hub's « next » link to
any host. Nothing of the token or of the visitor goes with the words.

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
CALLABLE_OBSTACLES = ("", "space-sleeping")  # a visit wakes one that sleeps


@dataclass(frozen=True)
class SearchResult:
    """A Space that was found: `title` and `about` are its author's words.

    `obstacle` is the code of what keeps it from being called now, '' for nothing, None where the Hub does not say.
    """

    id: str
    title: str
    about: str
    likes: int
    obstacle: str | None


SearchResults = tuple[SearchResult, ...]


def normalize_query(written: str) -> str:
    """The words that are sent for what somebody wrote: one line, bounded."""
    return collapse_to_line(written[:MAX_QUERY_CHARACTERS])


def search_spaces(words: str, wire: HttpClient) -> SearchResults:
    """The Gradio Spaces of the Hub that match, at most MAX_SEARCH_RESULTS, those that can be called first.

    Raises:
        HubError: the Hub gave no good answer.
    """
    leash = CancelScope(hub_api.LOOKUP_TIMEOUT_SECONDS)
    memory: SingleFlightCache[SearchResults] = current_app.extensions.setdefault(
        "searches", SingleFlightCache(lambda _found: RESULTS_TTL_SECONDS)
    )
    return hub_api.get_cached_or_stale(
        memory, words.casefold(), leash, lambda: fetch_search_results(words, wire, leash)
    )


def fetch_search_results(words: str, wire: HttpClient, leash: CancelScope) -> SearchResults:
    """Ask the Hub now."""
    asked = {
        "search": words,
        "filter": "gradio",
        "sort": "likes",
        "limit": MAX_REQUESTED_SPACES,
        "expand": EXPANDED_FIELDS,
    }
    answer = hub_api.get_hub_json("?" + urlencode(asked, doseq=True), wire, leash, statuses={})
    if not isinstance(answer, list):
        raise HubError("bad-answer")
    found = [listed for item in answer[:MAX_REQUESTED_SPACES] if (listed := parse_search_result(item))]
    found.sort(key=lambda each: each.obstacle is not None and each.obstacle not in CALLABLE_OBSTACLES)
    return tuple(found[:MAX_SEARCH_RESULTS])


def parse_search_result(item: Any) -> SearchResult | None:
    """One Space of the Hub's answer; None for one that is not to be shown, or that makes no sense."""
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
    """Is this a public Gradio Space for all audiences, as far as the Hub says?"""
    if item.get("private") or item.get("disabled") or item.get("sdk") not in (None, "gradio"):
        return False
    given = [item.get("tags"), get_card(item).get("tags")]
    tags = {str(tag).casefold() for each in given if isinstance(each, list) for tag in each}
    return RESTRICTED_AUDIENCE_TAG not in tags and get_stage_obstacle(item.get("runtime")) != "space-not-found"


def get_card(item: dict[str, Any]) -> dict[str, Any]:
    """What the author wrote at the head of the README."""
    card = item.get("cardData")
    return card if isinstance(card, dict) else {}


def get_stage_obstacle(runtime: Any) -> str | None:
    """The code of a stage, None for one that is not known."""
    stage = runtime.get("stage") if isinstance(runtime, dict) else None
    return hub_api.CODE_BY_STAGE.get(stage) if isinstance(stage, str) else None


def truncate_line(text: Any, characters: int) -> str:
    """A text as one line of at most so many characters, '' for what is no text."""
    line = collapse_to_line(text[: 4 * characters]) if isinstance(text, str) else ""
    return line if len(line) <= characters else line[: characters - 1].rstrip() + "…"


def collapse_to_line(text: str) -> str:
    """A text without line breaks, and without what cannot be seen: a mark may turn the rest of the line round."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
