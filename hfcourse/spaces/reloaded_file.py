"""File that each process reloads when it changes.

Its time and size are checked when its content is requested, at most once a second: no thread, no
watcher. If the new content is invalid, the last valid one remains in use.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

FILE_CHECK_INTERVAL_SECONDS = 1.0
# A file written this recently may be written again within the resolution of its timestamp: it is
# read at each check.
UNSETTLED_SECONDS = 2.0

log = logging.getLogger(__name__)

Content = TypeVar("Content")
FileFingerprint = tuple[int, int, int, int]


class ReloadedFile(Generic[Content]):
    """Parsed content of a file, reloaded on changes.

    Args:
        parse: parses the bytes, None for a missing file; raises ValueError (or OSError) with a
            sentence for invalid content.
    """

    def __init__(self, path: Path, parse: Callable[[bytes | None], Content]) -> None:
        self._path = path
        self._parse = parse
        self._lock = threading.Lock()
        self._checked_at = time.monotonic()
        self._fingerprint = self._read_fingerprint()
        self._bytes = self._read_bytes()
        self._content = parse(self._bytes)
        self.error: ValueError | OSError | None = None

    @property
    def content(self) -> Content:
        """Return the last valid content; while another thread reloads it, the previous one."""
        if time.monotonic() - self._checked_at >= FILE_CHECK_INTERVAL_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._checked_at = time.monotonic()
                self._reload_if_changed()
            finally:
                self._lock.release()
        return self._content

    def _reload_if_changed(self) -> None:
        """Read and parse the file again if it changed."""
        try:
            fingerprint = self._read_fingerprint()
            if fingerprint == self._fingerprint and not is_recently_written(fingerprint):
                return
            content_bytes = self._read_bytes()
            self._fingerprint = fingerprint
            if content_bytes == self._bytes and not isinstance(self.error, OSError):
                return
            self._bytes = content_bytes
            self._content, self.error = self._parse(content_bytes), None
            log.info("%s was read again.", self._path.name)
        except (ValueError, OSError) as error:
            if str(error) != str(self.error):
                log.warning(
                    "%s is not used as it is now (%s): the last good one stays.",
                    self._path.name,
                    format_reload_error(error),
                )
            self.error = error

    def _read_fingerprint(self) -> FileFingerprint | None:
        """Return times, size and inode, None without a file: they change with every write, and with chmod."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino

    def _read_bytes(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None


def format_reload_error(error: ValueError | OSError) -> str:
    """Return the error message without the path of the file."""
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)


def is_recently_written(fingerprint: FileFingerprint | None) -> bool:
    """Was it written within the last seconds, or in the future of this clock?"""
    return fingerprint is not None and time.time() - fingerprint[0] / 1e9 < UNSETTLED_SECONDS
