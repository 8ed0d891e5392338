"""A Space that takes its time, and remembers what it was sent: so is it known what was executed, and how often."""

import threading
from pathlib import Path

from tests.spaces.fake_servers import Exchange, FakeSpace, completed, generating


class SlowSpace(FakeSpace):
    """Says « un » at once, and « fini » when it is let."""

    def __post_init__(self) -> None:
        self.may_end = threading.Event()
        self.heard: list[str] = []
        self.last = "fini"
        super().__post_init__()

    def tell(self, exchange: Exchange) -> None:
        event_id, data = self._joined[exchange.request.target.partition("session_hash=")[2]]
        self.heard.append(data[0])
        exchange.start()
        exchange.message(event_id=event_id, **generating(["un"]))
        while not self.may_end.wait(0.1):
            exchange.message(msg="heartbeat")
        exchange.message(event_id=event_id, **completed([self.last]))
        exchange.message(msg="close_stream", event_id=None)
        exchange.piece(b"")


def with_space(folder: Path, url: str) -> Path:
    """A folder for a site whose catalogue has this Space, as `a/b`."""
    (folder / "instance").mkdir(parents=True, exist_ok=True)
    (folder / "instance" / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{url}"\n')
    return folder
