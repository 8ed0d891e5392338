"""What a call tells while it goes on, in the order it happens. Pure.

A call yields Queued*, Started, then any of Progress, Log and Partial, then one Output; or it raises.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class QueuedEvent:
    """The call waits at the Space: `rank` calls are before it, `size` wait in all, for about `eta` seconds."""

    rank: int | None
    size: int | None
    eta: float | None


@dataclass(frozen=True)
class StartedEvent:
    """The Space works on the call, for about `eta` seconds where it has an idea."""

    eta: float | None


@dataclass(frozen=True)
class ProgressEvent:
    """How far the Space says it is: one dict a bar, with `index`, `length`, `unit`, `progress` (0 to 1), `desc`."""

    steps: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class LogEvent:
    """A message of the Space's author: `level` is info, warning, success or error; `text` and `title` are untrusted.

    `title` is '' where it says no more than the level.
    """

    level: str
    text: str
    title: str = ""


@dataclass(frozen=True)
class PartialOutputEvent:
    """The outputs so far, whole, one value per declared output."""

    values: tuple[Any, ...]


@dataclass(frozen=True)
class OutputEvent:
    """The outputs at the end, one value per declared output."""

    values: tuple[Any, ...]


CallEvent = QueuedEvent | StartedEvent | ProgressEvent | LogEvent | PartialOutputEvent | OutputEvent
