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
    RecordedRequest,
    make_completed,
    make_component,
    make_generating,
)

MARKUP_TEXT = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7*'7' }}"
MARKUP_LINKS = "[lien](javascript:alert(3)) <a href='javascript:alert(4)'>lien</a>"
MARKUP_DATA_URL = "data:text/html,<script>alert(5)</script>"
MEGABYTE = b"x" * 1_000_000
ODD_NAMES = ("headers", "api_name", "fn_index", "self", "csrf_token", "space", MARKUP_TEXT, "a b", "é", "x-kept")


class HostileSpace(FakeSpace):
    """One Space among others on the same server, told what is asked of it without its own first part of the path."""

    def __post_init__(self) -> None:
        self.reset()
        self.requests = []


@dataclass
class HostileMode:
    """How a Space misbehaves, and the end of a visit to it: is there a form, and how does a run end."""

    outcome: str
    space: dict[str, Any] = field(default_factory=dict)
    has_form: bool = True


class HostileServer(FakeServer):
    """All modes, on one port; `requests` holds everything that was asked of any of them."""

    def __init__(self, other: str, canary: Path) -> None:
        self.modes = build_modes(other, canary)
        self.spaces_by_mode = {name: HostileSpace(**mode.space) for name, mode in self.modes.items()}
        self.in_progress = 0
        self._counting = threading.Lock()
        super().__init__(self.behave)

    def behave(self, exchange: Exchange) -> None:
        """Hand the request to the Space that it is for."""
        name, _, rest = exchange.request.target.removeprefix("/").partition("/")
        exchange.request = replace(exchange.request, target="/" + rest)
        guest = self.spaces_by_mode[name]
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


def build_description(*inputs: tuple[str, str, dict[str, Any]], outputs: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """/config and /info of one endpoint: (kind, name, props) of each parameter, (kind, label) of each output."""
    components = [
        make_component(number, kind, label=name, **props) for number, (kind, name, props) in enumerate(inputs, 1)
    ]
    shown = [make_component(number, kind, label=label) for number, (kind, label) in enumerate(outputs, 101)]
    dependency = {
        **fake_servers.ECHO_CONFIG["dependencies"][0],
        "inputs": [each["id"] for each in components],
        "outputs": [each["id"] for each in shown],
        "targets": [],
    }
    entry = {
        "parameters": [build_parameter(kind, name, props) for kind, name, props in inputs],
        "returns": [{"label": label, "type": {}, "component": kind.capitalize()} for kind, label in outputs],
    }
    return {
        "config": {"components": components + shown, "dependencies": [dependency]},
        "info": {"named_endpoints": {"/echo": entry}},
    }


def build_parameter(kind: str, name: str, props: dict[str, Any]) -> dict[str, Any]:
    return {
        "parameter_name": name,
        "label": props.get("label_in_info", name),
        "parameter_has_default": "value" in props,
        "parameter_default": props.get("value"),
        "type": {} if kind in ("json", "gallery") else {"type": "string"},
        "component": kind.capitalize(),
    }


def build_returning_space(*values: tuple[str, Any], **more: Any) -> dict[str, Any]:
    """A Space whose endpoint gives these values: (kind of the component, value)."""
    outputs = tuple((kind, f"Sortie {number}") for number, (kind, _) in enumerate(values))
    given = [make_completed([value for _, value in values])]
    return {"messages": given, **build_description(("textbox", "words", {}), outputs=outputs), **more}


def file_data(path: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "fichier.bin", **more}


def build_file_giving_space(
    path: str = "/tmp/f.bin", behaviour: Behaviour | None = None, **more: Any
) -> dict[str, Any]:
    """A Space that gives one file, and hands it out in this way."""
    return build_returning_space(("file", file_data(path, **more)), answers={"f.bin": behaviour} if behaviour else {})


def build_file_taking_space(behaviour: Behaviour) -> dict[str, Any]:
    """A Space that wants a file, and receives it in this way."""
    return {
        **build_description(("file", "piece", {}), outputs=(("textbox", "Sortie"),)),
        "answers": {"/upload": behaviour},
        "messages": [make_completed(["reçu"])],
    }


def build_markup_space() -> dict[str, Any]:
    """Markup wherever a description has words, and in every kind of output."""
    inputs = (
        (
            "textbox",
            "words",
            {"label_in_info": MARKUP_TEXT, "info": MARKUP_TEXT, "placeholder": MARKUP_TEXT, "value": MARKUP_TEXT},
        ),
        ("dropdown", "choice", {"choices": [[MARKUP_TEXT, MARKUP_TEXT], ["b", "b"]], "value": MARKUP_TEXT}),
        ("radio", "one", {"choices": [[MARKUP_TEXT, "a"]], "value": "a", "label_in_info": MARKUP_LINKS}),
        ("checkboxgroup", "some", {"choices": [[MARKUP_TEXT, "a"]], "value": ["a"]}),
        (
            "dataframe",
            "table",
            {"headers": [MARKUP_TEXT, "b"], "value": {"headers": [MARKUP_TEXT, "b"], "data": [[MARKUP_TEXT, 1]]}},
        ),
        ("code", "source", {"value": MARKUP_TEXT, "language": MARKUP_TEXT}),
        ("json", "anything", {"value": {"headers": ["a"], "data": [[MARKUP_TEXT]]}}),
        ("file", "piece", {"file_types": [MARKUP_TEXT, ".txt"]}),
        (MARKUP_TEXT, "unknown", {"value": MARKUP_TEXT}),
    )
    values = list_markup_values()
    space = build_description(*inputs, outputs=tuple((kind, MARKUP_TEXT) for kind, _ in values))
    button = make_component(201, "button", value=MARKUP_TEXT)
    space["config"]["components"].append(button)
    space["config"]["dependencies"][0]["targets"] = [[201, "click"]]
    space["config"] |= {"title": MARKUP_TEXT, "description": MARKUP_TEXT}
    space["info"]["named_endpoints"]["/echo"] |= {"description": MARKUP_TEXT}
    messages = [
        {"msg": "log", "log": MARKUP_TEXT, "level": MARKUP_TEXT, "title": MARKUP_TEXT},
        {"msg": "progress", "progress_data": [{"desc": MARKUP_TEXT, "unit": MARKUP_TEXT, "progress": 0.5}]},
        make_generating([value for _, value in values]),
        make_completed([value for _, value in values]),
    ]
    return {**space, "messages": messages, "file_content": f"<html>{MARKUP_TEXT}</html>".encode()}


def list_markup_values() -> list[tuple[str, Any]]:
    """Each kind of output that carries words, with markup in it."""
    return [
        ("textbox", MARKUP_TEXT + MARKUP_LINKS),
        ("html", MARKUP_TEXT + MARKUP_LINKS),
        ("markdown", MARKUP_TEXT + MARKUP_LINKS),
        ("code", MARKUP_TEXT),
        ("json", {MARKUP_TEXT: [MARKUP_TEXT]}),
        ("label", {"label": MARKUP_TEXT, "confidences": [{"label": MARKUP_TEXT, "confidence": 0.5}]}),
        ("dataframe", {"headers": [MARKUP_TEXT], "data": [[MARKUP_TEXT]]}),
        ("highlightedtext", [{"token": MARKUP_TEXT, "class_or_confidence": MARKUP_TEXT}]),
        (
            "chatbot",
            [{"role": MARKUP_TEXT, "content": MARKUP_TEXT}, {"role": "user", "content": [{"text": MARKUP_TEXT}]}],
        ),
        ("plot", {"type": "matplotlib", "plot": MARKUP_DATA_URL}),
        ("plot", {"type": "matplotlib", "plot": "data:image/svg+xml,<svg onload=alert(6)>"}),
        ("image", {"path": None, "url": "data:image/svg+xml,<svg onload=alert(7)>"}),
        ("image", {"url": "javascript:alert(8)", **file_data("/tmp/page.png", orig_name=MARKUP_TEXT + ".png")}),
        ("gallery", [{"image": file_data("/tmp/page.html", orig_name=MARKUP_TEXT), "caption": MARKUP_TEXT}]),
        ("file", file_data("/tmp/page.svg", orig_name='x"\r\nX-Evil: 1\r\n\r\n' + MARKUP_TEXT)),
        (MARKUP_TEXT, MARKUP_TEXT),
    ]


# --- behaviours beside those of fake_servers.py ---


def send_endless_interim(exchange: Exchange) -> None:
    """Interim answers for ever: none of them is the answer."""
    while True:
        exchange.send_raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def send_endless_head(exchange: Exchange) -> None:
    exchange.send_raw(b"HTTP/1.1 200 OK\r\n")
    while True:
        exchange.send_raw(b"X-Filler: " + b"x" * 60_000 + b"\r\n")


def send_bad_chunks(exchange: Exchange) -> None:
    exchange.send_raw(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n"
    )
    exchange.hang_up()


def reply_no_content(exchange: Exchange) -> None:
    exchange.send_raw(b"HTTP/1.1 204 No Content\r\n\r\n")


def send_negative_length(exchange: Exchange) -> None:
    exchange.send_raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: -5\r\n\r\n{}")
    exchange.hang_up()


def reply_undeclared_gzip(exchange: Exchange) -> None:
    """Compressed, and not saying so."""
    exchange.reply(b"\x1f\x8b\x08" + b"\0" * 100)


def send_huge_body(exchange: Exchange) -> None:
    """A body that announces 300 MB, and sends them."""
    exchange.send_raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 300000000\r\n\r\ndata: ")
    for _ in range(300):
        exchange.send_raw(MEGABYTE)


def repeat_messages(*messages: Any, pause: float = 0.0) -> Behaviour:
    """A stream that repeats these messages for ever."""

    def tell(exchange: Exchange) -> None:
        exchange.start_chunked()
        lines = [f"data: {json.dumps({'event_id': 'event-1'} | each)}\n\n" for each in messages]
        written = "".join(lines).encode() * (1 if pause else 40)  # as fast as it can
        while not exchange.server.closing.wait(pause):
            exchange.send_chunk(written)

    return tell


def stream_growing_diffs(exchange: Exchange) -> None:
    """A generator whose value grows by 100 MB, as differences."""
    exchange.start_chunked()
    exchange.send_event(event_id="event-1", **make_generating([""]))
    for _ in range(1000):
        exchange.send_event(event_id="event-1", **make_generating([[["append", [], "x" * 100_000]]]))


def stream_without_end(exchange: Exchange) -> None:
    """A generator without end, after a first whole value."""
    exchange.start_chunked()
    exchange.send_event(event_id="event-1", **make_generating(["premier"]))
    count = 0
    while not exchange.server.closing.wait(0.05):
        count += 1
        exchange.send_event(event_id="event-1", **make_generating([[["replace", [], f"valeur {count}"]]]))


def stream_half_message(exchange: Exchange) -> None:
    """Half of a message."""
    exchange.start_chunked()
    exchange.send_event(event_id="event-1", **make_generating(["premier"]))
    exchange.send_chunk(b'data: {"msg": "process_comp')
    exchange.hang_up()


def reply_with_cookie(answer: Callable[[], Any]) -> Behaviour:
    return lambda exchange: exchange.reply(answer(), Set_Cookie="visitor=space; Path=/; HttpOnly")


def echo_request(kind: str) -> Behaviour:
    """Everything that came with the request, in every place where words can stand."""

    def tell(exchange: Exchange) -> None:
        words = json.dumps(dict(exchange.request.headers))
        end: dict[str, Any] = make_completed([words, {words: [words]}, file_data("/tmp/echo.txt", orig_name=words)])
        if kind == "error":
            end = fake_servers.make_failed(error=words, title=words)
        elif kind == "cut":  # our own limit of an author's words must not leave half of a token unmasked
            bearer = exchange.request.headers.get("x-hf-authorization", "")
            end = fake_servers.make_failed(error="x" * (480 - len("Bearer ")) + bearer)
        exchange.start_chunked()
        for message in (
            {"msg": "log", "log": words, "level": words},
            {"msg": "progress", "progress_data": [{"desc": words, "unit": words}]},
            make_generating([words, {words: 1}, None]),
            end,
        ):
            exchange.send_event(event_id="event-1", **message)
        exchange.send_event(msg="close_stream")
        exchange.send_chunk(b"")

    return tell


def build_echoing_space(kind: str = "") -> dict[str, Any]:
    """A Space that repeats what it is sent, its description included."""
    space = build_description(
        ("textbox", "words", {}), outputs=(("textbox", "Mots"), ("json", "JSON"), ("file", "Fichier"))
    )

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

    return {
        **space,
        "answers": {"/info": repeat_in_info, "/queue/data": echo_request(kind), "echo.txt": repeat_in_file},
    }


def echo_own_address(exchange: Exchange) -> None:
    """The Space's own address, as a Space that knows it writes it."""
    host = exchange.request.headers["host"]
    exchange.start_chunked()
    words = f"http://{host}/address/gradio_api/file=x http://{host} http://{host}/other {host}"
    exchange.send_event(event_id="event-1", msg="log", log=words, level="info")
    exchange.send_event(event_id="event-1", **make_completed([words]))
    exchange.send_chunk(b"")


def drip_file(exchange: Exchange) -> None:
    """A file, one byte at a time."""
    exchange.start_chunked("application/octet-stream")
    fake_servers.drip_bytes(exchange.send_chunk, exchange)


def send_raw_output(data: bytes) -> dict[str, Any]:
    """The stream's last message with these raw bytes as its data."""
    said = b'data: {"msg": "process_completed", "event_id": "event-1", "success": true, "output": {"data": ' + data
    return {"answers": {"/queue/data": fake_servers.stream_bytes(said + b"}}\n\n")}}


def answer_path(path: str, behaviour: Behaviour) -> dict[str, Any]:
    return {"answers": {path: behaviour}}


def send_messages(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"messages": list(messages)}


def build_modes(other: str, canary: Path) -> dict[str, HostileMode]:
    """Every mode by its name; `canary` is a file of the server that no Space may ever see."""
    return {
        **{
            name: HostileMode(end, space, has_form=False)
            for name, (end, space) in list_description_modes(other, canary).items()
        },
        **{
            name: HostileMode(end, space)
            for name, (end, space) in (list_join_modes(other) | list_stream_modes(other)).items()
        },
        **{
            name: HostileMode(end, space)
            for name, (end, space) in (list_output_modes(other, canary) | list_file_modes(other)).items()
        },
    }


ModeTable = dict[str, tuple[str, dict[str, Any]]]


def list_description_modes(other: str, canary: Path) -> ModeTable:
    """Hostile from the first request on: there is no form, only the reason why."""
    found: ModeTable = {}
    for part, path in (("config", "/config"), ("info", "/info")):
        answers: dict[str, tuple[str, Behaviour]] = {
            "silent": ("timeout", fake_servers.never_reply),
            "drip-head": ("timeout", fake_servers.drip_head),
            "drip-body": ("timeout", fake_servers.drip_body),
            "interim": ("timeout", send_endless_interim),
            "endless": ("answer-too-large", fake_servers.send_endless_json),
            "endless-head": ("bad-answer", send_endless_head),
            "closed": ("connection-lost", fake_servers.close_at_once),
            "half": ("connection-lost", fake_servers.close_early),
            "not-http": ("bad-answer", fake_servers.reply_not_http),
            "chunks": ("bad-answer", send_bad_chunks),
            "negative": ("bad-answer", send_negative_length),
            "gzip": ("bad-answer", fake_servers.reply_gzipped),
            "hidden-gzip": ("bad-answer", reply_undeclared_gzip),
            "redirect": ("bad-answer", fake_servers.redirect_to(other)),
            "html": ("no-api", fake_servers.reply_html),
            "bad-json": ("bad-answer", fake_servers.reply_bad_json),
            "deep": ("bad-answer", fake_servers.reply_deep_json),
            "401": ("space-login", fake_servers.reply_with({"detail": MARKUP_TEXT}, 401)),
            "429": ("too-many-requests", fake_servers.reply_with({}, 429)),
            "404": ("no-api", fake_servers.reply_with({}, 404)),
            "204": ("bad-answer", reply_no_content),
            **{str(status): ("bad-answer", fake_servers.reply_with({}, status)) for status in (400, 422, 500)},
            "403": ("space-login", fake_servers.reply_with({}, 403)),
            "502": ("connection-lost", fake_servers.reply_with({}, 502)),
            "503": ("space-sleeping", fake_servers.reply_with({}, 503)),
            "504": ("timeout", fake_servers.reply_with({}, 504)),
            "login": ("space-login", fake_servers.redirect_to(f"{other}/login")),
        }
        found |= {f"{part}-{name}": (code, answer_path(path, answer)) for name, (code, answer) in answers.items()}
    nonsense = {
        "no-dependencies": ("no-api", {"config": {"dependencies": 5}}),
        "components-of-nothing": ("bad-answer", {"config": {"components": [None, 5, {}]}}),
        "no-endpoints": ("no-api", {"info": {"named_endpoints": {}}}),
        "endpoints-of-nothing": ("bad-answer", {"info": {"named_endpoints": {"/echo": None}}}),
        "info-is-a-list": ("bad-answer", answer_path("/info", fake_servers.reply_with([]))),
        "version-markup": ("bad-answer", {"config": {"version": MARKUP_TEXT}}),
        "gradio-3": ("space-too-old", {"config": {"protocol": "ws"}}),
        "unknown-protocol": ("space-too-old", {"config": {"protocol": [MARKUP_TEXT]}}),
        "lent-401-config": ("token-rejected", answer_path("/config", fake_servers.reply_with({}, 401))),
        "lent-401-info": ("token-rejected", answer_path("/info", fake_servers.reply_with({}, 401))),
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
    elsewhere = {f"prefix-{n}": ("bad-answer", {"config": {"api_prefix": each}, "answers": answer_config(each)})
                 for n, each in enumerate(prefixes)}  # fmt: skip
    return found | nonsense | elsewhere


def answer_config(prefix: Any) -> dict[str, Behaviour]:
    """The polite configuration with this prefix, which the Space itself does not serve."""
    return {"/config": fake_servers.reply_with(fake_servers.ECHO_CONFIG | {"api_prefix": prefix})}


def list_join_modes(other: str) -> ModeTable:
    """Hostile when a call is put into its queue, or a file sent to it."""
    answers: dict[str, tuple[str, Behaviour]] = {
        "silent": ("timeout", fake_servers.never_reply),
        "drip-head": ("timeout", fake_servers.drip_head),
        "drip-body": ("timeout", fake_servers.drip_body),
        "interim": ("timeout", send_endless_interim),
        "endless": ("answer-too-large", fake_servers.send_endless_json),
        "gzip": ("bad-answer", fake_servers.reply_gzipped),
        "redirect": ("bad-answer", fake_servers.redirect_to(other)),
        "html": ("bad-answer", fake_servers.reply_html),
        "closed": ("connection-lost", fake_servers.close_at_once),
        "chunks": ("bad-answer", send_bad_chunks),
        "deep": ("bad-answer", fake_servers.reply_deep_json),
        "number": ("bad-answer", fake_servers.reply_with(5)),
        "204": ("bad-answer", reply_no_content),
    }
    statuses = {400: "space-exception", 401: "space-login", 403: "space-login", 404: "endpoint-gone",
                422: "bad-answer", 429: "too-many-requests", 500: "space-exception", 503: "space-sleeping",
                418: "bad-answer", 502: "connection-lost", 504: "timeout", 520: "connection-lost"}  # fmt: skip
    full = {"detail": "Queue is full. Max size is 1 and size is 1."}
    validator = {"detail": [{"__type__": "validate", "is_valid": False, "message": MARKUP_TEXT}]}
    return {
        **{f"join-{name}": (code, answer_path("/queue/join", answer)) for name, (code, answer) in answers.items()},
        **{f"upload-{name}": (code, build_file_taking_space(answer)) for name, (code, answer) in answers.items()},
        **{
            f"join-{status}": (code, answer_path("/join", fake_servers.reply_with({}, status)))
            for status, code in statuses.items()
        },
        "join-full": ("queue-full", answer_path("/join", fake_servers.reply_with(full, 503))),
        "join-validator": ("invalid-input", answer_path("/join", fake_servers.reply_with(validator, 422))),
        "join-long-id": ("bad-answer", answer_path("/join", fake_servers.reply_with({"event_id": "x" * 5000}))),
        "join-no-id": ("bad-answer", answer_path("/join", fake_servers.reply_with({"event_id": {"a": 1}}))),
        "upload-elsewhere": ("succeeded", build_file_taking_space(fake_servers.reply_with([f"{other}/x"]))),
    }


def list_stream_modes(other: str) -> ModeTable:
    """Hostile while it tells how the call goes."""
    tick = {"msg": "progress", "progress_data": [{"progress": 0.1, "desc": "encore" * 200}]}
    note = {"msg": "log", "log": "x" * 1500, "level": "info"}
    answers: dict[str, tuple[str, Behaviour]] = {
        "silent": ("timeout", fake_servers.never_reply),
        "drip-head": ("timeout", fake_servers.drip_head),
        "drip": ("timeout", fake_servers.drip_stream),
        "interim": ("timeout", send_endless_interim),
        "one-event": ("answer-too-large", fake_servers.send_endless_event),
        "300-mb": ("answer-too-large", send_huge_body),
        "flood": ("answer-too-large", fake_servers.send_event_flood),
        "diffs": ("answer-too-large", stream_growing_diffs),
        "logs": ("answer-too-large", repeat_messages(note)),
        "progress-flood": ("answer-too-large", repeat_messages(tick, tick, tick, tick)),
        "heartbeats": ("timeout", repeat_messages({"msg": "heartbeat"}, pause=0.1)),
        "progress": ("timeout", repeat_messages(tick, pause=0.05)),
        "generator": ("timeout", stream_without_end),
        "aliens": ("timeout", repeat_messages({"event_id": "other", **make_completed(["volé"])}, pause=0.1)),
        "gzip": ("bad-answer", fake_servers.reply_gzipped),
        "html": ("bad-answer", fake_servers.reply_html),
        "redirect": ("bad-answer", fake_servers.redirect_to(other)),
        "404": ("connection-lost", fake_servers.reply_with({"detail": "Session not found."}, 404)),
        "500": ("space-exception", fake_servers.reply_with({}, 500)),
        "502": ("connection-lost", fake_servers.reply_with({}, 502)),
        "504": ("timeout", fake_servers.reply_with({}, 504)),
        "closed": ("connection-lost", fake_servers.close_at_once),
        "ended": ("connection-lost", fake_servers.close_stream_early),
        "cut": ("connection-lost", stream_half_message),
        "chunks": ("bad-answer", send_bad_chunks),
        "nonsense": ("bad-answer", fake_servers.stream_bytes(b"data: {nonsense\n\n")),
        "not-an-object": ("bad-answer", fake_servers.stream_bytes(b"data: 5\n\n")),
        "deep": ("bad-answer", fake_servers.stream_bytes(b"data: " + b"[" * 20_000 + b"\n\n")),
    }
    both_silent = {"/queue/data": fake_servers.never_reply, "/cancel": fake_servers.never_reply}
    return {
        **{f"stream-{name}": (code, answer_path("/queue/data", answer)) for name, (code, answer) in answers.items()},
        "cancel-silent": ("timeout", {"answers": both_silent}),
        "cancel-drip": ("timeout",
            {"answers": {"/queue/data": fake_servers.never_reply, "/cancel": fake_servers.drip_body}}),
        "cancel-elsewhere": ("timeout",
            {"answers": {"/queue/data": fake_servers.never_reply, "/cancel": fake_servers.redirect_to(other)}}),
        "server-stopped": ("connection-lost",
            send_messages({"message": "Server stopped unexpectedly.", "success": False})),
        "session-lost": ("connection-lost", send_messages(
            {"msg": "unexpected_error", "message": "404: Not Found", "session_not_found": True})),
        "unexpected": ("space-exception", send_messages({"msg": "unexpected_error", "message": MARKUP_TEXT})),
        "aliens-first": ("succeeded",
            send_messages(make_completed(["volé"]) | {"event_id": "other"}, make_completed(["à moi"]))),
        "unknown-kinds": ("succeeded",
            send_messages({"msg": MARKUP_TEXT}, {"msg": 5}, {"nothing": 1}, make_completed(["fin"]))),
        "strange-progress": ("succeeded", send_messages(
            {"msg": "progress", "progress_data": [5, None, {"progress": "x", "index": [], "length": {}, "desc": {}}]},
            {"msg": "progress", "progress_data": [{"progress": 1e300, "index": -5, "length": 0, "desc": "x" * 9999}]},
            {"msg": "estimation", "rank": -(10**30), "queue_size": MARKUP_TEXT, "rank_eta": 1e300},
            {"msg": "process_starts", "eta": "x"}, make_completed(["fin"]))),
        "progress-of-nothing": ("bad-answer", send_messages({"msg": "progress", "progress_data": 5})),
    }  # fmt: skip


def list_output_modes(other: str, canary: Path) -> ModeTable:
    """Hostile in what it answers, or in the values that it proposes."""
    lure = file_data(str(canary), url=f"file://{canary}")
    return {
        "good": ("succeeded", {}),
        "markup": ("succeeded", build_markup_space()),
        "one-name-twice": ("succeeded", build_description(("textbox", "a", {}), ("textbox", "a", {}), outputs=())),
        "error-markup": ("space-error", send_messages(fake_servers.make_failed(error=MARKUP_TEXT + MARKUP_LINKS,
            title=MARKUP_TEXT, duration=MARKUP_TEXT))),
        "error-long": ("space-error", send_messages(fake_servers.make_failed(error="x" * 1_000_000))),
        "error-hidden": ("space-exception", send_messages(fake_servers.make_failed(error=None))),
        "error-of-nothing": ("space-exception",
            send_messages({"msg": "process_completed", "success": False, "output": [5]})),
        "error-invisible": ("space-exception",
            send_messages(fake_servers.make_failed(error=MARKUP_TEXT, visible=False))),
        "error-zerogpu": ("space-error",
            send_messages(fake_servers.make_failed(error=f"{MARKUP_TEXT} ZeroGPU quota", title=MARKUP_TEXT))),
        "error-worker": ("space-exception",
            send_messages(fake_servers.make_failed(error="RuntimeError", title="ZeroGPU worker error"))),
        "error-quota": ("quota-exceeded",
            send_messages(fake_servers.make_failed(error="You have exceeded your GPU quota " + MARKUP_TEXT))),
        "output-null": ("bad-answer", send_messages({"msg": "process_completed", "success": True, "output": None})),
        "output-missing": ("bad-answer", send_messages({"msg": "process_completed", "success": True})),
        "output-text": ("bad-answer", send_messages(make_completed("texte"))),
        "output-too-many": ("succeeded", send_messages(make_completed([MARKUP_TEXT, 2, 3, 4]))),
        "output-too-few": ("succeeded", send_messages(make_completed([]))),
        "nan": ("succeeded", send_raw_output(b"[NaN]")),
        "infinite": ("succeeded", send_raw_output(b"[[1e999, -Infinity]]")),
        "surrogate": ("succeeded", send_raw_output(b'["\\ud800 demi"]')),
        "surrogate-key": ("succeeded", send_raw_output(b'[{"\\ud800": 1}]')),
        "nul": ("succeeded", send_raw_output(b'["a\\u0000b"]')),
        "bad-utf-8": ("succeeded", send_raw_output(b'["\xff\xfe"]')),
        "deep-value": ("bad-answer", send_raw_output(b"[" * 3000 + b"]" * 3000)),
        "huge-number": ("bad-answer", send_raw_output(b"[" + b"9" * 5000 + b"]")),
        "large-number": ("succeeded", send_raw_output(b"[" + b"9" * 400 + b"]")),
        "wrong-diff": ("bad-answer", send_messages(make_generating(["a"]), make_generating([[["append", ["no"], 1]]]))),
        "parameter-names": ("succeeded", {
            **build_description(*[("textbox", name, {}) for name in ODD_NAMES], outputs=(("textbox", "Sortie"),))}),
        "lure-text": ("succeeded",
            build_description(("textbox", "words", {"value": lure}), outputs=(("textbox", "S"),))),
        "lure-json": ("succeeded", build_description(("json", "words", {"value": lure}), outputs=(("textbox", "S"),))),
        "lure-file": ("succeeded", build_description(("file", "words", {"value": lure}), outputs=(("textbox", "S"),))),
        "lure-list": ("succeeded",
            build_description(("gallery", "words", {"value": [lure]}), outputs=(("textbox", "S"),))),
        "cookies": ("succeeded", {"answers": {
            "/config": reply_with_cookie(lambda: fake_servers.ECHO_CONFIG | {"api_prefix": "/gradio_api"}),
            "/info": reply_with_cookie(lambda: fake_servers.ECHO_INFO),
            "/queue/join": reply_with_cookie(lambda: {"event_id": "event-1"})},
            "messages": [{"event_id": "event-1", **make_completed(["fin"])}]}),
        "address": ("succeeded", answer_path("/queue/data", echo_own_address)),
        "echo": ("succeeded", build_echoing_space()),
        "echo-lent": ("succeeded", build_echoing_space()),
        "echo-lent-error": ("space-error", build_echoing_space("error")),
        "echo-lent-cut": ("space-error", build_echoing_space("cut")),
        "lent-401-join": ("token-rejected", answer_path("/join", fake_servers.reply_with({}, 401))),
    }  # fmt: skip


def list_file_modes(other: str) -> ModeTable:
    """Hostile in the files that it gives."""
    many = [file_data(f"/tmp/{number}.txt") for number in range(500)]
    missing = [file_data(f"/tmp/missing/{number}.gone") for number in range(500)]
    return {
        "file-elsewhere": ("succeeded", build_file_giving_space(url=f"{other}/secret", is_stream=True)),
        "file-url": ("succeeded", build_file_giving_space(url=f"{other}/secret")),
        "file-dots": ("succeeded", build_file_giving_space("/tmp/../../../config")),
        "file-encoded-dots": ("succeeded", build_file_giving_space("/tmp/%2e%2e/%2e%2e/config")),
        "file-is-url": ("succeeded", build_file_giving_space(f"{other}/secret")),
        "file-is-authority": ("succeeded", build_file_giving_space(f"//{other.removeprefix('http://')}/secret")),
        "file-is-at": ("succeeded", build_file_giving_space(f"@{other.removeprefix('http://')}/secret")),
        "file-control": ("succeeded", build_file_giving_space("/tmp/a\r\nX-Evil: 1")),
        "file-redirect": ("succeeded", build_file_giving_space(behaviour=fake_servers.redirect_to(f"{other}/secret"))),
        "file-huge": ("succeeded", build_file_giving_space(behaviour=send_huge_body)),
        "file-endless": ("succeeded", build_file_giving_space(behaviour=fake_servers.send_endless_json)),
        "file-gzip": ("succeeded", build_file_giving_space(behaviour=fake_servers.reply_gzipped)),
        "file-silent": ("timeout", build_file_giving_space(behaviour=fake_servers.never_reply)),
        "file-drip": ("timeout", build_file_giving_space(behaviour=drip_file)),
        "file-closed": ("succeeded", build_file_giving_space(behaviour=fake_servers.close_early)),
        "file-403": ("succeeded", build_file_giving_space(behaviour=fake_servers.reply_with({}, 403))),
        "files-500": ("succeeded", build_returning_space(("file", many))),
        "files-missing": ("succeeded", build_returning_space(
            ("file", missing), answers={".gone": fake_servers.reply_with({}, 404)})),
        "file-in-json": ("succeeded", build_returning_space(("json", {"path": "/tmp/f.bin", "meta": {}}))),
    }  # fmt: skip


MODE_NAMES = tuple(build_modes("http://127.0.0.1:9", Path("/canary")))
TOKEN_MODE_NAMES = tuple(name for name in MODE_NAMES if "lent" in name)

__all__ = ["MARKUP_TEXT", "MODE_NAMES", "TOKEN_MODE_NAMES", "HostileMode", "HostileServer", "RecordedRequest"]
