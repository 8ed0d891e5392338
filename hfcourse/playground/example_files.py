"""The files of a Space's examples: fetched from its own origin, as the files of an answer are, and from nowhere else.

Which file is fetched is said by the description alone: an address of ours names the place in it (data set, row, column
and position), never a path.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from flask import current_app

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
MAX_FILES_PER_MINUTE = 30  # that one visitor may have kept
MAX_REMEMBERED_FILES = 5_000


class ExampleFileCache:
    """What one process remembers: how often each visitor had a file fetched, and which ones are kept already."""

    def __init__(self) -> None:
        self.rate_limits = KeyedTokenBuckets(MAX_FILES_PER_MINUTE, 60)
        self._ids: dict[tuple[str, str, str], str] = {}
        self._lock = threading.Lock()

    def find_cached_file(self, visitor: str, url: str, path: str) -> FileHandle | None:
        """The file that was kept for this visitor before, if it is still there."""
        file_id = self._ids.get((visitor, url, path))
        kept = file_store.find_file(visitor, file_id) if file_id else None
        return kept if kept and not kept.is_missing() else None

    def record_saved_file(self, visitor: str, url: str, path: str, kept: FileHandle) -> None:
        """Note a file that was kept; the oldest note makes room."""
        with self._lock:
            if len(self._ids) >= MAX_REMEMBERED_FILES:
                del self._ids[next(iter(self._ids))]
            self._ids[visitor, url, path] = kept.id


def save_example_files(
    connection: "SpaceClient", endpoint: Endpoint, example: Example, visitor: str
) -> tuple[dict[str, Any], list[str]]:
    """Fetch the files of an example and keep them for the visitor.

    Returns:
        The values of the example by parameter name, a FileHandle for each file in them; and the names of the parameters
        whose files could not be had, which have no value.
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
    """The parameters that the example gives a file."""
    return [name for name, value in example.values.items() if any(iter_sample_files(value))]


def resolve_file_paths(
    connection: "SpaceClient", endpoint: Endpoint, example: Example, leash: CancelScope
) -> dict[str, Any]:
    """The values of an example with the path of each file; where the description has names alone, the Space is asked.

    Raises:
        CallError: the Space does not answer as its page expects.
    """
    values = dict(example.values)
    if not (example.needs_loader and example.row_loader):
        return values
    loader = example.row_loader
    answer = dict(
        zip(loader.outputs, connection.call_page_event(loader.number, [example.row_index], leash), strict=False)
    )
    for parameter, number in zip(endpoint.parameters, endpoint.wiring.parameter_ids, strict=False):
        if get_control_kind(parameter) in FILE_CONTROLS and not all(
            file.path for file in iter_sample_files(values.get(parameter.name))
        ):
            keys = [file.key.rpartition("-")[0] for file in iter_sample_files(values[parameter.name])]
            values[parameter.name] = parse_sample(parameter, unwrap_update(answer.get(number)), keys[0])
    return values


class ExampleDownload:
    """Fetches the files of one example within a deadline and a number of bytes, and keeps them for a visitor."""

    def __init__(self, connection: "SpaceClient", visitor: str) -> None:
        self._connection, self._visitor = connection, visitor
        self._file_cache: ExampleFileCache = current_app.extensions["example_files"]
        self._bytes_left = MAX_EXAMPLE_BYTES
        self.cancel_scope = CancelScope(min(EXAMPLE_FETCH_TIMEOUT_SECONDS, current_app.config["CALL_DEADLINE_SECONDS"]))

    def save_sample_file(self, file: SampleFile) -> FileHandle:
        """The file, kept; what this visitor was given before is not fetched again.

        Raises:
            CallError: the Space does not give it, or too many were asked for.
            FileStorageError: the site could not keep it.
        """
        if not file.path:
            raise CallError("bad-answer")
        known = self._file_cache.find_cached_file(self._visitor, self._connection.url, file.path)
        if known:
            return known
        if not self._file_cache.rate_limits.consume_token(self._visitor):
            raise CallError("too-many-requests")
        with closing(self._connection.fetch_file(file.path, self.cancel_scope)) as pieces:  # type: ignore[type-var]
            kept = file_store.save_file(self._visitor, file.name, self._limit_bytes(pieces))
        self._file_cache.record_saved_file(self._visitor, self._connection.url, file.path, kept)
        return kept

    def _limit_bytes(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._bytes_left -= len(piece)
            if self._bytes_left < 0:
                raise CallError("answer-too-large")
            yield piece
