"""What an example is tried on: a site, asked as a browser asks it, and a Space on loopback that says what it is told.

Everything passes through the site's own doors (HTTP to the Space, forms and pages to the browser), so that limits are
tested where they stand. Each step has a budget of processor time, each page a limit of bytes.
"""

import io
import logging
import os
import re
import resource
import sqlite3
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart
from werkzeug.wrappers import Response

from hfcourse import create_app
from tests.conftest import end, forget_spaces
from tests.fuzz.recipes import render
from tests.spaces.fake import CONFIG, INFO, Exchange, FakeSpace, component

MAX_STEP_CPU_SECONDS = 2.0
MAX_PAGE_BYTES = 1_500_000
PAGE_BYTES_PER_TYPED_BYTE = 5  # a quotation mark is five characters in HTML
MAX_MESSAGE_BYTES = 2_050_000  # a little above what the site reads of one
MAX_FORM_BYTES = 1_950_000  # a little below what the site reads of a form without its files
CALL_DEADLINE_SECONDS, RUN_WAIT_SECONDS = 10, 20
MAX_DESCRIBED_ENDPOINTS, MAX_FOLLOWED_LINKS = 2, 6
SPACE = "/espaces/a/b"
RAW_MARKUP = "<hf-fuzz"
OVER = ("succeeded", "failed", "stopped", "interrupted")
SETTINGS = {
    "TESTING": True,  # exceptions reach us
    "RUNS_PER_MINUTE": 1_000_000,
    "CALL_DEADLINE_SECONDS": CALL_DEADLINE_SECONDS,
    "INSTRUCTOR_PASSWORD": "",
}


@dataclass
class Report:
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
        self.report = Report()

    def close(self) -> None:
        end(self.app)
        self.space.close()

    def try_out(self, target: str, example: dict[str, Any]) -> Report:
        """Run one example on its target and report what it cost and broke."""
        self.report, self.log.seen = Report(), []
        self.space.prepare()
        if "directory" in self.app.extensions:
            forget_spaces(self.app)
        TARGETS[target](self, example)
        for error in self.log.seen:
            self.report.add("exception", locate_exception(error), repr(error))
        return self.report

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
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
        if spent > MAX_STEP_CPU_SECONDS:
            self.report.add("processor", name, f"{spent:.1f} s")

    def open(self, address: str, **options: Any) -> str:
        """Get a page; its text, '' if there is none."""
        text = ""
        with self.step(f"GET {re.sub('/[0-9]+', '/#', re.sub('essais/[^/.]+', 'essais/ID', address))}"):
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
        while status not in OVER and time.monotonic() < until:
            time.sleep(0.01)
            connection = sqlite3.connect(self.database, timeout=5)
            (status,) = connection.execute("SELECT status FROM runs WHERE id = ?", [run_id]).fetchone() or ("",)
            connection.close()
        return status

    def follow(self, location: str) -> None:
        """Wait for the end of a run, then open its page and everything that its page links to."""
        with self.step("the run"):
            if (status := self.wait_for_end(location.rpartition("/")[2])) not in OVER:
                self.report.add("deadline", "the run", status)
        page = self.open(location)
        self.open(f"{location}/statut", headers={"HX-Request": "true"})
        links = dict.fromkeys(re.findall(rf'="({location}[/.][^"?#]*)"', page))
        kinds = {
            re.sub(r"\d+", "#", link): link for link in links if not re.search("arreter|supprimer|refaire|flux", link)
        }
        for link in list(kinds.values())[:MAX_FOLLOWED_LINKS]:
            self.open(link)
        self.open(f"{location}.json")
        self.open("/essais/")
        self.open(f"{SPACE}?essai={location.rpartition('/')[2]}")


def find_heaviest(page: str) -> str:
    """Name the output or the control that takes most of a page."""
    parts = re.split(r'data-component="|data-control="|name="arg-', page)
    heaviest = max(parts[1:], key=len, default="")
    return re.sub(r"\d+", "#", heaviest.partition('"')[0])[:30] or "elsewhere"


def read_csrf(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]*)"|value="([^"]*)"[^>]* name="csrf_token"', page)
    return (found[1] or found[2]) if found else ""


def try_description(stage: Stage, example: dict[str, Any]) -> None:
    """A Space describes itself: its page is opened, then those of some of its endpoints, then with a refused form."""
    stage.describe_as(render(example["config"]), render(example["info"]))
    page = stage.open(SPACE)
    found = re.findall(r'data-endpoint="([^"]*)"|[?&]endpoint=([^"&]*)"', page)
    names = list(dict.fromkeys(shown or linked for shown, linked in found))
    for name in names[:MAX_DESCRIBED_ENDPOINTS]:
        stage.open(f"{SPACE}?endpoint={name}")
    if page:
        stage_post(stage, page, names[0] if names else "/f0", MultiDict())


def try_answer(stage: Stage, example: dict[str, Any]) -> None:
    """A call whose messages and values are those of the example; then the pages of the run."""
    kinds = example["kinds"]
    props = {"language": example["language"]} if example["language"] else {}
    outputs = [component(10 + number, kind.lower(), label=kind, **props) for number, kind in enumerate(kinds)]
    dependency = {**CONFIG["dependencies"][0], "outputs": [each["id"] for each in outputs]}  # type: ignore[dict-item]
    stage.space.config = {"components": [component(1, "textbox"), *outputs], "dependencies": [dependency]}
    returns = [{"label": kind, "type": {}, "component": kind} for kind in kinds]
    stage.space.info = {"named_endpoints": {"/echo": {**INFO["named_endpoints"]["/echo"], "returns": returns}}}
    for address in ("/config", "/info"):
        stage.space.answers.pop(address, None)
    messages = list(write_messages(example))
    stage.space.answers["/queue/data"] = lambda exchange: tell(stage.space, exchange, messages)
    page = stage.open(SPACE)
    stage_post(stage, page, "/echo", MultiDict({"arg-words": "x"}))


def write_messages(example: dict[str, Any]) -> Iterator[str]:
    """The messages of a call as JSON texts, without their event: what comes on the way, the diffs, the end."""
    for extra in example["extras"]:
        if len(message := render(extra, MAX_MESSAGE_BYTES)) > 2:
            yield message
    final = render(example["final"], MAX_MESSAGE_BYTES)
    if example["diffs"] and example["diff_count"]:
        yield f'{{"msg":"process_generating","success":true,"output":{{"data":{final}}}}}'
        one = ["items", [["items", [["json", action], ["json", way], put]] for action, way, put in example["diffs"]]]
        diff = render(["list", one, len(example["kinds"])], MAX_MESSAGE_BYTES // 20)
        for _ in range(example["diff_count"]):
            yield f'{{"msg":"process_generating","success":true,"output":{{"data":{diff}}}}}'
    yield f'{{"msg":"process_completed","success":true,"output":{{"data":{final}}}}}'


def tell(space: FakeSpace, exchange: Exchange, messages: list[str]) -> None:
    """Send messages to the session that asks, each with the number of its event."""
    session = parse_qs(urlsplit(exchange.request.target).query)["session_hash"][0]
    event_id, _ = space._joined[session]
    exchange.start()
    for message in messages:
        exchange.piece(f'data: {{"event_id":"{event_id}",{message[1:]}\n\n'.encode())
    exchange.message(msg="close_stream", event_id=None)
    exchange.piece(b"")


def try_form(stage: Stage, example: dict[str, Any]) -> None:
    """Texts and files in the controls of a Space that has every component; if they are taken, the run's pages."""
    whole = {part: render(["data", "every_component", part, [], ["json", None]]) for part in ("config", "info")}
    stage.describe_as(**whole)
    stage.space.answers.pop("/queue/data", None)
    page = stage.open(f"{SPACE}?endpoint={example['endpoint']}")
    names = list(dict.fromkeys(re.findall(r'name="(arg-[^"]*)"', page)))
    if names:
        stage_post(stage, page, example["endpoint"], fill_form(example, names))


def fill_form(example: dict[str, Any], names: list[str]) -> MultiDict[str, Any]:
    """The fields of a posted form: each text goes to the control of its number; `json` in other words, too."""
    fields: MultiDict[str, Any] = MultiDict((name, "") for name in names)
    for place, recipe, times in example["texts"]:
        text = unquote(render(recipe, MAX_FORM_BYTES // times))
        fields.setlist(names[place % len(names)], [text] * times)
    for place, recipe in example["json"]:
        fields[names[place % len(names)]] = render(recipe, MAX_FORM_BYTES)
    for place, name, content in example["files"]:
        data = unquote(render(content, MAX_FORM_BYTES)).encode(errors="replace")
        fields[names[place % len(names)]] = FileStorage(io.BytesIO(data), unquote(render(name)) or "a")
    for name, recipe in example["extras"]:
        fields[unquote(render(name)) or "x"] = unquote(render(recipe, MAX_FORM_BYTES))
    return fields


def unquote(written: str) -> str:
    """The string of a JSON text, the text itself if it is another value; what no form can carry is replaced."""
    import json

    text = json.loads(written) if written.startswith('"') else written
    return text.encode("utf-8", "replace").decode()


def stage_post(stage: Stage, page: str, endpoint: str, fields: MultiDict[str, Any]) -> None:
    """Send a form; follow the run that it makes."""
    fields = MultiDict(
        [("csrf_token", read_csrf(page)), ("space", "a/b"), ("endpoint", endpoint), *fields.items(multi=True)]
    )
    boundary, body = encode_multipart(fields)
    location = ""
    with stage.step("POST /essais"):
        answer = stage.browser.post("/essais", data=body, content_type=f"multipart/form-data; boundary={boundary}")
        stage.check("/essais", answer, len(body))
        location = answer.headers.get("Location", "")
    if re.fullmatch(r"/essais/[\w-]+", location):
        stage.follow(location)


def try_self(stage: Stage, example: dict[str, Any]) -> None:
    """Do harm on purpose, so that a test sees each limit hold."""
    with stage.step("harm"):
        if example["harm"] == "processor":
            re.match(r"(a|a)*b", "a" * 60)  # one call, which takes for ever and keeps the interpreter's lock
        elif example["harm"] == "memory":
            bytearray(4_000_000_000)
        elif example["harm"] == "end":
            os._exit(3)
        elif example["harm"] == "exception":
            raise ValueError("on purpose")
        else:
            stage.check("/harm", stage.app.response_class(example["harm"], mimetype="text/html"))


TARGETS: dict[str, Callable[[Stage, dict[str, Any]], None]] = {
    "description": try_description,
    "answer": try_answer,
    "form": try_form,
    "self": try_self,
}
