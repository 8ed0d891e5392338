"""Previews of example files: pictures, sounds and films next to the examples of a Space, through this site.

A class opens the same Space at once, and each page shows the same pictures: they are cached in
memory for a few minutes, within a size limit, and one request is sent to the Space while the others
wait.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from hfcourse import visitors
from hfcourse.errors import CallError, HubRequestSkipped
from hfcourse.files import file_responses, media_types
from hfcourse.limits import byte_budget
from hfcourse.limits.deadline import CancelScope
from hfcourse.limits.rate_limits import KeyedTokenBuckets
from hfcourse.playground.example_files import EXAMPLE_FETCH_TIMEOUT_SECONDS, resolve_file_paths
from hfcourse.spaces.client.single_flight_cache import SingleFlightCache
from hfcourse.spaces.schema.examples.sample_files import PREVIEWABLE_KINDS, iter_sample_files

if TYPE_CHECKING:  # gradio_client takes half a second to import
    from hfcourse.spaces.client.space_client import SpaceClient

MAX_PREVIEW_BYTES = 6_000_000
MAX_CACHED_PREVIEW_BYTES = 48_000_000
PREVIEW_TTL_SECONDS = 600
ENTRY_OVERHEAD_BYTES = 500  # memory of an entry besides its bytes, which may be empty
# Rate limit per client network of previews that are not cached: enough for a class that opens ten
# Spaces.
MAX_FETCHES_PER_MINUTE = 300


class PreviewCache:
    """Thread-safe LRU cache of preview bytes, limited by total size."""

    def __init__(self, max_bytes: int = MAX_CACHED_PREVIEW_BYTES, seconds: float = PREVIEW_TTL_SECONDS) -> None:
        self.fetch_limits = KeyedTokenBuckets(MAX_FETCHES_PER_MINUTE, 60)
        self.fetch_results: SingleFlightCache[bool] = SingleFlightCache(lambda _: seconds, max_entries=2_000)
        self._max_bytes, self._ttl_seconds = max_bytes, seconds
        self._contents: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get_or_fetch(self, key: str, scope: CancelScope, fetch: Callable[[], bytes]) -> bytes:
        """Return the cached bytes, else those of `fetch`: one thread fetches while the others wait.

        Raises:
            CourseError: what `fetch` raises; `HubRequestSkipped`, the rate limit of this network is
                reached.
        """

        def fetch_and_put() -> bool:
            if not self.fetch_limits.consume_token(visitors.digest_client_address()):
                raise HubRequestSkipped("too-many-requests")
            self.put(key, fetch())
            return True

        self.fetch_results.get_or_fetch(key, scope, fetch_and_put)
        content = self.get(key)
        if content is None:  # evicted since
            self.fetch_results.invalidate(key)
            self.fetch_results.get_or_fetch(key, scope, fetch_and_put)
            content = self.get(key)
        if content is None:
            raise CallError("bad-answer")
        return content

    def is_known_empty(self, key: str) -> bool:
        """Was the last fetch of this key empty, and is it not expired?"""
        return self.get(key) == b"" and self.fetch_results.get_last_value(key, self._ttl_seconds) is not None

    def get(self, key: str) -> bytes | None:
        """Return the cached bytes of a key, and mark it as recently used."""
        with self._lock:
            if key in self._contents:
                self._contents.move_to_end(key)
            return self._contents.get(key)

    def put(self, key: str, content: bytes) -> None:
        """Cache the bytes of a key; evict the least recently used entries above the size limit."""
        with self._lock:
            self._contents[key] = content
            self._contents.move_to_end(key)
            while sum(len(each) + ENTRY_OVERHEAD_BYTES for each in self._contents.values()) > self._max_bytes:
                self._contents.popitem(last=False)


def get_preview(connection: "SpaceClient", key: str) -> bytes:
    """Return the bytes of the example file at this position of the description.

    Raises:
        CallError: there is none, its download failed, it is too large, or it is not a media file.
        HubRequestSkipped: the rate limit of this network is reached.
    """
    cache = get_preview_cache()
    scope = CancelScope(min(EXAMPLE_FETCH_TIMEOUT_SECONDS, current_app.config["CALL_DEADLINE_SECONDS"]))
    name = f"{connection.url} {connection.description.app_id} {key}"
    return cache.get_or_fetch(name, scope, lambda: fetch_preview(connection, key, scope))


def fetch_preview(connection: "SpaceClient", key: str, scope: CancelScope) -> bytes:
    """Download that file from the Space. Raises CallError."""
    path = find_sample_path(connection, key, scope)
    content = b""
    with byte_budget.reserve_bytes(2 * MAX_PREVIEW_BYTES):
        chunks = []
        size = 0
        for chunk in connection.fetch_file(path, scope):
            size += len(chunk)
            if size > MAX_PREVIEW_BYTES:
                raise CallError("answer-too-large")
            chunks.append(chunk)
        content = b"".join(chunks)
    if media_types.detect_media_type(content[: media_types.HEAD_BYTES]).split("/")[0] not in PREVIEWABLE_KINDS:
        raise CallError("bad-answer")
    return content


def find_sample_path(connection: "SpaceClient", key: str, scope: CancelScope) -> str:
    """Return the path on the Space of the example file at this position. Raises CallError."""
    endpoint, example = connection.description.examples_by_file_key.get(key, (None, None))
    if endpoint is None or example is None:
        raise CallError("bad-answer")
    file = next(each for each in example.files if each.key == key)
    if not file.path:
        resolved = resolve_file_paths(connection, endpoint, example, scope)
        matching = [each for value in resolved.values() for each in iter_sample_files(value) if each.key == key]
        file = matching[0] if matching else file
    if not file.path:
        raise CallError("bad-answer")
    return file.path


def make_preview_response(content: bytes, seconds: int = PREVIEW_TTL_SECONDS) -> Response:
    """Return the response for a preview, or for the range of it that a player requests.

    Args:
        seconds: how long the browser may cache it.
    """
    response = Response(content, mimetype=media_types.detect_media_type(content[: media_types.HEAD_BYTES]))
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=len(content))
    except RequestedRangeNotSatisfiable:
        response = Response(status=416, headers={"Content-Range": f"bytes */{len(content)}"})
    response.headers.update(file_responses.FILE_HEADERS)
    response.headers["Cache-Control"] = f"private, max-age={seconds}"
    return response


def get_preview_cache() -> PreviewCache:
    """Return the cache of this process."""
    cache: PreviewCache = current_app.extensions["previews"]
    return cache


def init_app(app: Flask) -> None:
    """Create the cache of previews."""
    app.extensions["previews"] = PreviewCache()
