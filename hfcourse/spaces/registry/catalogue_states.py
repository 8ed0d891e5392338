"""Last known states of the catalogue's Spaces, and their refresh from the Hub."""

from hfcourse.errors import CallCancelled, CourseError
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces import catalogue
from hfcourse.spaces.catalogue import CatalogueEntry
from hfcourse.spaces.registry import known_spaces, resolver

UNKNOWN = "unknown"
READY_STATES = frozenset({"asleep", "awake", "elsewhere", "space-sleeping", "waking"})
# Timeout of all requests together, for which the instructor waits: an unresponsive Hub costs no
# more.
REFRESH_TIMEOUT_SECONDS = 8


def get_last_state(entry: CatalogueEntry) -> str:
    """Return the last known state of a Space, without a request.

    Returns:
        A state of the practice Space, `awake`, the error code of the reason why the Space cannot be
            called, or `unknown` if this process has not looked it up.
    """
    if entry.id == catalogue.PRACTICE_SPACE_ID and not entry.url:
        return catalogue.get_practice_state()
    if entry.url:
        return "elsewhere"
    return known_spaces.get_last_hub_status(entry.id)


def refresh_states() -> None:
    """Look up the status of each Hub Space in the catalogue, without waking any, until the timeout."""
    scope = CancelScope(REFRESH_TIMEOUT_SECONDS)
    for entry in catalogue.list_catalogue_entries():
        if entry.url or entry.id == catalogue.PRACTICE_SPACE_ID:
            continue
        try:
            scope.check_remaining_seconds()
            resolver.refresh_hub_status(entry.id, scope)
        except CallCancelled:
            return
        except CourseError as error:
            if error.code in {"hub-unreachable", "timeout"}:
                return  # each of the others would wait for the same timeout
