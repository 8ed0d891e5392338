"""The files of an answer: fetched from the Space, kept with the run's, and their references put in their place."""

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
from hfcourse.runs.values.value_types import (
    FETCH_FAILED,
    FILE_KEY,
    LIVE_STREAM,
    NAME_KEY,
    NOT_STORED,
    OVER_LIMIT,
    PENDING,
    REASON_KEY,
    TOO_LARGE,
    is_file_data,
)
from hfcourse.spaces.client.http_client import read_body
from hfcourse.spaces.schema.component_updates import is_component_update
from hfcourse.spaces.untrusted.json_tree import DESCEND, map_nodes
from hfcourse.token_masking import mask_chunks

DATA_URL = re.compile(r"data:image/[\w.+-]+(;[\w=.+-]+)*?(;base64)?,", re.ASCII)

# Downloads a file from its path on the Space, in pieces; of a stream (`is_stream=True`) the whole.
Fetch = Callable[..., Iterable[bytes]]


class RunFileQuotaExceeded(Exception):
    """The files of a run are larger than all that one run may bring."""


class OutputFileFetcher:
    """Fetches the files of values from the Space, within a run's share, each path once."""

    def __init__(self, run: Run, fetch: Fetch) -> None:
        self.run, self._fetch = run, fetch
        self._file_count = self._byte_count = 0
        self._references: dict[str, dict[str, Any]] = {}

    def replace_files(self, value: Any) -> Any:
        """Return the value with a reference to a stored file for each file; of an update, only in its `value`.

        Raises:
            CallError: `timeout` or `stopped`.
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
        place = data.get("path") or data["url"]
        if place not in self._references:
            self._references[place] = self._fetch_and_store(data)
        return self._references[place]

    def _fetch_and_store(self, data: dict[str, Any]) -> dict[str, Any]:
        if self._file_count >= MAX_RUN_FILES:
            return make_missing_file(data, OVER_LIMIT)
        self._file_count += 1
        try:
            with closing(self._iter_chunks(data)) as pieces:
                kept = self._save(data, self._limit_bytes(pieces))
        except CallError as failed:
            if failed.code in ("timeout", "stopped"):
                raise
            lost = LIVE_STREAM if is_stream(data) else FETCH_FAILED
            return make_missing_file(data, TOO_LARGE if failed.code == "answer-too-large" else lost)
        except RunFileQuotaExceeded:
            return make_missing_file(data, OVER_LIMIT)
        except file_store.FileStorageError:
            return make_missing_file(data, NOT_STORED)
        try:
            return {FILE_KEY: run_store.attach_output_file(self.run.id, kept.id)}
        except CallCancelled:  # the run was deleted meanwhile: nothing of it may stay
            pruning.delete_orphan_files([kept.id])
            raise
        except SQLAlchemyError:  # of no run, it is pruned tomorrow
            return make_missing_file(data, NOT_STORED)

    def _iter_chunks(self, data: dict[str, Any]) -> Generator[bytes, None, None]:
        """The bytes of a file in pieces. Raises CallError."""
        if is_stream(data):
            yield self._read_stream(data)
        elif isinstance(data.get("path"), str):
            yield from self._fetch(data["path"])
        else:
            yield read_data_url(data["url"])

    def _read_stream(self, data: dict[str, Any]) -> bytes:
        """Return all bytes of a stream that has ended; whole, as a sound may have to be repaired. Raises CallError."""
        with byte_budget.reserve_bytes() as memory:
            return join_wav_chunks(read_body(self._fetch(data.get("path"), is_stream=True), memory))

    def _limit_bytes(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The pieces, as long as the files of the run stay within its share. Raises RunFileQuotaExceeded."""
        for piece in pieces:
            self._byte_count += len(piece)
            if self._byte_count > MAX_RUN_FILE_BYTES:
                raise RunFileQuotaExceeded
            yield piece

    def _save(self, data: dict[str, Any], pieces: Iterable[bytes]) -> file_store.FileHandle:
        return file_store.save_file(self.run.visitor, get_file_name(data), pieces, corrects_extension=is_stream(data))


def strip_files(value: Any) -> Any:
    """Return the value with an entry without bytes for each file: a path would disclose the Space's file system."""
    return map_nodes(value, lambda node: strip_file(node) if is_file_data(node) else DESCEND)


def strip_file(data: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of a file that is not fetched."""
    return make_missing_file(data, LIVE_STREAM if is_stream(data) else PENDING)


def make_missing_file(data: dict[str, Any], why: str) -> dict[str, Any]:
    """What stands for a file that we do not have."""
    return {FILE_KEY: None, REASON_KEY: why, NAME_KEY: file_store.sanitize_file_name(get_file_name(data))}


def is_stream(data: dict[str, Any]) -> bool:
    """Is this a stream, whose whole is served once it has ended?"""
    return data.get("is_stream") is True or str(data.get("path") or "").endswith(".m3u8")


def get_file_name(data: dict[str, Any]) -> str:
    """The name that the Space gives to a file, else the last part of its path."""
    given = data.get("orig_name")
    if isinstance(given, str) and given:
        return given
    return "flux" if is_stream(data) else PurePosixPath(data.get("path") or "image").name


def read_data_url(url: str) -> bytes:
    """The bytes of an image that a Space writes into the answer itself, as Gradio does with SVG.

    Raises:
        CallError: `bad-answer`, it is none.
    """
    found = DATA_URL.match(url)
    if found is None:
        raise CallError("bad-answer")
    content = unquote_to_bytes(url[found.end() :])
    try:
        content = base64.b64decode(content, validate=True) if found[2] else content
    except binascii.Error:
        raise CallError("bad-answer") from None
    return b"".join(mask_chunks([content], tokens.get_site_token()))
