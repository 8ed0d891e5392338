"""Events of one call to a Space, in the order in which they are yielded. Pure.

A call yields Queued*, Started, then any of Progress, Log and Partial, then one Output; or it
raises.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class QueuedEvent:
    """Position of the call in the Space's queue.

    Attributes:
        rank: number of calls ahead of it.
        size: length of the whole queue.
        eta: estimated wait in seconds.
    """

    rank: int | None
    size: int | None
    eta: float | None


@dataclass(frozen=True)
class StartedEvent:
    """Start of the processing; `eta` is the estimated duration in seconds, if the Space has one."""

    eta: float | None


@dataclass(frozen=True)
class ProgressEvent:
    """Progress bars of the Space.

    Attributes:
        steps: a dict per bar with `index`, `length`, `unit`, `progress` (0 to 1), `desc`.
    """

    steps: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class LogEvent:
    """Message of the Space's author; `text` and `title` are untrusted.

    Attributes:
        level: info, warning, success or error.
        title: '' where it only repeats the level.
    """

    level: str
    text: str
    title: str = ""


@dataclass(frozen=True)
class PartialOutputEvent:
    """Complete outputs so far, one value per declared output."""

    values: tuple[Any, ...]


@dataclass(frozen=True)
class OutputEvent:
    """Final outputs, one value per declared output."""

    values: tuple[Any, ...]


CallEvent = QueuedEvent | StartedEvent | ProgressEvent | LogEvent | PartialOutputEvent | OutputEvent
