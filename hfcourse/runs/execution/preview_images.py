"""The pictures of partial outputs, which replace each other: fetched as they come, and deleted soon after.

Only pictures: what else is a file comes with the last outputs.
"""

import time
from collections.abc import Generator, Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any

from hfcourse.errors import CallError
from hfcourse.files import file_store
from hfcourse.runs.execution.output_files import Fetch, OutputFileFetcher, make_missing_file, strip_files
from hfcourse.runs.retention import pruning
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from hfcourse.runs.values.value_types import PENDING

IMAGE_EXTENSIONS = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".bmp"}
ROUND_TIMEOUT_SECONDS = 1  # a slow Space makes pictures wait, and not the outputs
RETAINED_ROUNDS = 3  # a page may still be asking for the picture before the latest


class PreviewImages(OutputFileFetcher):
    """Fetches the pictures of one run's partial outputs, each path once for as long as it comes again."""

    def __init__(self, run: Run, fetch: Fetch) -> None:
        super().__init__(run, fetch)
        self._round = 0
        self._last_rounds: dict[str, int] = {}
        self._file_ids: dict[str, str] = {}
        self._is_final = False
        self._ends_at = 0.0

    def update(self, value: Any) -> Any:
        """The outputs of one moment, with references to pictures of ours."""
        self._round += 1
        self._file_count = self._byte_count = 0
        self._ends_at = time.monotonic() + ROUND_TIMEOUT_SECONDS
        replaced = self.replace_files(value)
        self._discard_rounds(self._round - RETAINED_ROUNDS)
        return replaced

    def finalize(self, value: Any) -> Any:
        """The outputs that were the last to come, with the pictures of them that we have already."""
        self._is_final = True
        replaced = self.update(value)
        self._discard_rounds(self._round - 1)
        return replaced

    def discard(self) -> None:
        """Delete all of them: the last outputs have come."""
        self._discard_rounds(self._round)

    def _get_reference(self, data: dict[str, Any]) -> dict[str, Any]:
        place = data.get("path")
        if not isinstance(place, str) or PurePosixPath(place).suffix.lower() not in IMAGE_EXTENSIONS:
            return strip_files(data)
        if place not in self._references and (self._is_final or time.monotonic() > self._ends_at):
            return make_missing_file(data, PENDING)
        self._last_rounds[place] = self._round
        return super()._get_reference(data)

    def _iter_chunks(self, data: dict[str, Any]) -> Generator[bytes, None, None]:
        try:
            yield from super()._iter_chunks(data)
        except CallError as failed:  # which would end the run, if it is a time-out
            raise CallError("bad-answer") from failed

    def _save(self, data: dict[str, Any], pieces: Iterable[bytes]) -> file_store.FileHandle:
        kept = super()._save(data, pieces)
        self._file_ids[data["path"]] = kept.id
        return kept

    def _discard_rounds(self, last_round: int) -> None:
        places = [place for place, number in self._last_rounds.items() if number <= last_round]
        for place in places:
            del self._last_rounds[place], self._references[place]
        gone: Sequence[str] = [self._file_ids.pop(place) for place in places if place in self._file_ids]
        if gone:
            run_store.detach_output_files(self.run.id, gone)
            pruning.delete_orphan_files(gone)
