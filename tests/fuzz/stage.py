"""Where examples are tried: a site, asked as a browser asks it, and a Space on loopback that says what it is told.

Everything passes through the site's own doors (HTTP to the Space, forms and pages to the browser), so that limits are
tested where they stand. Each step has a budget of processor time, each page a limit of bytes.
"""

import logging
import re
import resource
import sqlite3
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from werkzeug.datastructures import MultiDict
from werkzeug.test import encode_multipart
from werkzeug.wrappers import Response

from hfcourse import create_app
from tests.spaces.fake_servers import FakeSpace
from tests.support.apps import close_app, forget_space_descriptions
from tests.support.cpu_time import measure_slowness

MAX_STEP_CPU_SECONDS = 2.0
MAX_PAGE_BYTES = 1_500_000
PAGE_BYTES_PER_TYPED_BYTE = 5  # a quotation mark is five characters in HTML
CALL_DEADLINE_SECONDS, RUN_WAIT_SECONDS = 10, 20
MAX_FOLLOWED_LINKS = 6
SPACE_PATH = "/espaces/a/b"
RAW_MARKUP = "<hf-fuzz"
FINAL_STATUSES = ("succeeded", "failed", "stopped", "interrupted")
SETTINGS = {
    "TESTING": True,  # exceptions reach us
    "RUNS_PER_MINUTE": 1_000_000,
    "CALL_DEADLINE_SECONDS": CALL_DEADLINE_SECONDS,
    "INSTRUCTOR_PASSWORD": "",
}


@dataclass
class StageReport:
    """What an example did: the costliest step in seconds of processor, which pages it reached, what is wrong."""

    cpu_seconds: float = 0.0
    reached: list[str] = field(default_factory=list)
    faults: list[dict[str, str]] = field(default_factory=list)

    def add(self, kind: str, where: str, detail: str = "") -> None:
        self.faults.append({"kind": kind, "where": where, "detail": detail[:2_000]})


class ExceptionLog(logging.Handler):
    """Collects exceptions that threads of the site log and nobody sees."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            self.seen.append(record.exc_info[1])


def locate_frames(frames: list[tuple[str, int, str]]) -> str:
    """Name the place of a stack by its innermost frame of ours and, if it is another, the library that it called.

    Args:
        frames: file, line and function, the innermost first.
    """
    named = [(re.sub(r".*/(site-packages|lib/python[\d.]+)/", "", name), function) for name, _, function in frames]
    ours = next((f"{name.partition('hfcourse/')[2]}:{function}" for name, function in named if "hfcourse/" in name), "")
    inner = f"{named[0][0]}:{named[0][1]}" if named and "hfcourse/" not in named[0][0] else ""
    return " < ".join(filter(None, [inner, ours])) or "unknown"


def locate_exception(error: BaseException) -> str:
    """Name the place where an exception was raised."""
    stack = traceback.extract_tb(error.__traceback__)
    return locate_frames([(each.filename, each.lineno or 0, each.name) for each in reversed(stack)])


class Stage:
    """One site and one Space for many examples."""

    def __init__(self, folder: Path) -> None:
        self.space = FakeSpace()
        (folder / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{self.space.url}"\n')
        self.app = create_app({"INSTANCE": str(folder), **SETTINGS})
        self.database = folder / "hfcourse.sqlite"
        self.browser = self.app.test_client()
        self.log = ExceptionLog()
        logging.getLogger().addHandler(self.log)
        self.report = StageReport()

    def close(self) -> None:
        close_app(self.app)
        self.space.close()

    def begin(self) -> None:
        """Forget the example before: what it cost, and what the site knows of the Space."""
        self.report, self.log.seen = StageReport(), []
        self.space.reset()
        if "directory" in self.app.extensions:
            forget_space_descriptions(self.app)

    def finish(self) -> StageReport:
        """Report what the example cost and broke, in threads that nobody watches too."""
        for error in self.log.seen:
            self.report.add("exception", locate_exception(error), repr(error))
        return self.report

    @contextmanager
    def measure_step(self, name: str) -> Iterator[None]:
        """Give a step its budget: beyond it and some seconds more, the kernel ends the process."""
        begun = time.process_time()
        limit = int(begun + MAX_STEP_CPU_SECONDS) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        try:
            yield
        except Exception as error:
            self.report.add("exception", locate_exception(error), repr(error))
        spent = time.process_time() - begun
        self.report.cpu_seconds = max(self.report.cpu_seconds, spent)
        if spent > MAX_STEP_CPU_SECONDS and spent / measure_slowness() > MAX_STEP_CPU_SECONDS:
            self.report.add("processor", name, f"{spent:.1f} s")

    def open(self, address: str, **options: Any) -> str:
        """Get a page; its text, '' if there is none."""
        text = ""
        with self.measure_step(f"GET {re.sub('/[0-9]+', '/#', re.sub('essais/[^/.]+', 'essais/ID', address))}"):
            text = self.check(address, self.browser.get(address, **options))
        return text

    def check(self, address: str, answer: Response, typed_bytes: int = 0) -> str:
        """Note what is wrong with an answer; its text if it is a page. A form gives back what was typed into it."""
        where = re.sub(r"essais/[^/.]+", "essais/ID", urlsplit(address).path)
        if answer.status_code >= 500 and answer.status_code != 503:
            self.report.add("status", where, str(answer.status_code))
        self.report.reached.append(f"{where} {answer.status_code}")
        is_page = answer.mimetype == "text/html" and "sandbox" not in answer.headers.get("Content-Security-Policy", "")
        if not is_page:
            return ""
        text = answer.get_data(as_text=True)
        if len(answer.data) > MAX_PAGE_BYTES + PAGE_BYTES_PER_TYPED_BYTE * typed_bytes:
            self.report.add("page-size", f"{where} {find_heaviest(text)}", f"{len(answer.data)} bytes")
        if RAW_MARKUP in text:
            self.report.add("markup", where, text[max(0, text.find(RAW_MARKUP) - 200) :][:400])
        return text

    def describe_as(self, config: str, info: str) -> None:
        """Make the Space describe itself so."""
        self.space.answers["/config"] = lambda exchange: exchange.reply(config.encode())
        self.space.answers["/info"] = lambda exchange: exchange.reply(info.encode())

    def wait_for_end(self, run_id: str) -> str:
        """Wait until a run is over, by looking into the database: a page would cost something itself."""
        until, status = time.monotonic() + RUN_WAIT_SECONDS, ""
        while status not in FINAL_STATUSES and time.monotonic() < until:
            time.sleep(0.01)
            connection = sqlite3.connect(self.database, timeout=5)
            (status,) = connection.execute("SELECT status FROM runs WHERE id = ?", [run_id]).fetchone() or ("",)
            connection.close()
        return status

    def post(self, page: str, endpoint: str, fields: MultiDict[str, Any]) -> None:
        """Send the form of a page; follow the run that it makes."""
        hidden = [("csrf_token", read_csrf(page)), ("space", "a/b"), ("endpoint", endpoint)]
        boundary, body = encode_multipart(MultiDict([*hidden, *fields.items(multi=True)]))
        location = ""
        with self.measure_step("POST /essais"):
            answer = self.browser.post("/essais", data=body, content_type=f"multipart/form-data; boundary={boundary}")
            self.check("/essais", answer, len(body))
            location = answer.headers.get("Location", "")
        if re.fullmatch(r"/essais/[\w-]+", location):
            self.follow(location)

    def follow(self, location: str) -> None:
        """Wait for the end of a run, then open its page and everything that its page links to."""
        with self.measure_step("the run"):
            if (status := self.wait_for_end(location.rpartition("/")[2])) not in FINAL_STATUSES:
                self.report.add("deadline", "the run", status)
        page = self.open(location)
        self.open(f"{location}/statut")
        links = dict.fromkeys(re.findall(rf'="({location}[/.][^"?#]*)"', page))
        kinds = {
            re.sub(r"\d+", "#", link): link for link in links if not re.search("arreter|supprimer|refaire|flux", link)
        }
        for link in list(kinds.values())[:MAX_FOLLOWED_LINKS]:
            self.open(link)
        self.open(f"{location}.json")
        self.open("/essais/")
        self.open(f"{SPACE_PATH}?essai={location.rpartition('/')[2]}")


def find_heaviest(page: str) -> str:
    """Name the output or the control that takes most of a page."""
    parts = re.split(r'data-component="|data-control="|name="arg-', page)
    heaviest = max(parts[1:], key=len, default="")
    return re.sub(r"\d+", "#", heaviest.partition('"')[0])[:30] or "elsewhere"


def read_csrf(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]*)"|value="([^"]*)"[^>]* name="csrf_token"', page)
    return (found[1] or found[2]) if found else ""
