"""A student outside: a browser without scripts, over HTTP, in front of a site in a process of its own."""

import re
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import httpx
from bs4 import BeautifulSoup, Tag

from tests.support.form_parsing import collect_form_fields, find_endpoint_form, list_error_codes
from tests.support.site_process import SiteProcess
from tests.support.waiting import WAIT_TIMEOUT_SECONDS

POLL_INTERVAL_SECONDS = 0.05
FINAL_STATUSES = ("succeeded", "failed", "stopped", "interrupted")
FILLER_VALUE = "12"  # as a text, as a number, as JSON


@dataclass
class VisitRecord:
    """What one visit came to: `end` is `succeeded` or the code of an error; everything that the site answered."""

    outcome: str = ""
    has_form: bool = False
    run: dict[str, Any] = field(default_factory=dict)
    page_seconds: float = 0.0
    run_seconds: float = 0.0
    responses: list[httpx.Response] = field(default_factory=list)
    file_responses: list[httpx.Response] = field(default_factory=list)

    @property
    def pages(self) -> list[str]:
        """The pages and fragments, as text."""
        return [each.text for each in self.responses if "html" in each.headers["content-type"]]


class HttpBrowser:
    """Somebody with cookies of their own; every answer is noted in `visit`."""

    def __init__(self, site: SiteProcess) -> None:
        # Without certificates, which take longer to read than a page: the site is on loopback.
        self.http = httpx.Client(base_url=site.url, timeout=WAIT_TIMEOUT_SECONDS, trust_env=False, verify=False)
        self.record = VisitRecord()

    def close(self) -> None:
        self.http.close()

    def get(self, address: str, **query: str) -> httpx.Response:
        answer = self.http.get(address, params=query or None)
        self.record.responses.append(answer)
        return answer

    def open_form(self, address: str, **query: str) -> Tag | None:
        """The form of this page; without one, the visit ends with the code that stands in its place."""
        begun = time.monotonic()
        html = self.get(address, **query).text
        self.record.page_seconds = time.monotonic() - begun
        form = find_endpoint_form(html)
        self.record.has_form = form is not None
        if form is None:
            self.record.outcome = ", ".join(list_error_codes(BeautifulSoup(html, "html.parser"))[:1])
        return form

    def submit_form(self, form: Tag, **changes: Any) -> httpx.Response:
        """Send the form; empty fields are filled with something that suits every kind."""
        sent = collect_form_fields(form)
        hidden = {str(control["name"]) for control in form.select("input[type=hidden]")}
        sent |= {f"arg-{name}": [value] for name, value in changes.items()}
        data, files = {}, []
        for name, values in sent.items():
            if isinstance(values[0], tuple):
                files.append((name, ("note.txt", FILLER_VALUE.encode(), "text/plain")))
            elif values == [""] and name not in hidden:
                data[name] = [FILLER_VALUE]
            else:
                data[name] = values
        answer = self.http.post(str(form["action"]), data=data, files=files or None)
        self.record.responses.append(answer)
        return answer

    def start_run(self, address: str, **changes: Any) -> str:
        """Open the form and send it; the address of the run."""
        form = self.open_form(address)
        assert form is not None, (address, self.record.outcome)
        answer = self.submit_form(form, **changes)
        assert answer.status_code == 303, (address, answer.status_code, read_error_codes(answer))
        return answer.headers["location"]

    def fetch_run(self, run: str) -> dict[str, Any]:
        return self.get(run + ".json").json()

    def wait_for_end(self, run: str, seconds: float = WAIT_TIMEOUT_SECONDS) -> dict[str, Any]:
        """The run as JSON, once it is over."""
        return self.wait_for_status(run, FINAL_STATUSES, seconds)

    def wait_for_status(
        self, run: str, statuses: Collection[str], seconds: float = WAIT_TIMEOUT_SECONDS
    ) -> dict[str, Any]:
        """The run as JSON, once it has one of these statuses."""
        deadline = time.monotonic() + seconds
        while (found := self.fetch_run(run))["status"] not in statuses:
            assert found["status"] not in FINAL_STATUSES, found
            assert time.monotonic() < deadline, found
            time.sleep(POLL_INTERVAL_SECONDS)
        return found

    def export_cookies(self) -> list[Any]:
        """The visitor's cookies, for a browser that goes on in their place."""
        return [
            {"name": each.name, "value": each.value or "", "url": str(self.http.base_url)}
            for each in self.http.cookies.jar
        ]

    def visit_space(self, address: str) -> VisitRecord:
        """The whole of a visit: the form, the run while it goes on, its end, its files, the list of runs."""
        form = self.open_form(address)
        if form is None:
            return self.record
        begun = time.monotonic()
        answer = self.submit_form(form)
        if answer.status_code != 303:
            self.record.outcome = f"refused: {read_error_codes(answer)}"
            return self.record
        run = answer.headers["location"]
        self.get(run + "/statut")
        self.record.run = found = self.wait_for_end(run)
        self.record.run_seconds = time.monotonic() - begun
        self.record.outcome = found["error"]["code"] if found["error"] else found["status"]
        page = self.get(run).text
        for link in sorted(set(re.findall(rf"{re.escape(run)}/fichiers/\d+", page))):
            self.record.file_responses.append(self.get(link))
        for each in ("/essais/", f"{address}?endpoint=/echo&essai={found['id']}"):
            self.get(each)
        return self.record


def read_error_codes(answer: httpx.Response) -> list[str]:
    return list_error_codes(BeautifulSoup(answer.text, "html.parser"))
