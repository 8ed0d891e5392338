"""Output files of a run: download them from the Space, store them, replace them in the outputs by references."""

import base64
import binascii
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote_to_bytes

from sqlalchemy.exc import SQLAlchemyError

from hfcourse import tokens
from hfcourse.errors import CallCancelled, CallError
from hfcourse.files import file_store
from hfcourse.files.limits import MAX_RUN_FILE_BYTES, MAX_RUN_FILES
from hfcourse.files.wav_stream import join_wav_chunks
from hfcourse.limits import byte_budget
from hfcourse.runs.retention import pruning
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from hfcourse.runs.values.file_refs import (
    FETCH_FAILED,
    LIVE_STREAM,
    NOT_STORED,
    OVER_LIMIT,
    PENDING,
    TOO_LARGE,
    make_file_reference,
    make_missing_file_reference,
)
from hfcourse.runs.values.value_types import is_file_data
from hfcourse.spaces.client.transport.http_messages import receive_body
from hfcourse.spaces.schema.component_updates import is_component_update
from hfcourse.spaces.untrusted.json_tree import DESCEND, map_nodes
from hfcourse.token_masking import mask_chunks

DATA_URL = re.compile(r"data:image/[\w.+-]+(;[\w=.+-]+)*?(;base64)?,", re.ASCII)

# Downloads a file from its path on the Space, in chunks; with `is_stream=True`, all of a stream that has ended.
Fetch = Callable[..., Iterable[bytes]]


class RunFileQuotaExceeded(Exception):
    """The output files of a run exceed MAX_RUN_FILE_BYTES."""


class OutputFileFetcher:
    """Downloader of the output files of one run, within its quota; each path is downloaded once."""

    def __init__(self, run: Run, fetch: Fetch) -> None:
        self.run, self._fetch = run, fetch
        self._file_count = self._byte_count = 0
        self._references: dict[str, dict[str, Any]] = {}

    def replace_files(self, value: Any) -> Any:
        """Return the value with a reference to a stored file in place of each file.

        Of a component update, only the files in its `value` are stored.

        Raises:
            CallError: `timeout` or `stopped`; another failure is stored as a missing file.
        """
        return map_nodes(value, self._replace_node)

    def _replace_node(self, node: Any) -> Any:
        if is_file_data(node):
            return self._get_reference(node)
        if is_component_update(node):
            return {
                key: self.replace_files(item) if key == "value" else strip_files(item) for key, item in node.items()
            }
        return DESCEND

    def _get_reference(self, data: dict[str, Any]) -> dict[str, Any]:
        path = data.get("path") or data["url"]
        if path not in self._references:
            self._references[path] = self._fetch_and_store(data)
        return self._references[path]

    def _fetch_and_store(self, data: dict[str, Any]) -> dict[str, Any]:
        if self._file_count >= MAX_RUN_FILES:
            return make_missing_file(data, OVER_LIMIT)
        self._file_count += 1
        try:
            with closing(self._iter_chunks(data)) as chunks:
                file = self._save(data, self._limit_bytes(chunks))
        except CallError as error:
            if error.code in ("timeout", "stopped"):
                raise
            reason = LIVE_STREAM if is_stream(data) else FETCH_FAILED
            return make_missing_file(data, TOO_LARGE if error.code == "answer-too-large" else reason)
        except RunFileQuotaExceeded:
            return make_missing_file(data, OVER_LIMIT)
        except file_store.FileStorageError:
            return make_missing_file(data, NOT_STORED)
        try:
            return make_file_reference(run_store.attach_output_file(self.run.id, file.id))
        except CallCancelled:  # the run was deleted, so its files must be as well
            pruning.delete_orphan_files([file.id])
            raise
        except SQLAlchemyError:  # the orphan file is pruned after ORPHAN_FILE_TTL
            return make_missing_file(data, NOT_STORED)

    def _iter_chunks(self, data: dict[str, Any]) -> Generator[bytes, None, None]:
        """Yield the content of a file in chunks. Raises CallError."""
        if is_stream(data):
            yield self._read_stream(data)
        elif isinstance(data.get("path"), str):
            yield from self._fetch(data["path"])
        else:
            yield read_data_url(data["url"])

    def _read_stream(self, data: dict[str, Any]) -> bytes:
        """Return the content of a stream that has ended, all at once: audio may need a new header. Raises CallError."""
        with byte_budget.reserve_bytes() as memory:
            return join_wav_chunks(receive_body(self._fetch(data.get("path"), is_stream=True), memory))

    def _limit_bytes(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the chunks while the files of the run are within its quota. Raises RunFileQuotaExceeded."""
        for chunk in chunks:
            self._byte_count += len(chunk)
            if self._byte_count > MAX_RUN_FILE_BYTES:
                raise RunFileQuotaExceeded
            yield chunk

    def _save(self, data: dict[str, Any], chunks: Iterable[bytes]) -> file_store.FileHandle:
        return file_store.save_file(self.run.visitor, get_file_name(data), chunks, corrects_extension=is_stream(data))


def strip_files(value: Any) -> Any:
    """Replace each file in a value by a missing file: its path would disclose the file system of the Space."""
    return map_nodes(value, lambda node: strip_file(node) if is_file_data(node) else DESCEND)


def strip_file(data: dict[str, Any]) -> dict[str, Any]:
    """Return the missing file that replaces a file which is not downloaded."""
    return make_missing_file(data, LIVE_STREAM if is_stream(data) else PENDING)


def make_missing_file(data: dict[str, Any], reason: str) -> dict[str, Any]:
    """Return the reference of a file that is not stored, with the reason: a constant of `value_types`."""
    return make_missing_file_reference(reason, file_store.sanitize_file_name(get_file_name(data)))


def is_stream(data: dict[str, Any]) -> bool:
    """Is this an HLS stream, which the Space serves as one file once it has ended?"""
    return data.get("is_stream") is True or str(data.get("path") or "").endswith(".m3u8")


def get_file_name(data: dict[str, Any]) -> str:
    """Return the name that the Space gives to a file, else the last part of its path."""
    name = data.get("orig_name")
    if isinstance(name, str) and name:
        return name
    return "flux" if is_stream(data) else PurePosixPath(data.get("path") or "image").name


def read_data_url(url: str) -> bytes:
    """Decode an image that is embedded in the response as a `data:` URL, as Gradio does with SVG.

    Raises:
        CallError: `bad-answer`, it is no such URL.
    """
    match = DATA_URL.match(url)
    if match is None:
        raise CallError("bad-answer")
    content = unquote_to_bytes(url[match.end() :])
    try:
        content = base64.b64decode(content, validate=True) if match[2] else content
    except binascii.Error:
        raise CallError("bad-answer") from None
    return b"".join(mask_chunks([content], tokens.get_site_token()))
