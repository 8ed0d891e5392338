"""The browser tests: Debian's Chromium, the real site, and somebody who notes every complaint of the browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.chromium import TIMEOUT_MS, OpenStudentPage, launch_chromium
from tests.browser.context_pool import ContextPool, PooledContext
from tests.spaces.served_apps import ServedApps
from tests.support.fake_hub import run_fake_hub
from tests.support.scripted_space import ScriptedSpace, run_scripted_space, run_sites_for
from tests.support.site_process import SiteProcess, run_site

expect.set_options(timeout=TIMEOUT_MS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    """Let a fixture know that its test has failed."""
    report = yield
    if report.when == "call":
        item.stash[FAILED_KEY] = report.failed
    return report


FAILED_KEY = pytest.StashKey[bool]()


# Of this folder and not of the session: while Playwright runs, no other test of the process can use asyncio.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine."""
    with sync_playwright() as playwright:
        launched = launch_chromium(playwright.chromium)
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteProcess]:
    """A site whose practice Space is awake."""
    with run_fake_hub() as hub, run_site(tmp_path_factory.mktemp("site"), HF_ENDPOINT=hub) as made:
        made.wake_practice_space()
        yield made


@pytest.fixture
def sleeping_site(browser: Browser, tmp_path: Path) -> Iterator[SiteProcess]:
    """A site of its own, whose practice Space nobody has opened yet."""
    with run_site(tmp_path) as made:
        yield made


@pytest.fixture(scope="package")
def context_pool(browser: Browser) -> ContextPool:
    """The contexts of this browser, which tests take one after another."""
    return ContextPool(browser, TIMEOUT_MS)


@pytest.fixture
def open_student_page(
    context_pool: ContextPool, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[OpenStudentPage]:
    """`student_at(site, **options)`: a new visitor's page; no complaint of the browser is let pass."""
    opened: list[tuple[PooledContext, SiteProcess]] = []

    def enter(site: SiteProcess, **options: Any) -> Page:
        visit = context_pool.acquire(site.url, **options)
        opened.append((visit, site))
        return visit.page

    yield enter
    complaints = [complaint for visit, _ in opened for complaint in visit.error_log.errors]
    for number, (visit, site) in enumerate(opened):
        if request.node.stash.get(FAILED_KEY, False):
            picture = tmp_path / f"failure-{number}.png"
            page = visit.context.pages[-1]
            page.screenshot(path=picture, full_page=True)
            print(f"{page.url}: see {picture}\n{site.log.read_text()[-3000:]}")
            visit.context.close()
        else:
            context_pool.release(visit)
    assert complaints == []
    for _, site in opened:
        assert "Traceback" not in site.log.read_text()


@pytest.fixture
def page(site: SiteProcess, open_student_page: OpenStudentPage) -> Page:
    """A new visitor's page, at the site whose practice Space is awake."""
    return open_student_page(site)


@pytest.fixture(scope="module")
def scripted_space(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedSpace]:
    with run_scripted_space(tmp_path_factory.mktemp("led")) as space:
        yield space


@pytest.fixture(scope="module")
def scripted_site(scripted_space: ScriptedSpace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteProcess]:
    with run_sites_for(scripted_space, tmp_path_factory.mktemp("site")) as (made,):
        yield made


with_and_without_scripts = pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])


@with_and_without_scripts
def reader_page(request: pytest.FixtureRequest, site: SiteProcess, open_student_page: OpenStudentPage) -> Page:
    """A new visitor's page, with JavaScript and without."""
    return open_student_page(site, java_script_enabled=request.param)


@with_and_without_scripts
def apps_page(request: pytest.FixtureRequest, served_apps: ServedApps, open_student_page: OpenStudentPage) -> Page:
    """The same, at the site in front of `served_apps`."""
    return open_student_page(served_apps.site, java_script_enabled=request.param)
