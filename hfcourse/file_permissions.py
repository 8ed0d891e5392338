"""Restriction of access by other users and programs of the machine: to the site's files and its process memory."""

import ctypes
import logging
import os
import re
import stat
import sys
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask

PRIVATE_UMASK = 0o077
PRIVATE_FOLDER_MODE, PRIVATE_FILE_MODE = 0o700, 0o600
FILES_SUBFOLDER = re.compile(r"[\w-]{2}", re.ASCII)  # of stored files: see files/storage_backends.py
PR_SET_DUMPABLE = 4  # <linux/prctl.h>

log = logging.getLogger(__name__)


def restrict_to_owner(path: Path) -> None:
    """Set a file or folder of ours to owner-only access. A sticky folder (`/tmp`) is shared, and left unchanged."""
    try:
        status = path.lstat()
        mode = PRIVATE_FOLDER_MODE if stat.S_ISDIR(status.st_mode) else PRIVATE_FILE_MODE
        is_ours = hasattr(os, "geteuid") and status.st_uid == os.geteuid()
        is_plain = stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode)
        if is_ours and is_plain and not status.st_mode & stat.S_ISVTX and stat.S_IMODE(status.st_mode) & 0o077:
            path.chmod(mode)
    except OSError as error:
        log.warning("A file of the site stays readable to others: %s", type(error).__name__)


def is_open_to_others(path: Path) -> bool:
    """May other users of the machine read this folder?"""
    return path.is_dir() and bool(path.stat().st_mode & 0o077)


def restrict_folder(folder: Path) -> None:
    """Restrict `folder` and everything below; once restricted, later starts need not walk through it."""
    if folder.is_symlink() or not is_open_to_others(folder) or folder.stat().st_mode & stat.S_ISVTX:
        return
    for path in folder.rglob("*"):
        restrict_to_owner(path)
    restrict_to_owner(folder)


def restrict_shared_folder(folder: Path) -> None:
    """Restrict the site's files below the folder of a `file://` URL, which may contain other files as well.

    The folder itself retains its permissions: the operator chose them. The site's subfolders have two-character names.
    """
    if folder.is_dir():
        for path in folder.iterdir():
            if FILES_SUBFOLDER.fullmatch(path.name):
                restrict_folder(path)


def create_private_file(path: Path) -> None:
    """Create an empty owner-only file unless it exists: SQLite copies its permissions to its other files."""
    path.touch(mode=PRIVATE_FILE_MODE)
    restrict_to_owner(path)


def forbid_inspection() -> None:
    """Forbid other programs of the same user to read this process: its memory, and its initial environment.

    A variable removed from the environment stays readable in `/proc/<pid>/environ`. prctl(2): a process that is not
    dumpable has files in /proc owned by root, no core dump, and no debugger except root's. Other systems lack them.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (OSError, AttributeError):
        log.warning("The environment of this process stays readable to programs of the same user.")


def init_app(app: Flask) -> None:
    """Set a private umask, restrict existing files, and forbid inspection of the process (except in tests)."""
    os.umask(PRIVATE_UMASK)
    folder = Path(app.instance_path)
    restrict_to_owner(folder)
    for name in ("hfcourse.sqlite", "hfcourse.sqlite-wal", "hfcourse.sqlite-shm", "secret-key"):
        if (folder / name).is_file():
            restrict_to_owner(folder / name)
    restrict_folder(folder / "files")
    if app.config["FILES_URL"].startswith("file:"):
        restrict_shared_folder(Path(urlsplit(app.config["FILES_URL"]).path))
    if not app.testing:
        forbid_inspection()
