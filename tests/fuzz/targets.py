"""What an example is tried on: the description of a Space, a call of it, its form."""

import io
import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.datastructures import FileStorage, MultiDict

from tests.fuzz.recipes import render
from tests.fuzz.stage import SPACE_PATH, Stage, StageReport
from tests.spaces.fake_servers import ECHO_CONFIG, ECHO_INFO, Exchange, FakeSpace, make_component

MAX_MESSAGE_BYTES = 2_050_000  # a little above what the site reads of one
MAX_FORM_BYTES = 1_950_000  # a little below what the site reads of a form without its files
MAX_REPEATED_FIELDS = 20_000  # far more than the site takes; a million cost this process seconds to encode
MAX_DESCRIBED_ENDPOINTS = 2


def try_description(stage: Stage, example: dict[str, Any]) -> None:
    """A Space describes itself: its page is opened, then those of some of its endpoints, then with a refused form."""
    stage.describe_as(render(example["config"]), render(example["info"]))
    page = stage.open(SPACE_PATH)
    found = re.findall(r'data-endpoint="([^"]*)"|[?&]endpoint=([^"&]*)"', page)
    names = list(dict.fromkeys(shown or linked for shown, linked in found))
    for name in names[:MAX_DESCRIBED_ENDPOINTS]:
        stage.open(f"{SPACE_PATH}?endpoint={name}")
    if page:
        stage.post(page, names[0] if names else "/f0", MultiDict())


def try_answer(stage: Stage, example: dict[str, Any]) -> None:
    """A call whose messages and values are those of the example; then the pages of the run."""
    kinds = example["kinds"]
    props = {"language": example["language"]} if example["language"] else {}
    outputs = [make_component(10 + number, kind.lower(), label=kind, **props) for number, kind in enumerate(kinds)]
    dependency = {**ECHO_CONFIG["dependencies"][0], "outputs": [each["id"] for each in outputs]}  # type: ignore[dict-item]
    stage.space.config = {"components": [make_component(1, "textbox"), *outputs], "dependencies": [dependency]}
    returns = [{"label": kind, "type": {}, "component": kind} for kind in kinds]
    stage.space.info = {"named_endpoints": {"/echo": {**ECHO_INFO["named_endpoints"]["/echo"], "returns": returns}}}
    for address in ("/config", "/info"):
        stage.space.answers.pop(address, None)
    messages = list(write_messages(example))
    stage.space.answers["/queue/data"] = lambda exchange: stream_messages(stage.space, exchange, messages)
    page = stage.open(SPACE_PATH)
    stage.post(page, "/echo", MultiDict({"arg-words": "x"}))


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


def stream_messages(space: FakeSpace, exchange: Exchange, messages: list[str]) -> None:
    """Send messages to the session that asks, each with the number of its event."""
    session = parse_qs(urlsplit(exchange.request.target).query)["session_hash"][0]
    event_id, _ = space.find_joined_call(session)
    exchange.start_chunked()
    for message in messages:
        exchange.send_chunk(f'data: {{"event_id":"{event_id}",{message[1:]}\n\n'.encode())
    exchange.send_event(msg="close_stream", event_id=None)
    exchange.send_chunk(b"")


def try_form(stage: Stage, example: dict[str, Any]) -> None:
    """Texts and files in the controls of a Space that has every component; if they are taken, the run's pages."""
    whole = {part: render(["data", "every_component", part, [], ["json", None]]) for part in ("config", "info")}
    stage.describe_as(**whole)
    stage.space.answers.pop("/queue/data", None)
    page = stage.open(f"{SPACE_PATH}?endpoint={example['endpoint']}")
    names = list(dict.fromkeys(re.findall(r'name="(arg-[^"]*)"', page)))
    if names:
        stage.post(page, example["endpoint"], fill_form(example, names))


def fill_form(example: dict[str, Any], names: list[str]) -> MultiDict[str, Any]:
    """The fields of a posted form: each text goes to the control of its number; `json` in other words, too."""
    fields: MultiDict[str, Any] = MultiDict((name, "") for name in names)
    for place, recipe, times in example["texts"]:
        count = min(times, MAX_REPEATED_FIELDS)
        text = unquote(render(recipe, MAX_FORM_BYTES // max(1, count)))
        fields.setlist(names[place % len(names)], [text] * count)
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
    text = json.loads(written) if written.startswith('"') else written
    return text.encode("utf-8", "replace").decode()


def try_self(stage: Stage, example: dict[str, Any]) -> None:
    """Do harm on purpose, so that a test sees each limit hold."""
    with stage.measure_step("harm"):
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


def try_out(stage: Stage, target: str, example: dict[str, Any]) -> StageReport:
    """Try one example on its target and report what it cost and broke."""
    stage.begin()
    TARGETS[target](stage, example)
    return stage.finish()
