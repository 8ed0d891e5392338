"""Where the bytes of kept files are: a folder, or whatever fsspec opens (an S3 bucket) for a site of several machines.

Both do the same few things, by the name of a file, and fail in the same way: FileNotFoundError for what is not there,
another OSError for a full disk or a store that does not answer.
"""

import io
import logging
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast
from urllib.parse import urlsplit

from hfcourse.errors import CallCancelled, CallError
from hfcourse.limits import byte_budget, concurrency

READ_CHUNK_BYTES = 1_000_000  # what is read of a file in one request, and all of it that is in memory
UPLOAD_PART_BYTES = 5 * 2**20  # what is sent of a file in one request: S3 takes no smaller part but the last
UPLOAD_BUFFER_BYTES = 3 * UPLOAD_PART_BYTES  # the buffer, the part cut out of it, and what its library makes of that
S3_PROTOCOLS = {"s3", "s3a"}
# A bucket has no folders to be made first: asking for one would make the bucket.
OBJECT_STORE_PROTOCOLS = S3_PROTOCOLS | {"gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "oci"}
# botocore and s3fs would try for minutes, each in its turn, while a student waits.
S3_OPTIONS = {"config_kwargs": {"connect_timeout": 3, "read_timeout": 20, "retries": {"max_attempts": 1}}}

log = logging.getLogger(__name__)


class StorageWriter(Protocol):
    """Where the bytes of a new file go."""

    def write(self, piece: bytes, /) -> int:
        """Append a piece. Raises OSError."""


class Storage(Protocol):
    """What holds the bytes of files, each under a name of ours."""

    read_buffer_bytes: int  # memory that an open file takes

    def create(self, name: str) -> AbstractContextManager[StorageWriter]:
        """Write a new file in pieces: it is there, whole, after the block, and not at all if that raises.

        Raises:
            OSError: the disk is full, the store does not answer; entering, writing or leaving.
        """

    def write_bytes(self, name: str, content: bytes) -> None:
        """Keep `content` under a new name: whole, or not at all. Raises OSError."""

    def open(self, name: str) -> BinaryIO:
        """The bytes of that name, to read and to seek in. Raises OSError, FileNotFoundError."""

    def exists(self, name: str) -> bool:
        """Is there something of that name? Raises OSError where nobody can tell."""

    def remove(self, name: str) -> None:
        """Remove what has that name, if it is there. Raises OSError."""


class LocalBackend:
    """A folder of this machine, or one that several machines mount; made with the first file."""

    read_buffer_bytes = io.DEFAULT_BUFFER_SIZE

    def __init__(self, path: Path) -> None:
        self.path = path

    def get_path(self, name: str) -> Path:
        return self.path / name[:2] / name

    @contextmanager
    def create(self, name: str) -> Iterator[StorageWriter]:
        path = self.get_path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        try:
            with partial.open("wb") as file:
                yield file
            os.replace(partial, path)
        except BaseException:
            with suppress(OSError):
                partial.unlink()
            raise

    def write_bytes(self, name: str, content: bytes) -> None:
        with self.create(name) as file:
            file.write(content)

    def open(self, name: str) -> BinaryIO:
        return self.get_path(name).open("rb")

    def exists(self, name: str) -> bool:
        return self.get_path(name).is_file()

    def remove(self, name: str) -> None:
        self.get_path(name).unlink(missing_ok=True)


@contextmanager
def guard_storage_call() -> Iterator[None]:
    """Let other requests go on meanwhile, and raise OSError for whatever goes wrong.

    Each file system has exceptions of its own; their texts, which may name keys and addresses, go no further.
    """
    try:
        with concurrency.release_while_waiting():
            yield
    except FileNotFoundError:
        raise FileNotFoundError("the store has no such file") from None
    except Exception as error:
        log.warning("The store of the files does not answer as it should: %s", type(error).__name__)
        raise OSError("the store of the files does not answer") from None


class FsspecBackend:
    """A file system of fsspec, below `url`; credentials come from the environment, as its own tools read them."""

    read_buffer_bytes = 2 * READ_CHUNK_BYTES  # one that is read from, and the next as it comes

    def __init__(self, url: str) -> None:
        self._protocol = urlsplit(url).scheme
        self._root = url.rstrip("/")
        self._lock = threading.Lock()
        self._filesystem: Any = None
        self._filesystem_pid = 0

    def get_path(self, name: str) -> str:
        return f"{self._root}/{name[:2]}/{name}"

    def get_filesystem(self) -> Any:
        """The file system of this process: s3fs has a thread, which a fork does not take along."""
        import fsspec

        with self._lock:
            if self._filesystem_pid != os.getpid():
                options = S3_OPTIONS if self._protocol in S3_PROTOCOLS else {}
                made = fsspec.filesystem(self._protocol, skip_instance_cache=True, use_listings_cache=False, **options)
                if self._protocol in S3_PROTOCOLS:
                    made.retries = 1
                    made.connect()  # here, or the first threads would each make a client
                self._filesystem, self._filesystem_pid = made, os.getpid()
            return self._filesystem

    @contextmanager
    def create(self, name: str) -> Iterator[StorageWriter]:
        """As `Storage.create`: a file up to a part's size is sent whole at the end, a larger one part by part."""
        path = self.get_path(name)
        with reserve_upload_buffer():
            with guard_storage_call():
                if self._protocol not in OBJECT_STORE_PROTOCOLS:
                    self.get_filesystem().makedirs(path.rpartition("/")[0], exist_ok=True)
                upload = FsspecUpload(self, path, self.get_filesystem().open(path, "wb", block_size=UPLOAD_PART_BYTES))
            try:
                yield upload
                upload.commit()
            except BaseException:
                upload.abort()
                raise

    def write_bytes(self, name: str, content: bytes) -> None:
        with self.create(name) as file:
            file.write(content)

    def open(self, name: str) -> BinaryIO:
        path = self.get_path(name)
        with guard_storage_call():
            size = self.get_filesystem().size(path)
        return cast(BinaryIO, io.BufferedReader(RangeReader(self, path, size), READ_CHUNK_BYTES))

    def exists(self, name: str) -> bool:
        with guard_storage_call():
            return self.get_filesystem().exists(self.get_path(name))

    def remove(self, name: str) -> None:
        self.remove_path(self.get_path(name))

    def remove_path(self, path: str) -> None:
        with suppress(FileNotFoundError), guard_storage_call():
            self.get_filesystem().rm_file(path)


class FsspecUpload:
    """A new file of a remote store, which fsspec's own file object sends part by part."""

    def __init__(self, store: FsspecBackend, path: str, file: Any) -> None:
        self._store, self._path, self._file = store, path, file

    def write(self, piece: bytes) -> int:
        with guard_storage_call():
            return self._file.write(piece)

    def commit(self) -> None:
        """Send what is left. Raises OSError, FileNotFoundError."""
        with guard_storage_call():
            self._file.close()

    def abort(self) -> None:
        """Leave nothing of it there, as far as the store can still be reached."""
        with suppress(OSError), guard_storage_call():
            if hasattr(self._file, "discard"):
                self._file.discard()  # the parts of an object store, which nobody sees before all are there
        with suppress(AttributeError):  # a file in memory, which sends nothing
            self._file.closed = True  # or it would be sent when it is collected
        with suppress(OSError):
            self._store.remove_path(self._path)


@contextmanager
def reserve_upload_buffer() -> Iterator[None]:
    """Reserve the memory of one upload from the budget of this process. Raises OSError where none is free in time."""
    with ExitStack() as held:
        try:
            held.enter_context(byte_budget.reserve_bytes(UPLOAD_BUFFER_BYTES))
        except CallCancelled:
            raise
        except CallError:
            raise OSError("no memory to send a file to the store") from None
        yield


class RangeReader(io.RawIOBase):
    """A file of a remote store, read piece by piece, each in a request of its own."""

    def __init__(self, store: FsspecBackend, path: str, size: int) -> None:
        super().__init__()
        self._store, self._path, self._size = store, path, size
        self._offset = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._offset

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._offset, os.SEEK_END: self._size}[whence]
        self._offset = max(0, start + offset)
        return self._offset

    def readinto(self, buffer: Any) -> int:
        end = min(self._offset + len(buffer), self._size)
        if self._offset >= end:
            return 0
        with guard_storage_call():
            piece = self._store.get_filesystem().cat_file(self._path, start=self._offset, end=end)
        buffer[: len(piece)] = piece
        self._offset += len(piece)
        return len(piece)


def is_storage_writable(storage: Storage) -> bool:
    """Can something be kept there now?"""
    probe = f"probe-{secrets.token_hex(8)}"
    try:
        storage.write_bytes(probe, b"")
        storage.remove(probe)
    except OSError:
        return False
    return True


def open_backend(url: str, folder: Path) -> Storage:
    """What is at `url`, or `folder` where that is empty.

    Raises:
        ImportError: the driver that the address needs is not installed.
        ValueError: fsspec knows no such address.
        OSError: the folder that it names cannot be made.
    """
    if not url:
        return LocalBackend(folder)
    if urlsplit(url).scheme == "file":
        from urllib.request import url2pathname

        shared = LocalBackend(Path(url2pathname(urlsplit(url).path)))
        shared.path.mkdir(parents=True, exist_ok=True)
        return shared
    import fsspec

    fsspec.get_filesystem_class(urlsplit(url).scheme)
    return FsspecBackend(url)
