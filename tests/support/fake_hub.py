"""A Hub of the tests, which knows a Space in each of its stages."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def build_hub_entry(stage: str) -> dict[str, Any]:
    """What a Hub says of a Space in this stage."""
    return {"sdk": "gradio", "host": "https://etat.hf.space", "runtime": {"stage": stage}}


HUB_CARD = {
    "title": "A rather long title that nobody wrote for a telephone",
    "short_description": "From English to French",
}


HUB_SEARCH_RESULTS = [
    {"id": "etat/a-name-as-long-as-many-names-of-spaces-are", "likes": 1234, "cardData": HUB_CARD}
    | build_hub_entry("SLEEPING"),
    {"id": "etat/paused", "likes": 1} | build_hub_entry("PAUSED"),
]


class FakeHubHandler(BaseHTTPRequestHandler):
    """Knows `etat/<stage>` for each stage of a Space, and finds two of them by a word; nothing else exists."""

    def do_GET(self) -> None:
        if self.path.startswith("/api/spaces?"):
            self.tell(
                HUB_SEARCH_RESULTS if "search=traduire" in self.path else [],
                503 if "search=panne" in self.path else 200,
            )
            return
        found = self.path.startswith("/api/spaces/etat/")
        stage = self.path.rpartition("/")[2].replace("-", "_").upper()
        self.tell(build_hub_entry(stage), 200 if found else 404)

    def tell(self, answer: object, status: int) -> None:
        """Answer with this JSON."""
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def run_fake_hub() -> Iterator[str]:
    """The address of a Hub of our own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeHubHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()
