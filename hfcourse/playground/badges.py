"""Badge of a Space's state, and the recovery actions for one that cannot be called."""

from dataclasses import dataclass

from flask import request, url_for

from hfcourse.errors import CourseError, FormRejected
from hfcourse.spaces import catalogue
from hfcourse.spaces.catalogue import CatalogueEntry


@dataclass(frozen=True)
class Badge:
    """State as rendered in a page: an icon, a word, then a color."""

    kind: str
    icon: str
    word: str


@dataclass(frozen=True)
class RecoveryAction:
    """Link of an error page that helps to recover from the error, with its icon."""

    words: str
    address: str
    icon: str


HUB_SPACES_URL = "https://huggingface.co/spaces/"
PAGE_REMEDY_CODES = {"invalid-input", "secret-in-input", "endpoint-gone", "limit-reached", "calls-paused"}
TRANSIENT_CODES = {"timeout", "connection-lost", "bad-answer", "too-many-requests"}
RETRYABLE_CODES = TRANSIENT_CODES | {"space-broken", "hub-unreachable", "practice-unavailable", "server-busy"}
AUTHOR_CODES = {"space-paused", "space-broken"}
HUB_LINK_CODES = TRANSIENT_CODES | AUTHOR_CODES | {"no-api", "space-too-old", "space-login", "answer-too-large"}

AWAKE_BADGE = Badge("success", "awake", "En marche")
ASLEEP_BADGE = Badge("pending", "asleep", "Endormi")
BADGES_BY_CODE = {
    "space-sleeping": Badge("pending", "asleep", "Il se réveille"),
    "space-building": Badge("pending", "building", "En construction"),
    "space-paused": Badge("", "pause", "En pause"),
    "space-private": Badge("", "lock", "Privé"),
    "space-login": Badge("", "lock", "Verrouillé"),
    "space-not-found": Badge("", "search", "Introuvable"),
    "no-api": Badge("", "space", "Sans API"),
    "space-too-old": Badge("", "space", "Trop ancien"),
    "endpoint-gone": AWAKE_BADGE,
}
BROKEN_BADGE = Badge("error", "failed", "En panne")
UNREACHABLE_BADGE = Badge("error", "failed", "Injoignable")
AUTO_REFRESH_CODES = {"space-sleeping", "space-building"}


def get_error_badge(error: CourseError | None) -> Badge:
    """Return the badge of a Space whose response was `error`, None for success."""
    if error is None or isinstance(error, FormRejected):
        return AWAKE_BADGE
    return BADGES_BY_CODE.get(
        error.code, BROKEN_BADGE if error.code in ("space-broken", "practice-unavailable") else UNREACHABLE_BADGE
    )


def get_practice_badge() -> Badge:
    """Return the badge of the practice Space, without waking it."""
    return {
        "asleep": ASLEEP_BADGE,
        "waking": BADGES_BY_CODE["space-sleeping"],
        "broken": BROKEN_BADGE,
    }.get(catalogue.get_practice_state(), AWAKE_BADGE)


def get_listing_badge(obstacle: str | None) -> Badge | None:
    """Return the badge of a listed Space from the Hub's report; None where its state is unknown."""
    if obstacle is None:
        return None
    return (
        ASLEEP_BADGE if obstacle == "space-sleeping" else get_error_badge(CourseError(obstacle) if obstacle else None)
    )


def build_recovery_actions(entry: CatalogueEntry, code: str) -> list[RecoveryAction]:
    """Return the links for a Space that cannot be called; none where the page itself has the remedy."""
    if code in PAGE_REMEDY_CODES:
        return []
    is_on_the_hub = entry.id not in ("", catalogue.PRACTICE_SPACE_ID) and not entry.url
    owner, _, name = entry.id.partition("/")
    actions = []
    if code in RETRYABLE_CODES and entry.id:
        retry_url = (
            request.full_path.rstrip("?") if request.method == "GET" else url_for("spaces.show", owner=owner, name=name)
        )
        actions.append(RecoveryAction("Réessayer", retry_url, "again"))
    if is_on_the_hub and code in HUB_LINK_CODES:
        actions.append(RecoveryAction("Ouvrir sur le Hub", HUB_SPACES_URL + entry.id, "space"))
    if is_on_the_hub and code in AUTHOR_CODES:
        actions.append(RecoveryAction("Écrire à l’auteur", f"{HUB_SPACES_URL}{entry.id}/discussions", "send"))
    return [*actions, RecoveryAction("Choisir un autre Space", url_for("spaces.index"), "search")]
