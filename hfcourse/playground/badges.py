"""How the state of a Space is shown: a badge, and the ways out where it cannot be called."""

from dataclasses import dataclass

from flask import request, url_for

from hfcourse.errors import CourseError, Refused
from hfcourse.spaces import catalogue
from hfcourse.spaces.catalogue import Entry


@dataclass(frozen=True)
class Badge:
    """A state as the page shows it: a shape, a word, then a colour."""

    kind: str
    icon: str
    word: str


@dataclass(frozen=True)
class Way:
    """A way out of an error: a link of the page, with its icon."""

    words: str
    address: str
    icon: str


HUB_PAGE = "https://huggingface.co/spaces/"
REMEDY_HERE = {"invalid-input", "secret-in-input", "endpoint-gone", "limit-reached", "calls-paused"}
MAY_PASS = {"timeout", "connection-lost", "bad-answer", "too-many-requests"}
WORTH_ANOTHER_TRY = MAY_PASS | {"space-broken", "hub-unreachable", "practice-unavailable", "server-busy"}
FOR_THE_AUTHOR = {"space-paused", "space-broken"}
OPEN_ON_THE_HUB = MAY_PASS | FOR_THE_AUTHOR | {"no-api", "space-too-old", "space-login", "answer-too-large"}

AWAKE = Badge("ok", "awake", "En marche")
ASLEEP = Badge("wait", "asleep", "Endormi")
BADGES = {
    "space-sleeping": Badge("wait", "asleep", "Il se réveille"),
    "space-building": Badge("wait", "building", "En construction"),
    "space-paused": Badge("", "pause", "En pause"),
    "space-private": Badge("", "lock", "Privé"),
    "space-login": Badge("", "lock", "Verrouillé"),
    "space-not-found": Badge("", "search", "Introuvable"),
    "no-api": Badge("", "space", "Sans API"),
    "space-too-old": Badge("", "space", "Trop ancien"),
    "endpoint-gone": AWAKE,
}
BROKEN = Badge("bad", "failed", "En panne")
UNREACHABLE = Badge("bad", "failed", "Injoignable")
REFRESHED = {"space-sleeping", "space-building"}


def badge_of(error: CourseError | None) -> Badge:
    """The badge of a Space that answered with `error`, or without one."""
    if error is None or isinstance(error, Refused):
        return AWAKE
    return BADGES.get(error.code, BROKEN if error.code in ("space-broken", "practice-unavailable") else UNREACHABLE)


def practice_badge() -> Badge:
    """The state of the practice Space, which looking at the list does not change."""
    return {
        "asleep": ASLEEP,
        "waking": BADGES["space-sleeping"],
        "broken": BROKEN,
    }.get(catalogue.practice_state(), AWAKE)


def badge_seen(obstacle: str | None) -> Badge | None:
    """The badge of a Space in a list, which nobody has visited yet; None where its state is not known."""
    if obstacle is None:
        return None
    return ASLEEP if obstacle == "space-sleeping" else badge_of(CourseError(obstacle) if obstacle else None)


def ways_out(entry: Entry, code: str) -> list[Way]:
    """What one may do about a Space that cannot be called, as links; none where the page itself has the remedy."""
    if code in REMEDY_HERE:
        return []
    is_on_the_hub = entry.id not in ("", catalogue.PRACTICE) and not entry.url
    owner, _, name = entry.id.partition("/")
    ways = []
    if code in WORTH_ANOTHER_TRY and entry.id:
        asked = (
            request.full_path.rstrip("?") if request.method == "GET" else url_for("spaces.show", owner=owner, name=name)
        )
        ways.append(Way("Réessayer", asked, "again"))
    if is_on_the_hub and code in OPEN_ON_THE_HUB:
        ways.append(Way("Ouvrir sur le Hub", HUB_PAGE + entry.id, "space"))
    if is_on_the_hub and code in FOR_THE_AUTHOR:
        ways.append(Way("Écrire à l’auteur", f"{HUB_PAGE}{entry.id}/discussions", "send"))
    return [*ways, Way("Choisir un autre Space", url_for("spaces.index"), "search")]
