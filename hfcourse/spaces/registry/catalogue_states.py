"""The state in which the Spaces of the catalogue were last seen, and asking the Hub for all of them."""

from hfcourse.errors import CourseError, Stopped
from hfcourse.limits.deadline import Leash
from hfcourse.spaces import catalogue
from hfcourse.spaces.catalogue import Entry
from hfcourse.spaces.registry import resolver

UNKNOWN = "unknown"
READY = frozenset({"asleep", "awake", "elsewhere", "space-sleeping", "waking"})
# The instructor waits so long for all answers together: a silent Hub costs no more.
REFRESH_SECONDS = 8


def last_state(entry: Entry) -> str:
    """Return a state of the practice Space, or `awake`, or the code of what keeps a Space from being called.

    `unknown` if the Hub was not asked about it by this process. Nothing is asked for this.
    """
    if entry.id == catalogue.PRACTICE and not entry.url:
        return catalogue.practice_state()
    if entry.url:
        return "elsewhere"
    return resolver.last_answer(entry.id)


def refresh_states() -> None:
    """Ask the Hub about each of its Spaces in the catalogue, none is woken; stop when the time is up."""
    leash = Leash(REFRESH_SECONDS)
    for entry in catalogue.entries():
        if entry.url or entry.id == catalogue.PRACTICE:
            continue
        try:
            leash.remaining()
            resolver.ask_hub(entry.id, leash)
        except Stopped:
            return
        except CourseError as error:
            if error.code in {"hub-unreachable", "timeout"}:
                return  # the others would wait for the same silence
