"""Compiled templates of a test session, shared by its applications and processes: each would compile its own."""

from pathlib import Path
from types import CodeType

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

TEMPLATES_VARIABLE = "TEST_TEMPLATE_FOLDER"  # names the folder, for the processes that tests start


class SessionTemplateCache(FileSystemBytecodeCache):
    """Files in the folder of a session, each read once per process; keys and checksums are those of the sources."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self._codes: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load the code of a template, if a process has compiled it."""
        if (bucket.key, bucket.checksum) not in self._codes:
            super().load_bytecode(bucket)
            if bucket.code is None:
                return
            self._codes[bucket.key, bucket.checksum] = bucket.code
        bucket.code = self._codes[bucket.key, bucket.checksum]

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Store the code of a template."""
        self._codes[bucket.key, bucket.checksum] = bucket.code
        super().dump_bytecode(bucket)


def share_templates(folder: Path) -> None:
    """Have all applications of this process use the compiled templates of this folder."""
    folder.mkdir(exist_ok=True)
    Flask.jinja_options = {"bytecode_cache": SessionTemplateCache(folder)}
