"""The Chromium that the browser tests start, its options and its timeout."""

import os
import shutil
from collections.abc import Callable, Sequence
from typing import Any

from playwright.sync_api import Browser, BrowserType, Page

from tests.support.optional_tools import skip_or_fail

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Chromium without its user interface, which costs as much processor time as the pages; it has no back/forward cache.
HEADLESS_NAMES = ("chromium-headless-shell", *CHROMIUM_NAMES)
CHROMIUM_FLAGS = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--disable-features=PreloadTopChromeWebUI,PreloadTopChromeWebUILessNavigations",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
TIMEOUT_MS = 60_000
OpenStudentPage = Callable[..., Page]


def launch_chromium(browser_type: BrowserType, names: Sequence[str] = HEADLESS_NAMES, **options: Any) -> Browser:
    """Start the first of these programs that is installed."""
    found = next(filter(None, map(shutil.which, names)), None)
    if not found:
        skip_or_fail(f"{names[0]} is not installed (on Debian and Ubuntu: apt install {names[0]})")
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return browser_type.launch(executable_path=found, args=[*CHROMIUM_FLAGS, *as_root], **options)
