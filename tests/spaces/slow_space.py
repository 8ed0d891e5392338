"""A Space that takes its time, and remembers what it was sent: so is it known what was executed, and how often."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.spaces.fake_servers import Exchange, FakeSpace, make_completed, make_generating


class SlowSpace(FakeSpace):
    """Says « un » at once, and « fini » when it is let."""

    def __post_init__(self) -> None:
        self.may_finish = threading.Event()
        self.received_values: list[str] = []
        self.final_value = "fini"
        super().__post_init__()

    def stream_result(self, exchange: Exchange) -> None:
        event_id, data = self._joined[exchange.request.target.partition("session_hash=")[2]]
        self.received_values.append(data[0])
        exchange.start_chunked()
        exchange.send_event(event_id=event_id, **make_generating(["un"]))
        while not self.may_finish.wait(0.1):
            exchange.send_event(msg="heartbeat")
        exchange.send_event(event_id=event_id, **make_completed([self.final_value]))
        exchange.send_event(msg="close_stream", event_id=None)
        exchange.send_chunk(b"")


@contextmanager
def open_slow_space() -> Iterator[SlowSpace]:
    """Open a slow Space; its calls end with the block."""
    space = SlowSpace()
    try:
        yield space
    finally:
        space.may_finish.set()
        space.close()
