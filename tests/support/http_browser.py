"""A student outside: a browser without scripts, over HTTP, in front of a site in a process of its own."""

import re
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import httpx
from bs4 import BeautifulSoup, Tag

from tests.support.clients import error_codes, fields_of
from tests.support.site_process import Site

PATIENCE_SECONDS = 30
LOOK_SECONDS = 0.05
ENDS = ("succeeded", "failed", "stopped", "interrupted")
FILLER = "12"  # as a text, as a number, as JSON


@dataclass
class Visit:
    """What one visit came to: `end` is `succeeded` or the code of an error; everything that the site answered."""

    end: str = ""
    has_form: bool = False
    run: dict[str, Any] = field(default_factory=dict)
    page_seconds: float = 0.0
    run_seconds: float = 0.0
    answers: list[httpx.Response] = field(default_factory=list)
    files: list[httpx.Response] = field(default_factory=list)

    @property
    def pages(self) -> list[str]:
        """The pages and fragments, as text."""
        return [each.text for each in self.answers if "html" in each.headers["content-type"]]


class Visitor:
    """Somebody with cookies of their own; every answer is noted in `visit`."""

    def __init__(self, site: Site) -> None:
        # Without certificates, which take longer to read than a page: the site is on loopback.
        self.browser = httpx.Client(base_url=site.url, timeout=PATIENCE_SECONDS, trust_env=False, verify=False)
        self.visit = Visit()

    def close(self) -> None:
        self.browser.close()

    def get(self, address: str, **query: str) -> httpx.Response:
        answer = self.browser.get(address, params=query or None)
        self.visit.answers.append(answer)
        return answer

    def form_at(self, address: str, **query: str) -> Tag | None:
        """The form of this page; without one, the visit ends with the code that stands in its place."""
        begun = time.monotonic()
        page = BeautifulSoup(self.get(address, **query).text, "html.parser")
        self.visit.page_seconds = time.monotonic() - begun
        form = page.select_one("form[data-endpoint]")
        self.visit.has_form = form is not None
        if form is None:
            self.visit.end = ", ".join(error_codes(page)[:1])
        return form

    def send(self, form: Tag, **changes: Any) -> httpx.Response:
        """Send the form; empty fields are filled with something that suits every kind."""
        sent = fields_of(form)
        hidden = {str(control["name"]) for control in form.select("input[type=hidden]")}
        sent |= {f"arg-{name}": [value] for name, value in changes.items()}
        data, files = {}, []
        for name, values in sent.items():
            if isinstance(values[0], tuple):
                files.append((name, ("note.txt", FILLER.encode(), "text/plain")))
            elif values == [""] and name not in hidden:
                data[name] = [FILLER]
            else:
                data[name] = values
        answer = self.browser.post(str(form["action"]), data=data, files=files or None)
        self.visit.answers.append(answer)
        return answer

    def start(self, address: str, **changes: Any) -> str:
        """Open the form and send it; the address of the run."""
        form = self.form_at(address)
        assert form is not None, (address, self.visit.end)
        answer = self.send(form, **changes)
        assert answer.status_code == 303, (address, answer.status_code, codes_of(answer))
        return answer.headers["location"]

    def state(self, run: str) -> dict[str, Any]:
        return self.get(run + ".json").json()

    def finished(self, run: str, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """The run as JSON, once it is over."""
        return self.wait_for(run, ENDS, seconds)

    def wait_for(self, run: str, statuses: Collection[str], seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """The run as JSON, once it has one of these statuses."""
        deadline = time.monotonic() + seconds
        while (found := self.state(run))["status"] not in statuses:
            assert found["status"] not in ENDS, found
            assert time.monotonic() < deadline, found
            time.sleep(LOOK_SECONDS)
        return found

    def cookies(self) -> list[Any]:
        """The visitor's cookies, for a browser that goes on in their place."""
        return [
            {"name": each.name, "value": each.value or "", "url": str(self.browser.base_url)}
            for each in self.browser.cookies.jar
        ]

    def try_out(self, address: str) -> Visit:
        """The whole of a visit: the form, the run while it goes on, its end, its files, the list of runs."""
        form = self.form_at(address)
        if form is None:
            return self.visit
        begun = time.monotonic()
        answer = self.send(form)
        if answer.status_code != 303:
            self.visit.end = f"refused: {codes_of(answer)}"
            return self.visit
        run = answer.headers["location"]
        self.get(run + "/statut")
        self.visit.run = found = self.finished(run)
        self.visit.run_seconds = time.monotonic() - begun
        self.visit.end = found["error"]["code"] if found["error"] else found["status"]
        page = self.get(run).text
        for link in sorted(set(re.findall(rf"{re.escape(run)}/fichiers/\d+", page))):
            self.visit.files.append(self.get(link))
        for each in ("/essais/", f"{address}?endpoint=/echo&essai={found['id']}"):
            self.get(each)
        return self.visit


def codes_of(answer: httpx.Response) -> list[str]:
    return error_codes(BeautifulSoup(answer.text, "html.parser"))
