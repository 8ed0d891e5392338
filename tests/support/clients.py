"""What a browser does with a page: open it, read its form, change some fields, send it, follow."""

import io
import time
from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

PRACTICE = "/espaces/hfcourse/entrainement"
PATIENCE_SECONDS = 60


def read(response: TestResponse) -> BeautifulSoup:
    """The page of an answer."""
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def error_codes(page: BeautifulSoup) -> list[str]:
    """The codes of the errors that the page shows, in order."""
    return [str(tag["data-error"]) for tag in page.select("[data-error]")]


def fields_of(form: Tag) -> dict[str, list[Any]]:
    """What a browser would send of this form if nobody touched it; an empty file for a file field."""
    sent: dict[str, list[Any]] = {}
    for control in form.select("input[name], textarea[name], select[name]"):
        name, kind = str(control["name"]), str(control.get("type", control.name))
        if kind in ("checkbox", "radio") and not control.has_attr("checked"):
            continue
        if kind == "file":
            value: Any = (io.BytesIO(b""), "")
        elif control.name == "select":
            options = control.select("option")
            value = str((control.select_one("option[selected]") or options[0]).get("value", ""))
        elif control.name == "textarea":
            value = control.get_text().removeprefix("\n")  # a browser drops the line break that follows the tag
        else:
            value = str(control.get("value", "on" if kind == "checkbox" else ""))
        sent.setdefault(name, []).append(value)
    return sent


@dataclass
class Student:
    """Somebody with a browser of their own."""

    client: FlaskClient
    last: dict[str, list[Any]] = field(default_factory=dict)

    def open(self, address: str, status: int = 200) -> BeautifulSoup:
        """Open a page and read it."""
        response = self.client.get(address)
        assert response.status_code == status, (address, response.status_code)
        return read(response)

    def open_form(self, endpoint: str, extra: str = "", space: str = PRACTICE) -> BeautifulSoup:
        """Open the form of an endpoint; wait for a sleeping Space as the page does, by asking again."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            page = self.open(f"{space}?endpoint={endpoint}{extra}")
            if page.select_one("form[data-endpoint]"):
                return page
            assert error_codes(page) == ["space-sleeping"], page.get_text(" ", strip=True)
            assert time.monotonic() < deadline, "the Space did not wake"
            time.sleep(0.2)  # a page asks again after a second; there is nothing else to wait for

    def send(self, page: BeautifulSoup, **changes: Any) -> TestResponse:
        """Send the page's form with some `arg-` fields changed (a list for several, None to leave one out)."""
        form = page.select_one("form[data-endpoint]")
        assert form is not None
        sent = fields_of(form)
        for name, value in changes.items():
            key = "arg-" + name.replace("__", "-")
            if value is None:
                sent.pop(key, None)
            else:
                sent[key] = value if isinstance(value, list) else [value]
        self.last = sent
        return self.post(str(form["action"]), sent)

    def post(self, address: str, sent: dict[str, list[Any]]) -> TestResponse:
        """Send fields and files as a form does."""
        parts = MultiDict(
            (name, FileStorage(*value) if isinstance(value, tuple) else value)
            for name, values in sent.items()
            for value in values
        )
        boundary, body = encode_multipart(parts)
        return self.client.post(address, data=body, content_type=f"multipart/form-data; boundary={boundary}")

    def run(self, endpoint: str, **changes: Any) -> dict[str, Any]:
        """Fill and send the form of an endpoint, wait for the end; the run as JSON."""
        response = self.send(self.open_form(endpoint), **changes)
        assert response.status_code == 303, read(response).get_text(" ", strip=True)
        return self.finished(response.headers["Location"])

    def finished(self, address: str) -> dict[str, Any]:
        """The run at this address as JSON, once it is over."""
        return self.wait_for(address, lambda run: run["status"] not in ("queued", "running"))

    def wait_for(self, address: str, is_so) -> dict[str, Any]:
        """The run as JSON, once `is_so`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            response = self.client.get(address + ".json")
            assert response.status_code == 200, response.status_code
            run = response.get_json()
            if is_so(run):
                return run
            assert time.monotonic() < deadline, run
            time.sleep(0.05)
