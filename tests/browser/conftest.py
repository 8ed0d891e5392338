"""The browser tests: Debian's Chromium, the real site, and somebody who notes every complaint of the browser."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.context_pool import Visit, Visits
from tests.support.site_process import Site, pretended_hub, started

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)

StudentAt = Callable[..., Page]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    """Let a fixture know that its test has failed."""
    report = yield
    if report.when == "call":
        item.stash[failed] = report.failed
    return report


failed = pytest.StashKey[bool]()


# Of this folder and not of the session: while Playwright runs, no other test of the process can use asyncio.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if not found:
        reason = "Chromium is not installed (on Debian and Ubuntu: apt install chromium)"
        pytest.fail(reason) if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip(reason)
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=[*FLAGS, *as_root])
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose practice Space is awake."""
    with pretended_hub() as hub, started(tmp_path_factory.mktemp("site"), HF_ENDPOINT=hub) as made:
        made.wake()
        yield made


@pytest.fixture
def sleeping_site(browser: Browser, tmp_path: Path) -> Iterator[Site]:
    """A site of its own, whose practice Space nobody has opened yet."""
    with started(tmp_path) as made:
        yield made


@pytest.fixture(scope="package")
def visits(browser: Browser) -> Visits:
    """The contexts of this browser, which tests take one after another."""
    return Visits(browser, PATIENCE_MS)


@pytest.fixture
def student_at(visits: Visits, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StudentAt]:
    """`student_at(site, **options)`: a new visitor's page; no complaint of the browser is let pass."""
    opened: list[tuple[Visit, Site]] = []

    def enter(site: Site, **options: Any) -> Page:
        visit = visits.begin(site.url, **options)
        opened.append((visit, site))
        return visit.page

    yield enter
    complaints = [complaint for visit, _ in opened for complaint in visit.watch.complaints]
    for number, (visit, site) in enumerate(opened):
        if request.node.stash.get(failed, False):
            picture = tmp_path / f"failure-{number}.png"
            page = visit.context.pages[-1]
            page.screenshot(path=picture, full_page=True)
            print(f"{page.url}: see {picture}\n{site.log.read_text()[-3000:]}")
            visit.context.close()
        else:
            visits.end(visit)
    assert complaints == []
    for _, site in opened:
        assert "Traceback" not in site.log.read_text()


@pytest.fixture
def page(site: Site, student_at: StudentAt) -> Page:
    """A new visitor's page, at the site whose practice Space is awake."""
    return student_at(site)
