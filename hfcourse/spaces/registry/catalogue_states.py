"""The state in which the Spaces of the catalogue were last seen, and asking the Hub for all of them."""

from hfcourse.errors import CallCancelled, CourseError
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces import catalogue
from hfcourse.spaces.catalogue import CatalogueEntry
from hfcourse.spaces.registry import resolver

UNKNOWN = "unknown"
READY_STATES = frozenset({"asleep", "awake", "elsewhere", "space-sleeping", "waking"})
# The instructor waits so long for all answers together: a silent Hub costs no more.
REFRESH_TIMEOUT_SECONDS = 8


def get_last_state(entry: CatalogueEntry) -> str:
    """Return a state of the practice Space, or `awake`, or the code of what keeps a Space from being called.

    `unknown` if the Hub was not asked about it by this process. Nothing is asked for this.
    """
    if entry.id == catalogue.PRACTICE_SPACE_ID and not entry.url:
        return catalogue.get_practice_state()
    if entry.url:
        return "elsewhere"
    return resolver.get_last_hub_status(entry.id)


def refresh_states() -> None:
    """Ask the Hub about each of its Spaces in the catalogue, none is woken; stop when the time is up."""
    leash = CancelScope(REFRESH_TIMEOUT_SECONDS)
    for entry in catalogue.list_catalogue_entries():
        if entry.url or entry.id == catalogue.PRACTICE_SPACE_ID:
            continue
        try:
            leash.check_remaining_seconds()
            resolver.refresh_hub_status(entry.id, leash)
        except CallCancelled:
            return
        except CourseError as error:
            if error.code in {"hub-unreachable", "timeout"}:
                return  # the others would wait for the same silence
