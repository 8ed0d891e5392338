"""A conversation as a browser without scripts holds it: the form of the page, its answer, the branches."""

from typing import Any

import httpx
from bs4 import BeautifulSoup, Tag

from tests.support.form_parsing import collect_form_fields, list_error_codes
from tests.support.http_browser import FINAL_STATUSES
from tests.support.site_process import SiteProcess
from tests.support.waiting import WAIT_TIMEOUT_SECONDS, wait_until

UploadedFile = tuple[str, bytes, str]


class ChatBrowser:
    """A visitor in front of one conversation; `page` is the last page of it."""

    def __init__(self, site: SiteProcess, cookies: Any = None) -> None:
        self.browser = httpx.Client(
            base_url=site.url, timeout=WAIT_TIMEOUT_SECONDS, trust_env=False, verify=False, cookies=cookies
        )
        self.address = ""
        self.page = BeautifulSoup("", "html.parser")

    def close(self) -> None:
        self.browser.close()

    def get(self, address: str, **query: str) -> BeautifulSoup:
        self.page = BeautifulSoup(self.browser.get(address, params=query or None).text, "html.parser")
        return self.page

    def open_new(self, space: str, endpoint: str = "") -> None:
        """Open the form of a new conversation, once the Space is awake."""
        assert wait_until(
            lambda: "space-sleeping" not in list_error_codes(self.get("/discussion/", espace=space, point=endpoint))
        )

    def find_composer(self) -> Tag:
        form = self.page.select_one("form[data-composer]")
        assert form is not None, self.page.get_text(" ", strip=True)
        return form

    def find_message(self) -> str:
        """Return the text in the box of the message, with the line breaks of Unix."""
        box = self.find_composer().select_one("#message")
        assert box is not None
        return box.get_text().removeprefix("\n").replace("\r\n", "\n")

    def submit(self, form: Tag, files: dict[str, list[UploadedFile]] | None = None, **changes: str) -> httpx.Response:
        """Send a form of the page with some of its fields changed."""
        data, sent = {}, []
        for name, values in collect_form_fields(form).items():
            chosen = (files or {}).get(name)
            if isinstance(values[0], tuple):
                sent += [(name, each) for each in chosen or [("", b"", "application/octet-stream")]]
            else:
                data[name] = values
        answer = self.browser.post(str(form["action"]), data=data | changes, files=sent or None)
        if answer.status_code == 303:
            self.address = answer.headers["location"]
        else:
            self.page = BeautifulSoup(answer.text, "html.parser")
        return answer

    def send_message(self, text: str, files: dict[str, list[UploadedFile]] | None = None, **changes: str) -> str:
        """Send a message, wait for the end of its answer; the text of the answer."""
        answer = self.submit(self.find_composer(), files, message=text, **changes)
        assert answer.status_code == 303, (answer.status_code, self.page.get_text(" ", strip=True)[:2000])
        return self.wait_for_answer()

    def press_button(self, button: str) -> str:
        """Send the last form with this button, wait for the end of the answer; its text."""
        found = [form for form in self.page.select("form") if button in form.get_text(" ", strip=True)]
        assert self.submit(found[-1]).status_code == 303
        return self.wait_for_answer()

    def wait_for_answer(self) -> str:
        """The text of the last answer, once it has ended."""
        while "data-stream" in self.find_last_answer().attrs:
            assert wait_until(lambda: self.fetch_last_run()["status"] in FINAL_STATUSES), self.fetch_last_run()
        words = self.page.select("article[data-run]")[-1].select_one("[data-words]")
        return words.get_text(" ", strip=True) if words else ""

    def find_last_answer(self) -> Tag:
        """Load the page again; return its last answer."""
        return self.get(self.address).select("article[data-run]")[-1]

    def fetch_last_run(self) -> dict[str, Any]:
        """The run of the last answer as JSON."""
        run_id = self.page.select("article[data-run]")[-1]["data-run"]
        return self.browser.get(f"/essais/{run_id}.json").json()

    def list_messages(self) -> list[str]:
        """The visitor's messages of the branch that the page shows."""
        return [each.get_text() for each in self.page.select(".chat-text")]
