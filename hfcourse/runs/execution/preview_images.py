"""Preview images: the images of partial outputs, downloaded as they arrive and deleted soon after.

Each round of partial outputs replaces the one before. Other files are downloaded with the final
outputs only.
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
from hfcourse.runs.values.file_refs import PENDING

IMAGE_EXTENSIONS = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".bmp"}
ROUND_TIMEOUT_SECONDS = 1  # a slow Space delays its images, and not its outputs
RETAINED_ROUNDS = 3  # a page may still be requesting the previous image


class PreviewImages(OutputFileFetcher):
    """Downloader of the images in the partial outputs of one run; a path that recurs is downloaded once."""

    def __init__(self, run: Run, fetch: Fetch) -> None:
        super().__init__(run, fetch)
        self._round = 0
        self._last_rounds: dict[str, int] = {}
        self._file_ids: dict[str, str] = {}
        self._is_final = False
        self._ends_at = 0.0

    def update(self, value: Any) -> Any:
        """Return the partial outputs of one round with references to stored images; delete those of old rounds."""
        self._round += 1
        self._file_count = self._byte_count = 0
        self._ends_at = time.monotonic() + ROUND_TIMEOUT_SECONDS
        replaced = self.replace_files(value)
        self._discard_rounds(self._round - RETAINED_ROUNDS)
        return replaced

    def finalize(self, value: Any) -> Any:
        """Return the last partial outputs, with references to the images stored already; delete the others."""
        self._is_final = True
        replaced = self.update(value)
        self._discard_rounds(self._round - 1)
        return replaced

    def discard(self) -> None:
        """Delete all preview images: the final outputs are stored."""
        self._discard_rounds(self._round)

    def _get_reference(self, data: dict[str, Any]) -> dict[str, Any]:
        path = data.get("path")
        if not isinstance(path, str) or PurePosixPath(path).suffix.lower() not in IMAGE_EXTENSIONS:
            stripped: dict[str, Any] = strip_files(data)
            return stripped
        if path not in self._references and (self._is_final or time.monotonic() > self._ends_at):
            return make_missing_file(data, PENDING)
        self._last_rounds[path] = self._round
        return super()._get_reference(data)

    def _iter_chunks(self, data: dict[str, Any]) -> Generator[bytes, None, None]:
        try:
            yield from super()._iter_chunks(data)
        except CallError as error:  # a timeout would end the run
            raise CallError("bad-answer") from error

    def _save(self, data: dict[str, Any], chunks: Iterable[bytes]) -> file_store.FileHandle:
        file = super()._save(data, chunks)
        self._file_ids[data["path"]] = file.id
        return file

    def _discard_rounds(self, last_round: int) -> None:
        paths = [path for path, number in self._last_rounds.items() if number <= last_round]
        for path in paths:
            del self._last_rounds[path], self._references[path]
        replaced: Sequence[str] = [self._file_ids.pop(path) for path in paths if path in self._file_ids]
        if replaced:
            run_store.detach_output_files(self.run.id, replaced)
            pruning.delete_orphan_files(replaced)
