"""A file that is read again when it changes, as each process that uses it does for itself.

Its time and size are looked at when its content is asked for, at most once a second: no thread, no watcher. A content
with a mistake leaves the last good one in force.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

FILE_CHECK_INTERVAL_SECONDS = 1.0
# A file written so lately may be written again within the resolution of its time stamp: it is read at each look.
UNSETTLED_SECONDS = 2.0

log = logging.getLogger(__name__)

Content = TypeVar("Content")
FileFingerprint = tuple[int, int, int, int]


class ReloadedFile(Generic[Content]):
    """What `parse` makes of the bytes of a file, of None where there is no file.

    Args:
        parse: raises ValueError with a sentence for a content that makes no sense. OSError is one too.
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
        """The last good content; whoever asks while another thread looks gets what was known before."""
        if time.monotonic() - self._checked_at >= FILE_CHECK_INTERVAL_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._checked_at = time.monotonic()
                self._reload_if_changed()
            finally:
                self._lock.release()
        return self._content

    def _reload_if_changed(self) -> None:
        """Read the file again if it changed."""
        try:
            signature = self._read_fingerprint()
            if signature == self._fingerprint and not is_recently_written(signature):
                return
            read = self._read_bytes()
            self._fingerprint = signature
            if read == self._bytes and not isinstance(self.error, OSError):
                return
            self._bytes = read
            self._content, self.error = self._parse(read), None
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
        """Times, size and inode, None where there is no file: what changes however it is written, and with chmod."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino

    def _read_bytes(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None


def format_reload_error(error: ValueError | OSError) -> str:
    """What is wrong, without the path of the file."""
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)


def is_recently_written(signature: FileFingerprint | None) -> bool:
    """Was it written a moment ago, or in the future of this clock?"""
    return signature is not None and time.time() - signature[0] / 1e9 < UNSETTLED_SECONDS
