"""The server of `flask run` in a thread of the tests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hfcourse.server.dev_server import LimitedServer


@contextmanager
def serving_by(made: LimitedServer) -> Iterator[str]:
    """The address of this server, which serves in a thread."""
    thread = threading.Thread(target=made.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{made.port}"
    finally:
        made.shutdown()
        thread.join()
