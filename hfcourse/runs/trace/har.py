"""Export of a trace as HAR 1.2, which the network panel of a browser opens (http://www.softwareishard.com/blog/har-12-spec/).

Masked addresses become hosts under `.invalid` (RFC 2606), since readers of the format want absolute URLs.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from hfcourse.runs.store.models import Run
from hfcourse.runs.trace import http_messages, model, presenter
from hfcourse.runs.trace.http_messages import MessageHead
from hfcourse.runs.trace.model import BrowserTrace, Sample, StoredExchange
from hfcourse.text.typography import format_size, typeset_french

CREATOR = {"name": "hfcourse", "version": "0.1.0"}
PAGE_ID = "essai"
UNKNOWN, MAX_SIZE_DIGITS = -1, 16
BINARY_COMMENT = typeset_french("Corps binaire, en base64.")
MASKED_HOSTS = (("<Space>", "https://space.invalid"), ("<Hub>", "https://hub.invalid"))
URL_CHARACTERS = ":/?#[]@!$&'()*+,;=%-._~"
SITE_ORIGIN = "https://hfcourse.invalid"
STATUS_LINE = re.compile(r"(\S+) +(\d{3})(?: +(.*))?")


def build_har(run: Run, parts: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the trace of a run as a HAR document."""
    found = model.unpack_parts(parts)
    entries = [make_browser_entry(found.browser)] if found.browser else []
    for call in found.calls:
        exchanges = (item for item in call.items if isinstance(item, StoredExchange))
        entries += [make_entry(item, call.started) for item in exchanges]
    page = {
        "startedDateTime": run.created.isoformat(timespec="milliseconds"),
        "id": PAGE_ID,
        "title": f"{run.space} {run.endpoint}",
        "pageTimings": {"onContentLoad": UNKNOWN, "onLoad": UNKNOWN},
    }
    comment = typeset_french("Jetons, cookies et sessions sont masqués ; les corps longs sont coupés.")
    return {"log": {"version": "1.2", "creator": CREATOR, "pages": [page], "entries": entries, "comment": comment}}


def make_browser_entry(trace: BrowserTrace) -> dict[str, Any]:
    """Return the entry of the form that the browser sent."""
    duration = max(0.0, (trace.ended - trace.started) * 1000)
    head = MessageHead("", tuple((name, value) for name, value in trace.request_headers))
    answer = MessageHead("", tuple((name, value) for name, value in trace.response_headers))
    request = make_request(trace.method, unmask_url(f"{SITE_ORIGIN}{trace.target}"), trace.protocol, head)
    request["bodySize"] = trace.request_bytes
    request["postData"] = {
        "mimeType": get_content_type(head),
        "params": [make_param(*field) for field in trace.fields],
    }
    status = trace.protocol, trace.status, ""
    return {
        **make_entry_frame(trace.started, duration),
        "request": request,
        "response": make_response(status, answer, trace.response_body, trace.response_body.size),
        "timings": {"send": 0, "wait": duration, "receive": 0},
    }


def get_content_type(head: MessageHead) -> str:
    """Return the media type as it was sent: the boundary of a form is case-sensitive."""
    return next((value for name, value in head.headers if name.lower() == "content-type"), "")


def make_param(name: str, value: str, size: int | None) -> dict[str, str]:
    """Return one field of the form; `size` is that of a file, whose name is the value, else None."""
    return {"name": name, "fileName": value, "value": ""} if size is not None else {"name": name, "value": value}


def make_entry(item: StoredExchange, started: float) -> dict[str, Any]:
    """Return the entry of an exchange of the call."""
    times = item.times
    head, body = http_messages.split_message(item.sent.first_bytes)
    answer = http_messages.parse_head(item.received_head.encode("latin-1"))
    found = STATUS_LINE.match(answer.start_line)
    status = (found[1], int(found[2]), found[3] or "") if found else ("", item.status or 0, "")
    request = make_request(item.method, unmask_url(item.url), head.start_line.rpartition(" ")[2], head)
    request["bodySize"] = find_body_size(head, item.sent)
    if body:
        encoded = encode_content(body)
        # The format knows binary content in responses only; fields of one's own begin with an underscore.
        marks = {"_encoding": "base64", "comment": BINARY_COMMENT} if "encoding" in encoded else {}
        request["postData"] = {"mimeType": get_content_type(head), "text": encoded["text"], **marks}
    entry = {
        **make_entry_frame(
            started + times["started"] / 1000, max(0.0, times.get("ended", times["started"]) - times["started"])
        ),
        "request": request,
        "response": make_response(status, answer, item.body, item.body.size),
        "timings": dict(list_phases(times)),
        "comment": presenter.explain_end(item),
    }
    if item.error:
        entry["response"]["_error"] = item.error
    return entry


def make_entry_frame(started: float, duration: float) -> dict[str, Any]:
    """Return what every entry has.

    Args:
        started: a POSIX time in seconds.
        duration: in milliseconds.
    """
    moment = datetime.fromtimestamp(started, UTC).isoformat(timespec="milliseconds")
    return {"pageref": PAGE_ID, "startedDateTime": moment, "time": duration, "cache": {}}


def make_request(method: str, url: str, version: str, head: MessageHead) -> dict[str, Any]:
    """Return the request without its body."""
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    return {
        "method": method,
        "url": url,
        "httpVersion": version,
        "cookies": [],
        "headers": list_headers(head),
        "queryString": [{"name": name, "value": value} for name, value in query],
        "headersSize": UNKNOWN,
    }


def make_response(status: tuple[str, int, str], head: MessageHead, body: Sample, size: int) -> dict[str, Any]:
    """Return the response; a body that is no text is in base64.

    Args:
        status: version of HTTP, code and reason.
        size: bytes of the body on the wire.
    """
    content = {"size": body.size, "mimeType": get_content_type(head) or "x-unknown"}
    if body.omitted_bytes:
        content["comment"] = typeset_french(f"Seul le début est ici : le corps avait {format_size(body.size)}.")
    return {
        "status": status[1],
        "statusText": status[2],
        "httpVersion": status[0],
        "cookies": [],
        "headers": list_headers(head),
        "content": content | encode_content(body.first_bytes),
        "redirectURL": {name.lower(): value for name, value in head.headers}.get("location", ""),
        "headersSize": UNKNOWN,
        "bodySize": size,
    }


def find_body_size(head: MessageHead, sent: Sample) -> int:
    """Return the size of the body of a request: its head may be masked, and is not counted as it was sent."""
    length = head.get_header("content-length")
    is_chunked = bool(head.get_header("transfer-encoding"))
    if length.isascii() and length.isdecimal() and len(length) < MAX_SIZE_DIGITS:
        return int(length)
    return UNKNOWN if is_chunked or not sent.size else 0


def encode_content(body: bytes) -> dict[str, str]:
    """Return a body as text, in base64 unless it is UTF-8."""
    try:
        return {"text": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), "encoding": "base64"}


def list_headers(head: MessageHead) -> list[dict[str, str]]:
    """Return headers as the format wants them."""
    return [{"name": name, "value": value} for name, value in head.headers]


def list_phases(times: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Yield each phase of HAR with its duration; `connect` includes `ssl`, as the format wants."""
    start = times["started"]
    end = max(times.get("ended", start), start)
    is_new = "connected" in times or "secured" in times
    opened = min(max(times.get("secured", times.get("connected", start)), start), end)
    # Before a TLS handshake, what was sent is the dialogue with a proxy.
    sent = min(max(times.get("sent", end), opened), end)
    first = min(max(times.get("first_byte", end), sent), end)
    yield "connect", opened - start if is_new else UNKNOWN
    yield "ssl", opened - min(max(times.get("connected", start), start), opened) if "secured" in times else UNKNOWN
    yield "send", sent - opened
    yield "wait", first - sent
    yield "receive", end - first


def unmask_url(url: str) -> str:
    """Return an absolute URL, in ASCII, for an address that may be masked."""
    for mask, origin in MASKED_HOSTS:
        if url.startswith(mask):
            url = origin + url.removeprefix(mask)
    return quote(url, safe=URL_CHARACTERS)
