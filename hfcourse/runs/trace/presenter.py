"""Presenter of traces: the messages of a run as a page shows them, in the order in which they began."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from hfcourse.runs.trace import explanations, http_messages, model
from hfcourse.runs.trace.http_messages import BodyText, MessageHead
from hfcourse.runs.trace.model import (
    BrowserTrace,
    Sample,
    StoredExchange,
    StoredNote,
)
from hfcourse.text.code_lexer import highlight_untrusted
from hfcourse.text.typography import format_duration, format_number, format_size

ACTORS = {"browser": "Navigateur", "server": "Serveur", "hub": "Hub", "space": "Space"}
MAX_TIMELINE_EVENTS = 200
ORIGIN = re.compile(r"^(?:<\w+>|https?://[^/]+)")  # of an address, or the mask of one
NO_HEAD, EMPTY_BODY = MessageHead("", ()), BodyText("empty")
MILLISECONDS_PER_SECOND = 1000


@dataclass(frozen=True)
class TimelineEvent:
    """One event of a stream: its kind, the sentence on it, its data, and when it was complete ('' if unknown)."""

    name: str
    sentence: str
    body: BodyText
    time: str = ""


@dataclass(frozen=True)
class TimelineMessage:
    """One message on the timeline.

    Attributes:
        lane: actor at its far end: `browser`, `hub` or `space`.
        is_back: does it go towards the browser?
        at: when it began, in milliseconds since the form arrived.
        facts: size, duration, connection…, a phrase each.
        is_cut: are bytes of its body missing here?
    """

    lane: str
    sender: str
    receiver: str
    at: float
    sentence: str
    line: str = ""
    status: int | None = None
    facts: tuple[str, ...] = ()
    head: MessageHead = NO_HEAD
    body: BodyText = EMPTY_BODY
    body_end: BodyText = EMPTY_BODY
    omitted: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    events: tuple[TimelineEvent, ...] = ()
    is_back: bool = False
    has_token: bool = False
    is_failed: bool = False

    @property
    def time(self) -> str:
        """Return when it began, as the page shows it."""
        return format_milliseconds(self.at)


@dataclass(frozen=True)
class Timeline:
    """Everything of a trace that its page shows.

    Attributes:
        token_check: see `BrowserTrace.token_check`; '' without a browser's part.
    """

    messages: tuple[TimelineMessage, ...]
    token_check: str
    has_call: bool
    token_hops: int
    omitted_exchanges: int

    @property
    def has_hub(self) -> bool:
        """Did the Hub have a part in it?"""
        return any(message.lane == "hub" for message in self.messages)


def build_timeline(parts: Mapping[str, bytes]) -> Timeline:
    """Return the messages of a run from the stored parts of its trace."""
    found = model.unpack_parts(parts)
    browser, calls = found.browser, found.calls
    start = browser.started if browser else min((call.started for call in calls), default=0.0)
    messages = list(present_browser(browser, start)) if browser else []
    for call in calls:  # no call begins before its form arrived; the clocks of two machines may say so
        offset = max(0.0, (call.started - start) * MILLISECONDS_PER_SECOND)
        messages += [each for item in call.items for each in present_item(item, offset)]
    return Timeline(
        messages=tuple(sorted(messages, key=lambda message: message.at)),
        token_check=browser.token_check if browser else "",
        has_call=found.call is not None,
        token_hops=sum(message.has_token for message in messages),
        omitted_exchanges=sum(call.omitted_exchanges for call in calls),
    )


def present_browser(trace: BrowserTrace, start: float) -> Iterator[TimelineMessage]:
    """Yield the form that the browser sent, and the redirect that it received."""
    fields = tuple(
        (name, f"{value} ({format_size(size)})" if size is not None else value) for name, value, size in trace.fields
    )
    if trace.omitted_fields:
        fields += (("…", f"et {format_number(trace.omitted_fields)} champs de plus"),)
    yield TimelineMessage(
        lane="browser",
        sender=ACTORS["browser"],
        receiver=ACTORS["server"],
        at=0.0,
        sentence="Le navigateur envoie le formulaire à notre serveur, et à lui seul.",
        line=f"{trace.method} {trace.target}",
        facts=(format_size(trace.request_bytes),),
        head=MessageHead(f"{trace.method} {trace.target} {trace.protocol}".strip(), to_pairs(trace.request_headers)),
        fields=fields,
    )
    yield TimelineMessage(
        lane="browser",
        sender=ACTORS["server"],
        receiver=ACTORS["browser"],
        at=(trace.ended - start) * MILLISECONDS_PER_SECOND,
        sentence="Notre serveur range l’essai et renvoie le navigateur vers sa page. Il fait l’appel de son côté.",
        status=trace.status,
        facts=(format_size(trace.response_body.size),),
        head=MessageHead(f"{trace.protocol} {trace.status}".strip(), to_pairs(trace.response_headers)),
        body=read_first(trace.response_body, "text/html"),
        omitted=describe_omitted(trace.response_body),
        is_back=True,
    )


def to_pairs(headers: list[list[str]]) -> tuple[tuple[str, str], ...]:
    """Return names and values of headers; invisible characters are shown by their code."""
    return tuple((http_messages.show_invisible(name), http_messages.show_invisible(value)) for name, value in headers)


def present_item(item: StoredExchange | StoredNote, offset: float) -> Iterator[TimelineMessage]:
    """Yield what the timeline shows of an item, `offset` milliseconds after the start of the trace."""
    if isinstance(item, StoredNote):
        lane = "hub" if item.subject == "hub" else "space"
        sentence = explanations.explain_note(item.kind, item.subject, item.code)
        is_failed = item.kind == "refused" or bool(item.code)
        yield TimelineMessage(lane, ACTORS["server"], "", offset + item.at, sentence, is_failed=is_failed)
        return
    yield present_request(item, offset)
    yield present_response(item, offset)


def present_request(item: StoredExchange, offset: float) -> TimelineMessage:
    """Return the request of an exchange; `offset` as in `present_item`."""
    head, body = http_messages.split_message(item.sent.first_bytes)
    return TimelineMessage(
        lane=item.actor,
        sender=ACTORS["server"],
        receiver=ACTORS[item.actor],
        at=offset + item.times["started"],
        sentence=explanations.explain_request(item.actor, get_path(item)),
        line=f"{item.method} {http_messages.show_invisible(item.url)}",
        facts=(format_size(item.sent.size), *describe_connection(item)),
        head=head,
        body=http_messages.decode_body(body, head.get_header("content-type")),
        omitted=describe_omitted(item.sent),
        has_token=item.has_token,
    )


def present_response(item: StoredExchange, offset: float) -> TimelineMessage:
    """Return the response of an exchange, or how it ended without one; `offset` as in `present_item`."""
    head = http_messages.parse_head(item.received_head.encode("latin-1"))
    kind = head.get_header("content-type")
    events = present_events(item, offset) if kind.startswith("text/event-stream") else ()
    began, ended = item.times.get("first_byte"), item.times.get("ended")
    moment = began if began is not None else ended if ended is not None else item.times["started"]
    return TimelineMessage(
        lane=item.actor,
        sender=ACTORS[item.actor] if item.received_bytes else ACTORS["server"],
        receiver=ACTORS["server"] if item.received_bytes else "",
        at=offset + moment,
        sentence=explain_end(item),
        status=item.status,
        facts=tuple(describe_response(item)),
        head=head,
        body=EMPTY_BODY if events else read_first(item.body, kind),
        body_end=EMPTY_BODY if events else http_messages.decode_body(item.body.last_bytes, kind),
        omitted=describe_omitted(item.body),
        events=events,
        is_back=True,
        is_failed=bool(item.error) or (item.status or 0) >= 400,
    )


def explain_end(item: StoredExchange) -> str:
    """Return the sentence on how an exchange ended."""
    if "ended" not in item.times:
        return "Pas encore de réponse quand l’essai s’est terminé : la trace s’arrête là."
    return explanations.explain_response(item.actor, get_path(item), item.status, item.error)


def get_path(item: StoredExchange) -> str:
    """Return the path of a request at its actor, without its query."""
    return ORIGIN.sub("", item.url).partition("?")[0]


def read_first(sample: Sample, content_type: str) -> BodyText:
    """Return the first bytes of a body as text."""
    return http_messages.decode_body(sample.first_bytes, content_type)


def describe_omitted(sample: Sample) -> str:
    """Return how much of a body is counted and not kept."""
    return f"{format_size(sample.omitted_bytes)} de plus, comptés et non gardés" if sample.omitted_bytes else ""


def describe_connection(item: StoredExchange) -> Iterator[str]:
    """Yield how the request travelled: connection, encryption, proxy."""
    yield "nouvelle connexion" if "connected" in item.times else "connexion réutilisée"
    if item.tls_version or item.url.startswith("https:"):
        yield f"chiffré ({item.tls_version})" if item.tls_version else "chiffré"
    if item.tunnel_sent:
        yield "par un proxy, qui ne voit que le nom de la machine"


def describe_response(item: StoredExchange) -> Iterator[str]:
    """Yield the size and the duration of a response."""
    yield format_size(item.received_bytes) if item.received_bytes else "rien reçu"
    if "ended" in item.times and "first_byte" in item.times:
        yield f"reçu en {format_milliseconds(item.times['ended'] - item.times['first_byte'])}"
    if item.received_bytes and not item.is_body_complete and not item.error:
        yield "lu en partie"


def present_events(item: StoredExchange, offset: float) -> tuple[TimelineEvent, ...]:
    """Return the events of a stream in their order; those at its end that are kept have no time."""
    shown = []
    for number, raw in enumerate(http_messages.split_events(item.body.first_bytes)[:MAX_TIMELINE_EVENTS]):
        at = item.event_times[number] if number < len(item.event_times) else None
        shown.append(present_event(raw, "" if at is None else format_milliseconds(offset + at)))
    whole_last = http_messages.split_events(item.body.last_bytes)[1:]  # the first one begins in what is not kept
    return (*shown, *(present_event(raw) for raw in whole_last[-MAX_TIMELINE_EVENTS:]))


def present_event(raw: bytes, time: str = "") -> TimelineEvent:
    """Return one event of a stream; `time` is formatted, '' if it is unknown."""
    data = http_messages.read_event_data(raw)
    message = http_messages.get_event_message(data) or http_messages.read_event_name(raw)
    name = http_messages.show_invisible(message[:80]) or "…"
    return TimelineEvent(name, explanations.explain_event(message), http_messages.decode_body(data or raw), time)


def format_milliseconds(milliseconds: float) -> str:
    """Format a moment or duration: `3 ms`, then `1,2 s`."""
    if milliseconds < MILLISECONDS_PER_SECOND:
        return f"{format_number(max(0, round(milliseconds)))}\u00a0ms"
    return format_duration(milliseconds / MILLISECONDS_PER_SECOND)


def highlight_body(body: BodyText) -> Markup:
    """Return a body as escaped HTML, JSON in colours."""
    return Markup(highlight_untrusted(body.text, "json" if body.kind == "json" else "text"))  # noqa: S704 (every token is escaped)
