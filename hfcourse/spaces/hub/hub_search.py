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

from hfcourse.errors import HubFailed
from hfcourse.limits.deadline import Leash
from hfcourse.spaces import catalogue
from hfcourse.spaces.client.http_client import Wire
from hfcourse.spaces.client.single_flight_cache import Memory
from hfcourse.spaces.hub import hub_api

WORDS_CHARACTERS, TITLE_CHARACTERS, ABOUT_CHARACTERS = 100, 100, 200
MOST_ASKED, MOST_SHOWN = 40, 20
REMEMBERED_SECONDS = 60
PARTS = ("cardData", "disabled", "likes", "private", "runtime", "sdk", "tags")
NOT_FOR_ALL = "not-for-all-audiences"
CALLABLE = ("", "space-sleeping")  # a visit wakes one that sleeps


@dataclass(frozen=True)
class Listed:
    """A Space that was found: `title` and `about` are its author's words.

    `obstacle` is the code of what keeps it from being called now, '' for nothing, None where the Hub does not say.
    """

    id: str
    title: str
    about: str
    likes: int
    obstacle: str | None


Found = tuple[Listed, ...]


def normalized(written: str) -> str:
    """The words that are sent for what somebody wrote: one line, bounded."""
    return one_line(written[:WORDS_CHARACTERS])


def search(words: str, wire: Wire) -> Found:
    """The Gradio Spaces of the Hub that match, at most MOST_SHOWN, those that can be called first.

    Raises:
        HubFailed: the Hub gave no good answer.
    """
    leash = Leash(hub_api.LOOK_UP_SECONDS)
    memory: Memory[Found] = current_app.extensions.setdefault("searches", Memory(lambda _found: REMEMBERED_SECONDS))
    return hub_api.remembered(memory, words.casefold(), leash, lambda: ask(words, wire, leash))


def ask(words: str, wire: Wire, leash: Leash) -> Found:
    """Ask the Hub now."""
    asked = {"search": words, "filter": "gradio", "sort": "likes", "limit": MOST_ASKED, "expand": PARTS}
    answer = hub_api.answer_of("?" + urlencode(asked, doseq=True), wire, leash, statuses={})
    if not isinstance(answer, list):
        raise HubFailed("bad-answer")
    found = [listed for item in answer[:MOST_ASKED] if (listed := listed_in(item))]
    found.sort(key=lambda each: each.obstacle is not None and each.obstacle not in CALLABLE)
    return tuple(found[:MOST_SHOWN])


def listed_in(item: Any) -> Listed | None:
    """One Space of the Hub's answer; None for one that is not to be shown, or that makes no sense."""
    if not isinstance(item, dict) or not is_for_a_class(item):
        return None
    space_id, likes = item.get("id"), item.get("likes")
    if not isinstance(space_id, str) or not catalogue.is_space_id(space_id):
        return None
    card = card_of(item)
    return Listed(
        space_id,
        line_of(card.get("title"), TITLE_CHARACTERS) or space_id.partition("/")[2],
        line_of(card.get("short_description"), ABOUT_CHARACTERS),
        likes if isinstance(likes, int) and not isinstance(likes, bool) and 0 <= likes < 10**9 else 0,
        obstacle_in(item.get("runtime")),
    )


def is_for_a_class(item: dict[str, Any]) -> bool:
    """Is this a public Gradio Space for all audiences, as far as the Hub says?"""
    if item.get("private") or item.get("disabled") or item.get("sdk") not in (None, "gradio"):
        return False
    given = [item.get("tags"), card_of(item).get("tags")]
    tags = {str(tag).casefold() for each in given if isinstance(each, list) for tag in each}
    return NOT_FOR_ALL not in tags and obstacle_in(item.get("runtime")) != "space-not-found"


def card_of(item: dict[str, Any]) -> dict[str, Any]:
    """What the author wrote at the head of the README."""
    card = item.get("cardData")
    return card if isinstance(card, dict) else {}


def obstacle_in(runtime: Any) -> str | None:
    """The code of a stage, None for one that is not known."""
    stage = runtime.get("stage") if isinstance(runtime, dict) else None
    return hub_api.STAGES.get(stage) if isinstance(stage, str) else None


def line_of(text: Any, characters: int) -> str:
    """A text as one line of at most so many characters, '' for what is no text."""
    line = one_line(text[: 4 * characters]) if isinstance(text, str) else ""
    return line if len(line) <= characters else line[: characters - 1].rstrip() + "…"


def one_line(text: str) -> str:
    """A text without line breaks, and without what cannot be seen: a mark may turn the rest of the line round."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
