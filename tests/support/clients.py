"""What a browser does with a page: open it, read its form, change some fields, send it, follow."""

import time
from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from tests.support.form_parsing import collect_form_fields, list_error_codes, parse_page
from tests.support.waiting import WAIT_TIMEOUT_SECONDS

PRACTICE_PATH = "/espaces/hfcourse/entrainement"


@dataclass
class BrowserClient:
    """Somebody with a browser of their own."""

    client: FlaskClient
    last_fields: dict[str, list[Any]] = field(default_factory=dict)

    def open_page(self, address: str, status: int = 200) -> BeautifulSoup:
        """Open a page and read it."""
        response = self.client.get(address)
        assert response.status_code == status, (address, response.status_code)
        return parse_page(response)

    def open_form(self, endpoint: str, extra: str = "", space: str = PRACTICE_PATH) -> BeautifulSoup:
        """Open the form of an endpoint; wait for a sleeping Space as the page does, by asking again."""
        deadline = time.monotonic() + WAIT_TIMEOUT_SECONDS
        while True:
            page = self.open_page(f"{space}?endpoint={endpoint}{extra}")
            if page.select_one("form[data-endpoint]"):
                return page
            assert list_error_codes(page) == ["space-sleeping"], page.get_text(" ", strip=True)
            assert time.monotonic() < deadline, "the Space did not wake"
            time.sleep(0.2)  # a page asks again after a second; there is nothing else to wait for

    def submit_form(self, page: BeautifulSoup, **changes: Any) -> TestResponse:
        """Send the page's form with some `arg-` fields changed (a list for several, None to leave one out)."""
        form = page.select_one("form[data-endpoint]")
        assert form is not None
        sent = collect_form_fields(form)
        for name, value in changes.items():
            key = "arg-" + name.replace("__", "-")
            if value is None:
                sent.pop(key, None)
            else:
                sent[key] = value if isinstance(value, list) else [value]
        self.last_fields = sent
        return self.post_form(str(form["action"]), sent, is_multipart=form.get("enctype") == "multipart/form-data")

    def post_form(self, address: str, sent: dict[str, list[Any]], *, is_multipart: bool = True) -> TestResponse:
        """Send fields and files as a form does; where it is not multipart, a file is sent by its name."""
        if not is_multipart:
            texts = {name: [each[1] if isinstance(each, tuple) else each for each in sent[name]] for name in sent}
            return self.client.post(address, data=MultiDict(texts))
        parts = MultiDict(
            (name, FileStorage(*value) if isinstance(value, tuple) else value)
            for name, values in sent.items()
            for value in values
        )
        boundary, body = encode_multipart(parts)
        return self.client.post(address, data=body, content_type=f"multipart/form-data; boundary={boundary}")

    def run_endpoint(self, endpoint: str, **changes: Any) -> dict[str, Any]:
        """Fill and send the form of an endpoint, wait for the end; the run as JSON."""
        response = self.submit_form(self.open_form(endpoint), **changes)
        assert response.status_code == 303, parse_page(response).get_text(" ", strip=True)
        return self.wait_for_end(response.headers["Location"])

    def wait_for_end(self, address: str) -> dict[str, Any]:
        """The run at this address as JSON, once it is over."""
        return self.wait_for_run(address, lambda run: run["status"] not in ("queued", "running"))

    def wait_for_answers(self, address: str) -> BeautifulSoup:
        """The page of a conversation, once its answers have ended."""
        while unfinished := (page := self.open_page(address)).select("article[data-stream]"):
            self.wait_for_end(f"/essais/{unfinished[0]['data-run']}")
        return page

    def wait_for_run(self, address: str, is_so) -> dict[str, Any]:
        """The run as JSON, once `is_so`."""
        deadline = time.monotonic() + WAIT_TIMEOUT_SECONDS
        while True:
            response = self.client.get(address + ".json")
            assert response.status_code == 200, response.status_code
            run = response.get_json()
            if is_so(run):
                return run
            assert time.monotonic() < deadline, run
            time.sleep(0.05)
