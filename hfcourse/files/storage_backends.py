"""Storage backends of stored files: a folder, or any file system of fsspec (an S3 bucket) for several machines.

Both have the same operations, by file name, and raise the same errors: FileNotFoundError for a missing file, another
OSError for a full disk or a store that does not respond.
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

READ_CHUNK_BYTES = 1_000_000  # size of one range request, and of the read buffer
UPLOAD_PART_BYTES = 5 * 2**20  # size of one part of a multipart upload: the minimum of S3, except for the last part
UPLOAD_BUFFER_BYTES = 3 * UPLOAD_PART_BYTES  # the buffer, the part copied from it, and the copy of the HTTP library
S3_PROTOCOLS = {"s3", "s3a"}
# A bucket has no folders to create: `makedirs` would create the bucket.
OBJECT_STORE_PROTOCOLS = S3_PROTOCOLS | {"gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "oci"}
# By default botocore and s3fs both retry, for minutes in total, while a request waits.
S3_OPTIONS = {"config_kwargs": {"connect_timeout": 3, "read_timeout": 20, "retries": {"max_attempts": 1}}}

log = logging.getLogger(__name__)


class StorageWriter(Protocol):
    """Writer of a new file."""

    def write(self, piece: bytes, /) -> int:
        """Append a chunk. Raises OSError."""


class Storage(Protocol):
    """Storage of file contents by name; the site generates the names."""

    read_buffer_bytes: int  # memory of an open file

    def create(self, name: str) -> AbstractContextManager[StorageWriter]:
        """Write a new file in chunks, atomically: it exists after the block, or not at all if the block raises.

        Raises:
            OSError: the disk is full or the store does not respond, on entry, in `write` or on exit.
        """

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a new file atomically. Raises OSError."""

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading; it is seekable. Raises OSError, FileNotFoundError."""

    def exists(self, name: str) -> bool:
        """Does the file exist? Raises OSError if the store does not respond."""

    def remove(self, name: str) -> None:
        """Delete the file if it exists. Raises OSError."""


class LocalBackend:
    """Backend of a local or mounted folder, created with its first file."""

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
    """Release the concurrency slot during the call, and convert every exception to OSError.

    Each file system has its own exceptions; their texts may contain keys and URLs, so they are not propagated.
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
    """Backend of a file system of fsspec, below `url`; its libraries read credentials from the environment."""

    read_buffer_bytes = 2 * READ_CHUNK_BYTES  # the buffer, and the response that will fill it

    def __init__(self, url: str) -> None:
        self._protocol = urlsplit(url).scheme
        self._root = url.rstrip("/")
        self._lock = threading.Lock()
        self._filesystem: Any = None
        self._filesystem_pid = 0

    def get_path(self, name: str) -> str:
        return f"{self._root}/{name[:2]}/{name}"

    def get_filesystem(self) -> Any:
        """Return the file system of this process, created again after a fork: that does not copy s3fs's thread."""
        import fsspec

        with self._lock:
            if self._filesystem_pid != os.getpid():
                options = S3_OPTIONS if self._protocol in S3_PROTOCOLS else {}
                made = fsspec.filesystem(self._protocol, skip_instance_cache=True, use_listings_cache=False, **options)
                if self._protocol in S3_PROTOCOLS:
                    made.retries = 1
                    made.connect()  # under the lock: otherwise the first threads would create a client each
                self._filesystem, self._filesystem_pid = made, os.getpid()
            return self._filesystem

    @contextmanager
    def create(self, name: str) -> Iterator[StorageWriter]:
        """Implement `Storage.create`: one request for a file of up to one part, a multipart upload for a larger one."""
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
        with guard_storage_call():  # without a cache: BufferedReader has one, of a size that is counted
            file = self.get_filesystem().open(self.get_path(name), "rb", cache_type="none")
        return cast(BinaryIO, io.BufferedReader(FsspecReader(file), READ_CHUNK_BYTES))

    def exists(self, name: str) -> bool:
        with guard_storage_call():
            return bool(self.get_filesystem().exists(self.get_path(name)))

    def remove(self, name: str) -> None:
        self.remove_path(self.get_path(name))

    def remove_path(self, path: str) -> None:
        with suppress(FileNotFoundError), guard_storage_call():
            self.get_filesystem().rm_file(path)


class FsspecUpload:
    """Multipart upload of a new file by fsspec's own file object."""

    def __init__(self, store: FsspecBackend, path: str, file: Any) -> None:
        self._store, self._path, self._file = store, path, file

    def write(self, piece: bytes) -> int:
        with guard_storage_call():
            written: int = self._file.write(piece)
            return written

    def commit(self) -> None:
        """Send the rest and complete the upload. Raises OSError, FileNotFoundError."""
        with guard_storage_call():
            self._file.close()

    def abort(self) -> None:
        """Abort the upload and delete its parts, unless the store does not respond."""
        with suppress(OSError), guard_storage_call():
            if hasattr(self._file, "discard"):
                self._file.discard()  # parts of an object store, invisible until the upload is completed
        with suppress(AttributeError):  # a file in memory has no such attribute, and sends nothing
            self._file.closed = True  # otherwise the garbage collector closes it, which sends it
        with suppress(OSError):
            self._store.remove_path(self._path)


@contextmanager
def reserve_upload_buffer() -> Iterator[None]:
    """Reserve the memory of one upload from the budget of this process. Raises OSError on timeout."""
    with ExitStack() as held:
        try:
            held.enter_context(byte_budget.reserve_bytes(UPLOAD_BUFFER_BYTES))
        except CallCancelled:
            raise
        except CallError:
            raise OSError("no memory to send a file to the store") from None
        yield


class FsspecReader(io.RawIOBase):
    """A file of a remote store, read by fsspec's own file object: one range request for each read, without a cache."""

    def __init__(self, file: Any) -> None:
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return int(self._file.seek(offset, whence))

    def readinto(self, buffer: Any) -> int:
        with guard_storage_call():
            piece = self._file.read(len(buffer))
            buffer[: len(piece)] = piece  # ValueError if a store ignores the range and sends more
        return len(piece)

    def readall(self) -> bytes:
        """Read the rest in pieces of READ_CHUNK_BYTES: `RawIOBase.readall` would send a request for each 8 kB."""
        return b"".join(iter(lambda: self.read(READ_CHUNK_BYTES), b""))

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def is_storage_writable(storage: Storage) -> bool:
    """Can files be written now? Tested with an empty file."""
    probe = f"probe-{secrets.token_hex(8)}"
    try:
        storage.write_bytes(probe, b"")
        storage.remove(probe)
    except OSError:
        return False
    return True


def open_backend(url: str, folder: Path) -> Storage:
    """Return the backend of a URL, or that of `folder` if the URL is empty.

    Raises:
        ImportError: the driver of the protocol is not installed.
        ValueError: fsspec does not support the protocol.
        OSError: the folder of a `file:` URL cannot be created.
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
