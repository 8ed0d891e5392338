"""One server on loopback that is a hundred hostile Spaces, `/<mode>/`, each hostile in its own way.

Beside it stands another origin, which nobody has any reason to ask anything of. A mode says how its Space
differs from a polite one, and what a student must get to see: `succeeded`, or the code of an error.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.spaces import fake_servers
from tests.spaces.fake_servers import (
    Behaviour,
    Exchange,
    FakeServer,
    FakeSpace,
    Request,
    completed,
    component,
    generating,
)

MARKUP = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7*'7' }}"
LINK = "[lien](javascript:alert(3)) <a href='javascript:alert(4)'>lien</a>"
PAGE = "data:text/html,<script>alert(5)</script>"
MEGABYTE = b"x" * 1_000_000
ODD_NAMES = ("headers", "api_name", "fn_index", "self", "csrf_token", "space", MARKUP, "a b", "é", "x-kept")


class Guest(FakeSpace):
    """One Space among others on the same server, told what is asked of it without its own first part of the path."""

    def __post_init__(self) -> None:
        self.prepare()
        self.requests = []


@dataclass
class Mode:
    """How a Space misbehaves, and the end of a visit to it (`a or b`): is there a form, and how does a run end."""

    end: str
    space: dict[str, Any] = field(default_factory=dict)
    has_form: bool = True


class Hostile(FakeServer):
    """All modes, on one port; `requests` holds everything that was asked of any of them."""

    def __init__(self, other: str, canary: Path) -> None:
        self.modes = modes(other, canary)
        self.guests = {name: Guest(**mode.space) for name, mode in self.modes.items()}
        self.in_progress = 0
        self._counting = threading.Lock()
        super().__init__(self.behave)

    def behave(self, exchange: Exchange) -> None:
        """Hand the request to the Space that it is for."""
        name, _, rest = exchange.request.target.removeprefix("/").partition("/")
        exchange.request = replace(exchange.request, target="/" + rest)
        guest = self.guests[name]
        guest.requests.append(exchange.request)
        with self._count():
            guest.behave(exchange)

    @contextmanager
    def _count(self) -> Iterator[None]:
        """How many answers are being given: a connection that nobody reads any more must have been closed."""
        with self._counting:
            self.in_progress += 1
        try:
            yield
        finally:
            with self._counting:
                self.in_progress -= 1


# --- what a description says ---


def described(*inputs: tuple[str, str, dict[str, Any]], outputs: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """/config and /info of one endpoint: (kind, name, props) of each parameter, (kind, label) of each output."""
    components = [component(number, kind, label=name, **props) for number, (kind, name, props) in enumerate(inputs, 1)]
    shown = [component(number, kind, label=label) for number, (kind, label) in enumerate(outputs, 101)]
    dependency = {
        **fake_servers.CONFIG["dependencies"][0],
        "inputs": [each["id"] for each in components],
        "outputs": [each["id"] for each in shown],
        "targets": [],
    }
    entry = {
        "parameters": [parameter(kind, name, props) for kind, name, props in inputs],
        "returns": [{"label": label, "type": {}, "component": kind.capitalize()} for kind, label in outputs],
    }
    return {
        "config": {"components": components + shown, "dependencies": [dependency]},
        "info": {"named_endpoints": {"/echo": entry}},
    }


def parameter(kind: str, name: str, props: dict[str, Any]) -> dict[str, Any]:
    return {
        "parameter_name": name,
        "label": props.get("label_in_info", name),
        "parameter_has_default": "value" in props,
        "parameter_default": props.get("value"),
        "type": {} if kind in ("json", "gallery") else {"type": "string"},
        "component": kind.capitalize(),
    }


def returns(*values: tuple[str, Any], **more: Any) -> dict[str, Any]:
    """A Space whose endpoint gives these values: (kind of the component, value)."""
    outputs = tuple((kind, f"Sortie {number}") for number, (kind, _) in enumerate(values))
    given = [completed([value for _, value in values])]
    return {"messages": given, **described(("textbox", "words", {}), outputs=outputs), **more}


def file_data(path: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "fichier.bin", **more}


def gives_file(path: str = "/tmp/f.bin", behaviour: Behaviour | None = None, **more: Any) -> dict[str, Any]:
    """A Space that gives one file, and hands it out in this way."""
    return returns(("file", file_data(path, **more)), answers={"f.bin": behaviour} if behaviour else {})


def takes_file(behaviour: Behaviour) -> dict[str, Any]:
    """A Space that wants a file, and receives it in this way."""
    return {
        **described(("file", "piece", {}), outputs=(("textbox", "Sortie"),)),
        "answers": {"/upload": behaviour},
        "messages": [completed(["reçu"])],
    }


def marked_description() -> dict[str, Any]:
    """Markup wherever a description has words, and in every kind of output."""
    inputs = (
        ("textbox", "words", {"label_in_info": MARKUP, "info": MARKUP, "placeholder": MARKUP, "value": MARKUP}),
        ("dropdown", "choice", {"choices": [[MARKUP, MARKUP], ["b", "b"]], "value": MARKUP}),
        ("radio", "one", {"choices": [[MARKUP, "a"]], "value": "a", "label_in_info": LINK}),
        ("checkboxgroup", "some", {"choices": [[MARKUP, "a"]], "value": ["a"]}),
        ("dataframe", "table", {"headers": [MARKUP, "b"], "value": {"headers": [MARKUP, "b"], "data": [[MARKUP, 1]]}}),
        ("code", "source", {"value": MARKUP, "language": MARKUP}),
        ("json", "anything", {"value": {"headers": ["a"], "data": [[MARKUP]]}}),
        ("file", "piece", {"file_types": [MARKUP, ".txt"]}),
        (MARKUP, "unknown", {"value": MARKUP}),
    )
    values = marked_values()
    space = described(*inputs, outputs=tuple((kind, MARKUP) for kind, _ in values))
    button = component(201, "button", value=MARKUP)
    space["config"]["components"].append(button)
    space["config"]["dependencies"][0]["targets"] = [[201, "click"]]
    space["config"] |= {"title": MARKUP, "description": MARKUP}
    space["info"]["named_endpoints"]["/echo"] |= {"description": MARKUP}
    messages = [
        {"msg": "log", "log": MARKUP, "level": MARKUP, "title": MARKUP},
        {"msg": "progress", "progress_data": [{"desc": MARKUP, "unit": MARKUP, "progress": 0.5}]},
        generating([value for _, value in values]),
        completed([value for _, value in values]),
    ]
    return {**space, "messages": messages, "saved": f"<html>{MARKUP}</html>".encode()}


def marked_values() -> list[tuple[str, Any]]:
    """Each kind of output that carries words, with markup in it."""
    return [
        ("textbox", MARKUP + LINK),
        ("html", MARKUP + LINK),
        ("markdown", MARKUP + LINK),
        ("code", MARKUP),
        ("json", {MARKUP: [MARKUP]}),
        ("label", {"label": MARKUP, "confidences": [{"label": MARKUP, "confidence": 0.5}]}),
        ("dataframe", {"headers": [MARKUP], "data": [[MARKUP]]}),
        ("highlightedtext", [{"token": MARKUP, "class_or_confidence": MARKUP}]),
        ("chatbot", [{"role": MARKUP, "content": MARKUP}, {"role": "user", "content": [{"text": MARKUP}]}]),
        ("plot", {"type": "matplotlib", "plot": PAGE}),
        ("plot", {"type": "matplotlib", "plot": "data:image/svg+xml,<svg onload=alert(6)>"}),
        ("image", {"path": None, "url": "data:image/svg+xml,<svg onload=alert(7)>"}),
        ("image", {"url": "javascript:alert(8)", **file_data("/tmp/page.png", orig_name=MARKUP + ".png")}),
        ("gallery", [{"image": file_data("/tmp/page.html", orig_name=MARKUP), "caption": MARKUP}]),
        ("file", file_data("/tmp/page.svg", orig_name='x"\r\nX-Evil: 1\r\n\r\n' + MARKUP)),
        (MARKUP, MARKUP),
    ]


# --- behaviours beside those of fake_servers.py ---


def drip_info(exchange: Exchange) -> None:
    """Interim answers for ever: none of them is the answer."""
    while True:
        exchange.raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def endless_head(exchange: Exchange) -> None:
    exchange.raw(b"HTTP/1.1 200 OK\r\n")
    while True:
        exchange.raw(b"X-Filler: " + b"x" * 60_000 + b"\r\n")


def bad_chunks(exchange: Exchange) -> None:
    exchange.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n")
    exchange.hang_up()


def no_content(exchange: Exchange) -> None:
    exchange.raw(b"HTTP/1.1 204 No Content\r\n\r\n")


def negative_length(exchange: Exchange) -> None:
    exchange.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: -5\r\n\r\n{}")
    exchange.hang_up()


def hidden_gzip(exchange: Exchange) -> None:
    """Compressed, and not saying so."""
    exchange.reply(b"\x1f\x8b\x08" + b"\0" * 100)


def huge(exchange: Exchange) -> None:
    """A body that announces 300 MB, and sends them."""
    exchange.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 300000000\r\n\r\ndata: ")
    for _ in range(300):
        exchange.raw(MEGABYTE)


def repeat(*messages: Any, pause: float = 0.0) -> Behaviour:
    """A stream that repeats these messages for ever."""

    def tell(exchange: Exchange) -> None:
        exchange.start()
        lines = [f"data: {json.dumps({'event_id': 'event-1'} | each)}\n\n" for each in messages]
        written = "".join(lines).encode() * (1 if pause else 40)  # as fast as it can
        while not exchange.server.closing.wait(pause):
            exchange.piece(written)

    return tell


def diffs(exchange: Exchange) -> None:
    """A generator whose value grows by 100 MB, as differences."""
    exchange.start()
    exchange.message(event_id="event-1", **generating([""]))
    for _ in range(1000):
        exchange.message(event_id="event-1", **generating([[["append", [], "x" * 100_000]]]))


def never_ends(exchange: Exchange) -> None:
    """A generator without end, after a first whole value."""
    exchange.start()
    exchange.message(event_id="event-1", **generating(["premier"]))
    count = 0
    while not exchange.server.closing.wait(0.05):
        count += 1
        exchange.message(event_id="event-1", **generating([[["replace", [], f"valeur {count}"]]]))


def cut(exchange: Exchange) -> None:
    """Half of a message."""
    exchange.start()
    exchange.message(event_id="event-1", **generating(["premier"]))
    exchange.piece(b'data: {"msg": "process_comp')
    exchange.hang_up()


def sets_cookie(answer: Callable[[], Any]) -> Behaviour:
    return lambda exchange: exchange.reply(answer(), Set_Cookie="visitor=space; Path=/; HttpOnly")


def echoes(kind: str) -> Behaviour:
    """Everything that came with the request, in every place where words can stand."""

    def tell(exchange: Exchange) -> None:
        words = json.dumps(dict(exchange.request.headers))
        end: dict[str, Any] = completed([words, {words: [words]}, file_data("/tmp/echo.txt", orig_name=words)])
        if kind == "error":
            end = fake_servers.failed(error=words, title=words)
        elif kind == "cut":  # our own limit of an author's words must not leave half of a token unmasked
            bearer = exchange.request.headers.get("x-hf-authorization", "")
            end = fake_servers.failed(error="x" * (480 - len("Bearer ")) + bearer)
        exchange.start()
        for message in (
            {"msg": "log", "log": words, "level": words},
            {"msg": "progress", "progress_data": [{"desc": words, "unit": words}]},
            generating([words, {words: 1}, None]),
            end,
        ):
            exchange.message(event_id="event-1", **message)
        exchange.message(msg="close_stream")
        exchange.piece(b"")

    return tell


def echoing(kind: str = "") -> dict[str, Any]:
    """A Space that repeats what it is sent, its description included."""
    space = described(("textbox", "words", {}), outputs=(("textbox", "Mots"), ("json", "JSON"), ("file", "Fichier")))

    def repeat_in_info(exchange: Exchange) -> None:
        words = json.dumps(dict(exchange.request.headers))
        told = json.loads(json.dumps(space["info"]))
        entry = told["named_endpoints"]["/echo"]
        entry["description"] = entry["parameters"][0]["label"] = entry["returns"][0]["label"] = words
        entry["parameters"][0]["parameter_name"] = "words" + words
        entry["parameters"][0]["parameter_default"] = words
        exchange.reply(told)

    def repeat_in_file(exchange: Exchange) -> None:
        exchange.reply(json.dumps(dict(exchange.request.headers)).encode(), kind="text/plain")

    return {**space, "answers": {"/info": repeat_in_info, "/queue/data": echoes(kind), "echo.txt": repeat_in_file}}


def echoing_the_address(exchange: Exchange) -> None:
    """The Space's own address, as a Space that knows it writes it."""
    host = exchange.request.headers["host"]
    exchange.start()
    words = f"http://{host}/address/gradio_api/file=x http://{host} http://{host}/other {host}"
    exchange.message(event_id="event-1", msg="log", log=words, level="info")
    exchange.message(event_id="event-1", **completed([words]))
    exchange.piece(b"")


def drips_pieces(exchange: Exchange) -> None:
    """A file, one byte at a time."""
    exchange.start("application/octet-stream")
    fake_servers.drip(exchange.piece, exchange)


def odd(data: bytes) -> dict[str, Any]:
    """The stream's last message with these raw bytes as its data."""
    said = b'data: {"msg": "process_completed", "event_id": "event-1", "success": true, "output": {"data": ' + data
    return {"answers": {"/queue/data": fake_servers.stream_of(said + b"}}\n\n")}}


def at(path: str, behaviour: Behaviour) -> dict[str, Any]:
    return {"answers": {path: behaviour}}


def told(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"messages": list(messages)}


def modes(other: str, canary: Path) -> dict[str, Mode]:
    """Every mode by its name; `canary` is a file of the server that no Space may ever see."""
    return {
        **{name: Mode(end, space, has_form=False) for name, (end, space) in describing(other, canary).items()},
        **{name: Mode(end, space) for name, (end, space) in (joining(other) | streaming(other)).items()},
        **{name: Mode(end, space) for name, (end, space) in (answering(other, canary) | handing(other)).items()},
    }


Modes = dict[str, tuple[str, dict[str, Any]]]


def describing(other: str, canary: Path) -> Modes:
    """Hostile from the first request on: there is no form, only the reason why."""
    found: Modes = {}
    for part, path in (("config", "/config"), ("info", "/info")):
        answers: dict[str, tuple[str, Behaviour]] = {
            "silent": ("timeout", fake_servers.silent),
            "drip-head": ("timeout", fake_servers.drip_head),
            "drip-body": ("timeout", fake_servers.drip_body),
            "interim": ("timeout", drip_info),
            "endless": ("answer-too-large", fake_servers.endless),
            "endless-head": ("bad-answer", endless_head),
            "closed": ("connection-lost", fake_servers.close_at_once),
            "half": ("connection-lost", fake_servers.close_early),
            "not-http": ("bad-answer", fake_servers.not_http),
            "chunks": ("bad-answer", bad_chunks),
            "negative": ("bad-answer", negative_length),
            "gzip": ("bad-answer", fake_servers.gzipped),
            "hidden-gzip": ("bad-answer", hidden_gzip),
            "redirect": ("bad-answer", fake_servers.redirects(other)),
            "html": ("no-api", fake_servers.html),
            "bad-json": ("bad-answer", fake_servers.bad_json),
            "deep": ("bad-answer", fake_servers.deep_json),
            "401": ("space-login", fake_servers.says({"detail": MARKUP}, 401)),
            "429": ("too-many-requests", fake_servers.says({}, 429)),
            "404": ("no-api", fake_servers.says({}, 404)),
            "204": ("bad-answer", no_content),
            **{str(status): ("bad-answer", fake_servers.says({}, status)) for status in (400, 422, 500)},
            "403": ("space-login", fake_servers.says({}, 403)),
            "502": ("connection-lost", fake_servers.says({}, 502)),
            "503": ("space-sleeping", fake_servers.says({}, 503)),
            "504": ("timeout", fake_servers.says({}, 504)),
            "login": ("space-login", fake_servers.redirects(f"{other}/login")),
        }
        found |= {f"{part}-{name}": (code, at(path, answer)) for name, (code, answer) in answers.items()}
    nonsense = {
        "no-dependencies": ("no-api", {"config": {"dependencies": 5}}),
        "components-of-nothing": ("bad-answer", {"config": {"components": [None, 5, {}]}}),
        "no-endpoints": ("no-api", {"info": {"named_endpoints": {}}}),
        "endpoints-of-nothing": ("bad-answer", {"info": {"named_endpoints": {"/echo": None}}}),
        "info-is-a-list": ("bad-answer", at("/info", fake_servers.says([]))),
        "version-markup": ("bad-answer", {"config": {"version": MARKUP}}),
        "gradio-3": ("space-too-old", {"config": {"protocol": "ws"}}),
        "unknown-protocol": ("space-too-old", {"config": {"protocol": [MARKUP]}}),
        "lent-401-config": ("token-rejected", at("/config", fake_servers.says({}, 401))),
        "lent-401-info": ("token-rejected", at("/info", fake_servers.says({}, 401))),
    }
    prefixes = (
        f"{other}/x",
        "//127.0.0.1:9/x",
        "/../..",
        "@127.0.0.1:9",
        "/a\r\nX-Evil: 1",
        "/a?b=",
        5,
        f"file://{canary}",
    )
    elsewhere = {f"prefix-{n}": ("bad-answer", {"config": {"api_prefix": each}, "answers": at_config(each)})
                 for n, each in enumerate(prefixes)}  # fmt: skip
    return found | nonsense | elsewhere


def at_config(prefix: Any) -> dict[str, Behaviour]:
    """The polite configuration with this prefix, which the Space itself does not serve."""
    return {"/config": fake_servers.says(fake_servers.CONFIG | {"api_prefix": prefix})}


def joining(other: str) -> Modes:
    """Hostile when a call is put into its queue, or a file sent to it."""
    answers: dict[str, tuple[str, Behaviour]] = {
        "silent": ("timeout", fake_servers.silent),
        "drip-head": ("timeout", fake_servers.drip_head),
        "drip-body": ("timeout", fake_servers.drip_body),
        "interim": ("timeout", drip_info),
        "endless": ("answer-too-large", fake_servers.endless),
        "gzip": ("bad-answer", fake_servers.gzipped),
        "redirect": ("bad-answer", fake_servers.redirects(other)),
        "html": ("bad-answer", fake_servers.html),
        "closed": ("connection-lost", fake_servers.close_at_once),
        "chunks": ("bad-answer", bad_chunks),
        "deep": ("bad-answer", fake_servers.deep_json),
        "number": ("bad-answer", fake_servers.says(5)),
        "204": ("bad-answer", no_content),
    }
    statuses = {400: "space-exception", 401: "space-login", 403: "space-login", 404: "endpoint-gone",
                422: "bad-answer", 429: "too-many-requests", 500: "space-exception", 503: "space-sleeping",
                418: "bad-answer", 502: "connection-lost", 504: "timeout", 520: "connection-lost"}  # fmt: skip
    full = {"detail": "Queue is full. Max size is 1 and size is 1."}
    validator = {"detail": [{"__type__": "validate", "is_valid": False, "message": MARKUP}]}
    return {
        **{f"join-{name}": (code, at("/queue/join", answer)) for name, (code, answer) in answers.items()},
        **{f"upload-{name}": (code, takes_file(answer)) for name, (code, answer) in answers.items()},
        **{f"join-{status}": (code, at("/join", fake_servers.says({}, status))) for status, code in statuses.items()},
        "join-full": ("queue-full", at("/join", fake_servers.says(full, 503))),
        "join-validator": ("invalid-input", at("/join", fake_servers.says(validator, 422))),
        "join-long-id": ("bad-answer", at("/join", fake_servers.says({"event_id": "x" * 5000}))),
        "join-no-id": ("bad-answer", at("/join", fake_servers.says({"event_id": {"a": 1}}))),
        "upload-elsewhere": ("succeeded", takes_file(fake_servers.says([f"{other}/x"]))),
    }


def streaming(other: str) -> Modes:
    """Hostile while it tells how the call goes."""
    tick = {"msg": "progress", "progress_data": [{"progress": 0.1, "desc": "encore" * 200}]}
    note = {"msg": "log", "log": "x" * 1500, "level": "info"}
    answers: dict[str, tuple[str, Behaviour]] = {
        "silent": ("timeout", fake_servers.silent),
        "drip-head": ("timeout", fake_servers.drip_head),
        "drip": ("timeout", fake_servers.drip_stream),
        "interim": ("timeout", drip_info),
        "one-event": ("answer-too-large", fake_servers.endless_event),
        "300-mb": ("answer-too-large", huge),
        "flood": ("answer-too-large or timeout", fake_servers.flood),
        "diffs": ("answer-too-large", diffs),
        "logs": ("answer-too-large or timeout", repeat(note)),  # whichever comes first on a busy machine
        "progress-flood": ("answer-too-large or timeout", repeat(tick, tick, tick, tick)),
        "heartbeats": ("timeout", repeat({"msg": "heartbeat"}, pause=0.1)),
        "progress": ("timeout", repeat(tick, pause=0.05)),
        "generator": ("timeout", never_ends),
        "aliens": ("timeout", repeat({"event_id": "other", **completed(["volé"])}, pause=0.1)),
        "gzip": ("bad-answer", fake_servers.gzipped),
        "html": ("bad-answer", fake_servers.html),
        "redirect": ("bad-answer", fake_servers.redirects(other)),
        "404": ("connection-lost", fake_servers.says({"detail": "Session not found."}, 404)),
        "500": ("space-exception", fake_servers.says({}, 500)),
        "502": ("connection-lost", fake_servers.says({}, 502)),
        "504": ("timeout", fake_servers.says({}, 504)),
        "closed": ("connection-lost", fake_servers.close_at_once),
        "ended": ("connection-lost", fake_servers.close_stream_early),
        "cut": ("connection-lost", cut),
        "chunks": ("bad-answer", bad_chunks),
        "nonsense": ("bad-answer", fake_servers.stream_of(b"data: {nonsense\n\n")),
        "not-an-object": ("bad-answer", fake_servers.stream_of(b"data: 5\n\n")),
        "deep": ("bad-answer", fake_servers.stream_of(b"data: " + b"[" * 20_000 + b"\n\n")),
    }
    both_silent = {"/queue/data": fake_servers.silent, "/cancel": fake_servers.silent}
    return {
        **{f"stream-{name}": (code, at("/queue/data", answer)) for name, (code, answer) in answers.items()},
        "cancel-silent": ("timeout", {"answers": both_silent}),
        "cancel-drip": ("timeout",
            {"answers": {"/queue/data": fake_servers.silent, "/cancel": fake_servers.drip_body}}),
        "cancel-elsewhere": ("timeout",
            {"answers": {"/queue/data": fake_servers.silent, "/cancel": fake_servers.redirects(other)}}),
        "server-stopped": ("connection-lost", told({"message": "Server stopped unexpectedly.", "success": False})),
        "session-lost": ("connection-lost", told(
            {"msg": "unexpected_error", "message": "404: Not Found", "session_not_found": True})),
        "unexpected": ("space-exception", told({"msg": "unexpected_error", "message": MARKUP})),
        "aliens-first": ("succeeded", told(completed(["volé"]) | {"event_id": "other"}, completed(["à moi"]))),
        "unknown-kinds": ("succeeded", told({"msg": MARKUP}, {"msg": 5}, {"nothing": 1}, completed(["fin"]))),
        "strange-progress": ("succeeded", told(
            {"msg": "progress", "progress_data": [5, None, {"progress": "x", "index": [], "length": {}, "desc": {}}]},
            {"msg": "progress", "progress_data": [{"progress": 1e300, "index": -5, "length": 0, "desc": "x" * 9999}]},
            {"msg": "estimation", "rank": -(10**30), "queue_size": MARKUP, "rank_eta": 1e300},
            {"msg": "process_starts", "eta": "x"}, completed(["fin"]))),
        "progress-of-nothing": ("bad-answer", told({"msg": "progress", "progress_data": 5})),
    }  # fmt: skip


def answering(other: str, canary: Path) -> Modes:
    """Hostile in what it answers, or in the values that it proposes."""
    lure = file_data(str(canary), url=f"file://{canary}")
    return {
        "good": ("succeeded", {}),
        "markup": ("succeeded", marked_description()),
        "one-name-twice": ("succeeded", described(("textbox", "a", {}), ("textbox", "a", {}), outputs=())),
        "error-markup": ("space-error", told(fake_servers.failed(error=MARKUP + LINK, title=MARKUP, duration=MARKUP))),
        "error-long": ("space-error", told(fake_servers.failed(error="x" * 1_000_000))),
        "error-hidden": ("space-exception", told(fake_servers.failed(error=None))),
        "error-of-nothing": ("space-exception", told({"msg": "process_completed", "success": False, "output": [5]})),
        "error-invisible": ("space-exception", told(fake_servers.failed(error=MARKUP, visible=False))),
        "error-zerogpu": ("space-error", told(fake_servers.failed(error=f"{MARKUP} ZeroGPU quota", title=MARKUP))),
        "error-worker": ("space-exception",
            told(fake_servers.failed(error="RuntimeError", title="ZeroGPU worker error"))),
        "error-quota": ("quota-exceeded",
            told(fake_servers.failed(error="You have exceeded your GPU quota " + MARKUP))),
        "output-null": ("bad-answer", told({"msg": "process_completed", "success": True, "output": None})),
        "output-missing": ("bad-answer", told({"msg": "process_completed", "success": True})),
        "output-text": ("bad-answer", told(completed("texte"))),
        "output-too-many": ("succeeded", told(completed([MARKUP, 2, 3, 4]))),
        "output-too-few": ("succeeded", told(completed([]))),
        "nan": ("succeeded", odd(b"[NaN]")),
        "infinite": ("succeeded", odd(b"[[1e999, -Infinity]]")),
        "surrogate": ("succeeded", odd(b'["\\ud800 demi"]')),
        "surrogate-key": ("succeeded", odd(b'[{"\\ud800": 1}]')),
        "nul": ("succeeded", odd(b'["a\\u0000b"]')),
        "bad-utf-8": ("succeeded", odd(b'["\xff\xfe"]')),
        "deep-value": ("bad-answer", odd(b"[" * 3000 + b"]" * 3000)),
        "huge-number": ("bad-answer", odd(b"[" + b"9" * 5000 + b"]")),
        "large-number": ("succeeded", odd(b"[" + b"9" * 400 + b"]")),
        "wrong-diff": ("bad-answer", told(generating(["a"]), generating([[["append", ["no"], 1]]]))),
        "parameter-names": ("succeeded", {
            **described(*[("textbox", name, {}) for name in ODD_NAMES], outputs=(("textbox", "Sortie"),))}),
        "lure-text": ("succeeded", described(("textbox", "words", {"value": lure}), outputs=(("textbox", "S"),))),
        "lure-json": ("succeeded", described(("json", "words", {"value": lure}), outputs=(("textbox", "S"),))),
        "lure-file": ("succeeded", described(("file", "words", {"value": lure}), outputs=(("textbox", "S"),))),
        "lure-list": ("succeeded", described(("gallery", "words", {"value": [lure]}), outputs=(("textbox", "S"),))),
        "cookies": ("succeeded", {"answers": {
            "/config": sets_cookie(lambda: fake_servers.CONFIG | {"api_prefix": "/gradio_api"}),
            "/info": sets_cookie(lambda: fake_servers.INFO),
            "/queue/join": sets_cookie(lambda: {"event_id": "event-1"})},
            "messages": [{"event_id": "event-1", **completed(["fin"])}]}),
        "address": ("succeeded", at("/queue/data", echoing_the_address)),
        "echo": ("succeeded", echoing()),
        "echo-lent": ("succeeded", echoing()),
        "echo-lent-error": ("space-error", echoing("error")),
        "echo-lent-cut": ("space-error", echoing("cut")),
        "lent-401-join": ("token-rejected", at("/join", fake_servers.says({}, 401))),
    }  # fmt: skip


def handing(other: str) -> Modes:
    """Hostile in the files that it gives."""
    many = [file_data(f"/tmp/{number}.txt") for number in range(500)]
    missing = [file_data(f"/tmp/missing/{number}.gone") for number in range(500)]
    return {
        "file-elsewhere": ("succeeded", gives_file(url=f"{other}/secret", is_stream=True)),
        "file-url": ("succeeded", gives_file(url=f"{other}/secret")),
        "file-dots": ("succeeded", gives_file("/tmp/../../../config")),
        "file-encoded-dots": ("succeeded", gives_file("/tmp/%2e%2e/%2e%2e/config")),
        "file-is-url": ("succeeded", gives_file(f"{other}/secret")),
        "file-is-authority": ("succeeded", gives_file(f"//{other.removeprefix('http://')}/secret")),
        "file-is-at": ("succeeded", gives_file(f"@{other.removeprefix('http://')}/secret")),
        "file-control": ("succeeded", gives_file("/tmp/a\r\nX-Evil: 1")),
        "file-redirect": ("succeeded", gives_file(behaviour=fake_servers.redirects(f"{other}/secret"))),
        "file-huge": ("succeeded", gives_file(behaviour=huge)),
        "file-endless": ("succeeded", gives_file(behaviour=fake_servers.endless)),
        "file-gzip": ("succeeded", gives_file(behaviour=fake_servers.gzipped)),
        "file-silent": ("timeout", gives_file(behaviour=fake_servers.silent)),
        "file-drip": ("timeout", gives_file(behaviour=drips_pieces)),
        "file-closed": ("succeeded", gives_file(behaviour=fake_servers.close_early)),
        "file-403": ("succeeded", gives_file(behaviour=fake_servers.says({}, 403))),
        "files-500": ("succeeded", returns(("file", many))),
        "files-missing": ("succeeded", returns(("file", missing), answers={".gone": fake_servers.says({}, 404)})),
        "file-in-json": ("succeeded", returns(("json", {"path": "/tmp/f.bin", "meta": {}}))),
    }  # fmt: skip


NAMES = tuple(modes("http://127.0.0.1:9", Path("/canary")))
LENT = tuple(name for name in NAMES if "lent" in name)

__all__ = ["LENT", "MARKUP", "NAMES", "Hostile", "Mode", "Request"]
