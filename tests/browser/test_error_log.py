"""The watch itself: without it, every other test of this folder would let a fault pass."""

import time

import pytest
from playwright.sync_api import Browser

from tests.browser.error_log import BrowserErrorLog
from tests.support.site_process import SiteProcess
from tests.support.waiting import WAIT_TIMEOUT_SECONDS

ADD_SCRIPT = "() => document.head.append(Object.assign(document.createElement('script'), {textContent: 'void 0'}))"
ADD_PICTURE = "address => new Promise(done => { const image = new Image(); image.onerror = done; image.src = address })"


@pytest.mark.parametrize(
    ("deed", "argument", "complaint"),
    [
        (ADD_SCRIPT, None, "Content Security Policy"),
        (ADD_PICTURE, "http://127.0.0.2/a.png", "Content Security Policy"),
        (ADD_PICTURE, "/static/figures/rien.svg", "404 for"),
        ("() => { setTimeout(() => { throw new Error('oh') }) }", None, "page error: oh"),
        ("() => console.warn('hum')", None, "console warning: hum"),
        ("() => { location.href = 'http://127.0.0.2/' }", None, "request to another host"),
    ],
)
def test_a_fault_of_the_page_is_noted(
    browser: Browser, site: SiteProcess, deed: str, argument: str | None, complaint: str
):
    context = browser.new_context(base_url=site.url)
    watch, page = BrowserErrorLog(context, site.url), context.new_page()
    page.goto("/lecons/3-1-presentation")
    assert watch.errors == []
    page.evaluate(deed, argument)
    deadline = time.monotonic() + WAIT_TIMEOUT_SECONDS
    while not any(complaint in said for said in watch.errors):
        assert time.monotonic() < deadline, watch.errors
        page.wait_for_timeout(20)  # which lets the events come in
    context.close()
