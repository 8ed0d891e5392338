"""Recording of the form that a browser sent, of what its validation asked for, and of the response to it."""

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial, wraps
from itertools import islice
from typing import Any, NamedTuple

from flask import Flask, Request, current_app, request, request_started
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as BaseResponse

from hfcourse import tokens
from hfcourse.runs.trace import masking, trace_writer
from hfcourse.runs.trace.masking import SECRET_MASK
from hfcourse.runs.trace.model import BROWSER_PART, VALIDATION_PART, BrowserExchange, BrowserTrace, Sample, pack_trace
from hfcourse.runs.trace.recording import build_call_trace, make_mask
from hfcourse.runs.trace.trace_writer import UnpackedPart
from hfcourse.spaces.client.transport.exchange_recorder import Exchange, TraceRecorder, get_current_recorder
from hfcourse.text import token_search
from hfcourse.web.compression import decompress_bytes

MAX_FIELDS, MAX_FIELD_NAME_CHARACTERS, MAX_FIELD_CHARACTERS, MAX_FIELDS_CHARACTERS = 200, 200, 2_000, 16_000
MAX_HEADERS, MAX_HEADER_CHARACTERS = 100, 2_000
MAX_RESPONSE_BYTES = 4_000
MAX_CACHED_CHARACTERS = 500
COOKIE_HEADERS, AUTHORIZATION_HEADERS = ("cookie", "set-cookie"), ("authorization", "proxy-authorization")
# Proxies add them; the site keeps no network address of its visitors.
ADDRESS_HEADERS = re.compile(r"forwarded|x-forwarded-for|.*-ip|x-client-.*|x-remote-addr", re.IGNORECASE)
SECRET_FIELDS = ("csrf_token",)
ARRIVAL_KEY = "hfcourse.arrived_at"
SECRET_TEXT = SECRET_MASK.decode()

log = logging.getLogger(__name__)

MaskText = Callable[[str], str]
View = Callable[..., ResponseReturnValue]


class InspectedHeader(NamedTuple):
    """Header without a secret that its name says; a token may be left in it, as its findings say."""

    name: str
    masked_value: str
    has_site_token: bool
    has_any_token: bool


@dataclass(frozen=True)
class BrowserMessages(BrowserExchange):
    """That exchange as it was sent and received, with the whole body of the response."""

    body: bytes

    @property
    def size(self) -> int:
        """Return about how many bytes are kept of them."""
        headers = [*iter_cells(self.request_headers), *iter_cells(self.response_headers)]
        return len(self.target) + len(self.body) + sum(map(len, headers)) + sum(map(len, iter_cells(self.fields)))


def record_arrival_time(_app: Flask, **_: Any) -> None:
    """Record when this request arrived, before its body is read: a receiver of `request_started`."""
    request.environ[ARRIVAL_KEY] = time.time()


def record_validation(view: View) -> View:
    """Record the exchanges that this view makes, with the Hub or the Space, before it creates a run."""

    @wraps(view)
    def record(**arguments: Any) -> ResponseReturnValue:
        with TraceRecorder().activate():
            return view(**arguments)

    return record


def record_submission(run_id: str, space: str, response: BaseResponse) -> BaseResponse:
    """Have the current request and this response to it stored as the browser's part of the trace of a run."""
    return record_submissions([run_id], space, response)


def record_submissions(run_ids: Sequence[str], space: str, response: BaseResponse) -> BaseResponse:
    """Have the current request and this response to it stored as the browser's part of the traces of these runs.

    Once the response has been sent: only then are its headers final, and the visitor does not wait for it.
    """
    recorder = get_current_recorder()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    submitted: Request = request._get_current_object()  # type: ignore[attr-defined]
    fields = collect_fields(submitted)

    @response.call_on_close
    def store() -> None:
        try:
            messages = collect_messages(submitted, response, fields)
            validation = partial(pack_validation, recorder, space) if recorder and has_exchanges(recorder) else None
            pack = cache(partial(pack_submission, messages))
            for run_id in run_ids:
                writer = trace_writer.get_writer(app)
                writer.add(UnpackedPart(run_id, BROWSER_PART, pack, messages.size))
                if recorder and validation:
                    writer.add(UnpackedPart(run_id, VALIDATION_PART, validation, recorder.kept_bytes))
        except Exception as error:  # a bug in a trace must not end the connection of its visitor
            log.error("The form of %s was not recorded: %s", run_ids, type(error).__name__, exc_info=app.debug)

    return response


def has_exchanges(recorder: TraceRecorder) -> bool:
    """Did the validation ask for anything? Usually not, since the page of the form asked already."""
    return any(isinstance(item, Exchange) for item in recorder.seal())


def pack_validation(recorder: TraceRecorder, space: str) -> bytes:
    """Return what the validation of the form asked for, as it is stored."""
    return pack_trace(build_call_trace(recorder, make_mask(space)))


def pack_submission(messages: BrowserMessages) -> bytes:
    """Return the browser's part as it is stored."""
    return pack_trace(build_browser_trace(messages))


def collect_fields(submitted: Request) -> list[list[Any]]:
    """Return name, value and file size of each field in the order of the form; of a file its name is the value."""
    texts: list[list[Any]] = [
        [name, SECRET_TEXT if name in SECRET_FIELDS else value, None]
        for name, value in submitted.form.items(multi=True)
    ]
    return texts + [[name, file.filename or "", measure_file(file)] for name, file in submitted.files.items(multi=True)]


def measure_file(file: FileStorage) -> int:
    """Return the size of an uploaded file; its position stays."""
    place = file.stream.tell()
    size = file.stream.seek(0, 2)
    file.stream.seek(place)
    return size


def collect_messages(submitted: Request, response: BaseResponse, fields: list[list[Any]]) -> BrowserMessages:
    """Return the texts of the request and of the response, unmasked."""
    ended = time.time()
    return BrowserMessages(
        started=submitted.environ.get(ARRIVAL_KEY, ended),
        ended=ended,
        method=submitted.method,
        target=submitted.full_path.rstrip("?"),
        protocol=submitted.environ.get("SERVER_PROTOCOL", ""),
        request_headers=[[name, value] for name, value in submitted.headers.items()],
        fields=fields,
        request_bytes=submitted.content_length or 0,
        status=response.status_code,
        response_headers=[[name, value] for name, value in response.headers],
        body=b"" if response.is_streamed else decompress_bytes(response.get_data(), response.content_encoding or ""),
    )


def build_browser_trace(messages: BrowserMessages) -> BrowserTrace:
    """Return the trace, searched for the token, then masked and bounded."""
    body = messages.body.decode("utf-8", "replace")
    token = tokens.get_token_value()
    sent, received = (inspect_headers(each, token) for each in (messages.request_headers, messages.response_headers))
    check, is_masked = search_messages(messages, body, [*sent, *received])
    mask_text = tokens.mask_tokens if is_masked else str
    return BrowserTrace(
        started=messages.started,
        ended=messages.ended,
        method=messages.method,
        target=mask_text(messages.target)[:MAX_HEADER_CHARACTERS],
        protocol=messages.protocol,
        request_headers=limit_headers(sent, mask_text),
        fields=limit_fields(messages.fields, mask_text),
        omitted_fields=max(0, len(messages.fields) - MAX_FIELDS),
        request_bytes=messages.request_bytes,
        status=messages.status,
        response_headers=limit_headers(received, mask_text),
        response_body=make_body_sample(messages.body, mask_text(body)),
        token_check=check,
    )


def make_body_sample(body: bytes, masked: str) -> Sample:
    """Return the start of the masked body of the response."""
    kept = masked.encode()[:MAX_RESPONSE_BYTES]
    omitted = max(0, len(body) - MAX_RESPONSE_BYTES) if len(masked.encode()) > MAX_RESPONSE_BYTES else 0
    return Sample(len(body), kept.decode("latin-1"), omitted_bytes=omitted)


def iter_cells(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield every cell of these rows as text."""
    return (str(cell) for row in rows for cell in row)


def inspect_headers(headers: Iterable[list[str]], token: str) -> list[InspectedHeader]:
    """Return each header as `inspect_header`; no cookie, password or address stays in the cache."""
    return [
        (inspect_header if has_secret_value(name) or len(value) > MAX_CACHED_CHARACTERS else inspect_known_header)(
            name, value, token
        )
        for name, value in headers
    ]


def has_secret_value(name: str) -> bool:
    """Is the value of a header with this name a cookie, a password or an address of the visitor?"""
    return bool(ADDRESS_HEADERS.fullmatch(name)) or name.lower() in COOKIE_HEADERS + AUTHORIZATION_HEADERS


def inspect_header(name: str, value: str, token: str) -> InspectedHeader:
    """Mask the value of a header that is secret by its name, and search both."""
    has_site_token, has_any_token = search_text(f"{name} {value}", token)
    return InspectedHeader(name, mask_header_value(name, value), has_site_token, has_any_token)


@lru_cache(maxsize=512)
def inspect_known_header(name: str, value: str, token: str) -> InspectedHeader:
    """Inspect as `inspect_header`; most headers are the same in each message."""
    return inspect_header(name, value, token)


def search_text(text: str, token: str) -> tuple[bool, bool]:
    """Return whether a text contains the site's token, and whether it contains any possible one."""
    has_site_token = bool(token) and masking.contains_encoded_token(text.encode("utf-8", "surrogatepass"), token)
    return has_site_token, has_site_token or token_search.has_token(text)


def search_messages(messages: BrowserMessages, body: str, headers: Iterable[InspectedHeader]) -> tuple[str, bool]:
    """Search everything that the browser sent and received.

    Returns:
        `BrowserTrace.token_check`, and whether there is any possible token, to be masked.
    """
    token = tokens.get_token_value()
    fields = (text for name, value, _ in messages.fields for text in (name, value) if text != SECRET_TEXT)
    # The small texts are searched at once: no token continues after a space.
    found = [search_text(text, token) for text in (" ".join([messages.target, *fields]), body)]
    found += [(header.has_site_token, header.has_any_token) for header in headers]
    has_site_token, has_any_token = (any(column) for column in zip(*found, strict=True))
    return ("found" if has_site_token else "absent") if token else "no-token", has_any_token


def limit_headers(headers: Iterable[InspectedHeader], mask_text: MaskText) -> list[list[str]]:
    """Return the first headers with every token masked."""
    return [
        [mask_text(each.name)[:MAX_HEADER_CHARACTERS], mask_text(each.masked_value)[:MAX_HEADER_CHARACTERS]]
        for each in islice(headers, MAX_HEADERS)
    ]


def mask_header_value(name: str, value: str) -> str:
    """Return the value of a header, without a cookie, a password or the address of the visitor."""
    if ADDRESS_HEADERS.fullmatch(name) or name.lower() in AUTHORIZATION_HEADERS:
        return SECRET_TEXT
    if name.lower() in COOKIE_HEADERS:
        return masking.mask_cookies(value.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
    return value


def limit_fields(fields: list[list[Any]], mask_text: MaskText) -> list[list[Any]]:
    """Return the first fields with their names and values masked and cut to a common limit."""
    limited, left = [], MAX_FIELDS_CHARACTERS
    for name, value, size in fields[:MAX_FIELDS]:
        shown_name = mask_text(name)[:MAX_FIELD_NAME_CHARACTERS]
        kept = mask_text(value)
        limit = min(MAX_FIELD_CHARACTERS, left)
        left -= min(len(kept), limit)
        limited.append([shown_name, kept if len(kept) <= limit else f"{kept[:limit]}…", size])
    return limited


def init_app(app: Flask) -> None:
    """Record when each request arrives: the view that makes a run is called after its form was read."""
    request_started.connect(record_arrival_time, app)
