"""Files of a Space's examples, downloaded from its own origin like output files, and from nowhere else.

Only the description decides which file is downloaded: a URL of ours contains its position there
(data set, row, column and index), never a path.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app

from hfcourse.errors import CallError, CourseError
from hfcourse.files import file_store
from hfcourse.files.file_store import FileHandle
from hfcourse.limits import bulkhead, concurrency
from hfcourse.limits.deadline import CancelScope
from hfcourse.limits.rate_limits import KeyedTokenBuckets
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.examples.example_values import Example
from hfcourse.spaces.schema.examples.sample_files import SampleFile, iter_sample_files, map_sample_files, parse_sample
from hfcourse.spaces.schema.page.page_events import unwrap_update
from hfcourse.spaces.schema.parameters.widgets import FILE_CONTROLS, get_control_kind

if TYPE_CHECKING:  # gradio_client takes half a second to import
    from hfcourse.spaces.client.space_client import SpaceClient

EXAMPLE_FETCH_TIMEOUT_SECONDS = 8
MAX_EXAMPLE_BYTES = 40_000_000  # all files of one example
MAX_FILES_PER_MINUTE = 30  # rate limit per visitor
MAX_REMEMBERED_FILES = 5_000


class ExampleFileCache:
    """Per-process rate limits of downloads by visitor, and cache of the ids of stored files."""

    def __init__(self) -> None:
        self.rate_limits = KeyedTokenBuckets(MAX_FILES_PER_MINUTE, 60)
        self._ids: dict[tuple[str, str, str], str] = {}
        self._lock = threading.Lock()

    def find_cached_file(self, visitor: str, url: str, path: str) -> FileHandle | None:
        """Return the file that is already stored for this visitor, if it still exists."""
        file_id = self._ids.get((visitor, url, path))
        handle = file_store.find_file(visitor, file_id) if file_id else None
        return handle if handle and not handle.is_missing() else None

    def record_saved_file(self, visitor: str, url: str, path: str, handle: FileHandle) -> None:
        """Cache the id of a stored file; evict the oldest entry if the cache is full."""
        with self._lock:
            if len(self._ids) >= MAX_REMEMBERED_FILES:
                del self._ids[next(iter(self._ids))]
            self._ids[visitor, url, path] = handle.id


def save_example_files(
    connection: "SpaceClient", endpoint: Endpoint, example: Example, visitor: str
) -> tuple[dict[str, Any], list[str]]:
    """Download the files of an example and store them for the visitor.

    Returns:
        The values of the example by parameter name, with a FileHandle for each file; and the names
            of the parameters whose files are not available, which have no value.
    """
    values, with_files = dict(example.values), list_file_parameters(example)
    if not with_files:
        return values, []
    lost: list[str] = []
    download = ExampleDownload(connection, visitor)
    try:
        with concurrency.release_while_waiting(), bulkhead.hold_bulkhead_slot():
            values = resolve_file_paths(connection, endpoint, example, download.cancel_scope)
    except CourseError:
        pass
    for name in with_files:
        try:
            with concurrency.release_while_waiting(), bulkhead.hold_bulkhead_slot():
                values[name] = map_sample_files(values[name], download.save_sample_file)
        except (CourseError, file_store.FileStorageError):
            values[name] = None
        lost += [name] if values[name] is None else []
    return {name: value for name, value in values.items() if name not in lost}, lost


def list_file_parameters(example: Example) -> list[str]:
    """Return the parameters to which the example gives a file."""
    return [name for name, value in example.values.items() if any(iter_sample_files(value))]


def resolve_file_paths(
    connection: "SpaceClient", endpoint: Endpoint, example: Example, scope: CancelScope
) -> dict[str, Any]:
    """Return the values of an example with the path of each file; call the Space where the description has names only.

    Raises:
        CallError: the Space does not respond as its page expects.
    """
    values = dict(example.values)
    if not (example.needs_loader and example.row_loader):
        return values
    loader = example.row_loader
    outputs_by_id = dict(
        zip(loader.outputs, connection.call_page_event(loader.number, [example.row_index], scope), strict=False)
    )
    for parameter, number in zip(endpoint.parameters, endpoint.wiring.parameter_ids, strict=False):
        if get_control_kind(parameter) in FILE_CONTROLS and not all(
            file.path for file in iter_sample_files(values.get(parameter.name))
        ):
            keys = [file.key.rpartition("-")[0] for file in iter_sample_files(values[parameter.name])]
            values[parameter.name] = parse_sample(parameter, unwrap_update(outputs_by_id.get(number)), keys[0])
    return values


class ExampleDownload:
    """Download of the files of one example, within a deadline and a size limit."""

    def __init__(self, connection: "SpaceClient", visitor: str) -> None:
        self._connection, self._visitor = connection, visitor
        self._file_cache = get_example_file_cache()
        self._bytes_left = MAX_EXAMPLE_BYTES
        self.cancel_scope = CancelScope(min(EXAMPLE_FETCH_TIMEOUT_SECONDS, current_app.config["CALL_DEADLINE_SECONDS"]))

    def save_sample_file(self, file: SampleFile) -> FileHandle:
        """Download and store the file, unless it is already stored for this visitor.

        Raises:
            CallError: the download failed, or the rate limit is reached.
            FileStorageError: the site could not store it.
        """
        if not file.path:
            raise CallError("bad-answer")
        cached = self._file_cache.find_cached_file(self._visitor, self._connection.url, file.path)
        if cached:
            return cached
        if not self._file_cache.rate_limits.consume_token(self._visitor):
            raise CallError("too-many-requests")
        with closing(self._connection.fetch_file(file.path, self.cancel_scope)) as chunks:  # type: ignore[type-var]
            handle = file_store.save_file(self._visitor, file.name, self._limit_bytes(chunks))
        self._file_cache.record_saved_file(self._visitor, self._connection.url, file.path, handle)
        return handle

    def _limit_bytes(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._bytes_left -= len(chunk)
            if self._bytes_left < 0:
                raise CallError("answer-too-large")
            yield chunk


def get_example_file_cache() -> ExampleFileCache:
    """Return the cache of this process."""
    cache: ExampleFileCache = current_app.extensions["example_files"]
    return cache


def init_app(app: Flask) -> None:
    """Create the cache of example files."""
    app.extensions["example_files"] = ExampleFileCache()
