"""A lesson that is left while an answer is still on its way: nothing that was done in it is lost."""

import http.client
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import OpenStudentPage
from tests.support.site_process import SiteProcess
from tests.support.waiting import WAIT_TIMEOUT_SECONDS, wait_until

LESSON = "/lecons/3-1-presentation"
HOP = {"connection", "transfer-encoding", "keep-alive"}


class SlowHandler(BaseHTTPRequestHandler):
    """Stands before a site and passes everything on; the answer to the first form is kept back."""

    protocol_version = "HTTP/1.1"

    def pass_on(self) -> None:
        slow = self.server
        assert isinstance(slow, Slow)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        onward = http.client.HTTPConnection(slow.behind, timeout=WAIT_TIMEOUT_SECONDS)
        onward.request(self.command, self.path, body or None, dict(self.headers))
        answer = onward.getresponse()
        content = answer.read()
        onward.close()
        if self.command == "POST":
            slow.posted.append(body)
            if len(slow.posted) == 1:
                slow.let_go.wait(WAIT_TIMEOUT_SECONDS)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = pass_on

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:  # the browser has gone
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Slow(ThreadingHTTPServer):
    """The server of SlowHandler, before the site at `behind`; `posted` are the forms that reached the site."""

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), SlowHandler)
        self.behind, self.posted, self.let_go = behind, list[bytes](), threading.Event()


@pytest.fixture
def slow_proxy(site: SiteProcess) -> Iterator[Slow]:
    made = Slow(urlsplit(site.url).netloc)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.let_go.set()
    made.shutdown()
    made.server_close()


@pytest.mark.parametrize("is_hidden", [False, True], ids=["another page", "another application"])
def test_what_was_done_at_the_moment_of_leaving_is_kept(
    site: SiteProcess, slow_proxy: Slow, open_student_page: OpenStudentPage, is_hidden: bool
) -> None:
    page = open_student_page(replace(site, url=f"http://127.0.0.1:{slow_proxy.server_port}"))
    page.goto(LESSON)
    question, boxes = page.locator("form.quiz").first, page.locator(".checklist [name=coche]")
    question.locator("[name=choix][data-right]").first.check()
    question.get_by_role("button", name="Répondre").click()
    assert wait_until(lambda: len(slow_proxy.posted) == 1)
    boxes.nth(0).check()
    boxes.nth(2).check()
    assert len(slow_proxy.posted) == 1  # each waits for the answer to the one before
    if is_hidden:
        page.evaluate("""() => {
          Object.defineProperty(document, "hidden", {value: true});
          document.dispatchEvent(new Event("visibilitychange"));
        }""")
    else:
        page.goto("/glossaire")
    assert wait_until(lambda: len(slow_proxy.posted) == 2)
    assert wait_until(page.context.cookies)  # the browser knows by now who it is
    slow_proxy.let_go.set()
    page.goto(LESSON)
    for number, is_ticked in enumerate([True, False, True]):
        expect(boxes.nth(number)).to_be_checked(checked=is_ticked)
    expect(question.locator("[data-right]").first).to_be_checked()
