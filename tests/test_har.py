"""Export as HAR: valid by the specification for any trace, and true to its bytes."""

import base64
from datetime import UTC, datetime
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from hfcourse.runs.store.models import Run
from hfcourse.runs.trace import har, model
from hfcourse.runs.trace.model import BrowserTrace, CallTrace, Sample, StoredExchange
from hfcourse.runs.trace.recording import TIME_NAMES
from tests.support.har_spec import check_har

RUN = Run(id="r", space="a/b", endpoint="/echo", created=datetime(2026, 1, 2, tzinfo=UTC))
LATIN = st.characters(max_codepoint=255)
HEADS = st.one_of(
    st.just(""),
    st.text(LATIN, max_size=60),
    st.builds(
        "HTTP/{} {} {}\r\n{}\r\n\r\n".format,
        st.sampled_from(["1.0", "1.1", "9", ""]),
        st.integers(0, 9999),
        st.text(LATIN, max_size=9),
        st.text(LATIN, max_size=40),
    ),
)
SAMPLES = st.builds(Sample, st.integers(0, 10**9), st.text(LATIN, max_size=40), st.text(LATIN, max_size=9))
TIMES = st.dictionaries(st.sampled_from(TIME_NAMES[1:]), st.floats(0, 10_000).map(lambda at: round(at, 2)))
EXCHANGES = st.builds(
    StoredExchange,
    actor=st.sampled_from(["space", "hub"]),
    method=st.sampled_from(["GET", "POST"]),
    url=st.text(max_size=30).map("<Space>/".__add__) | st.just("https://a-b.hf.space/é?q=%20&••••"),
    times=TIMES.map(lambda times: {"started": 0.0} | times),
    sent=SAMPLES,
    received_head=HEADS,
    received_bytes=st.integers(0, 10**9),
    body=SAMPLES,
    event_times=st.just([]),
    chunk_count=st.just(0),
    status=st.none() | st.integers(100, 599),
    error=st.sampled_from(["", "timeout", "stopped", "connection-lost"]),
)


def make_exchange(**changes: Any) -> StoredExchange:
    known: dict[str, Any] = {
        "actor": "space",
        "method": "POST",
        "url": "<Space>/gradio_api/upload",
        "times": {"started": 0.0, "sent": 1.0, "first_byte": 2.0, "ended": 3.0},
        "sent": Sample(),
        "received_head": "HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=UTF-8\r\n\r\n",
        "received_bytes": 100,
        "body": Sample(),
        "event_times": [],
        "chunk_count": 1,
    }
    return StoredExchange(**known | changes)


def make_sample(content: bytes, size: int | None = None) -> Sample:
    return Sample(len(content) if size is None else size, content.decode("latin-1"))


def export_entry(exchange: StoredExchange) -> dict[str, Any]:
    document = har.build_har(RUN, {"call": model.pack_trace(CallTrace(0.0, [exchange]))})
    check_har(document)
    return cast("dict[str, Any]", document["log"]["entries"][0])


@given(st.lists(EXCHANGES, max_size=3))
def test_har_of_any_exchanges_is_valid(exchanges: list[StoredExchange]) -> None:
    content = model.pack_trace(CallTrace(1.0, [*exchanges]))
    document = har.build_har(RUN, {"form": content, "call": content})
    check_har(document)
    assert len(document["log"]["entries"]) == 2 * len(exchanges)


@given(st.lists(st.tuples(st.text(), st.text(), st.none() | st.integers(0)), max_size=4), st.text(max_size=30))
def test_har_of_any_form_is_valid(fields: list[tuple[str, str, int | None]], text: str) -> None:
    headers = [["Content-Type", "multipart/form-data; boundary=----WebKitAbC"], [text, text]]
    browser = BrowserTrace(
        started=2.0,
        ended=1.0,
        method="POST",
        target=f"/essais?{text}",
        protocol="HTTP/1.1",
        request_headers=headers,
        fields=[list(field) for field in fields],
        omitted_fields=0,
        request_bytes=3,
        status=303,
        response_headers=headers,
        response_body=make_sample(text.encode("utf-8", "replace")),
        token_check="absent",
    )
    document = har.build_har(RUN, {"browser": model.pack_trace(browser)})
    check_har(document)
    assert document["log"]["entries"][0]["request"]["postData"]["mimeType"] == headers[0][1]


def test_har_keeps_a_binary_upload_and_a_binary_answer_in_base64() -> None:
    body = b"--AbC\r\nContent-Disposition: form-data\r\n\r\n\x89PNG\xff\0\r\n--AbC--"
    head = (
        f"POST /upload HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=AbC\r\nContent-Length: {len(body)}\r\n"
    )
    sent = make_sample(f"{head}X-HF-Authorization: Bearer hf_••••\r\n\r\n".encode() + body, 400)
    entry = export_entry(make_exchange(sent=sent, body=make_sample(bytes(range(256)))))
    posted, content = entry["request"]["postData"], entry["response"]["content"]
    assert base64.b64decode(posted["text"]) == body
    assert posted["_encoding"] == "base64"
    assert posted["mimeType"] == "multipart/form-data; boundary=AbC"
    assert base64.b64decode(content["text"]) == bytes(range(256))
    assert (entry["request"]["bodySize"], entry["response"]["bodySize"]) == (len(body), 256)


def test_har_keeps_text_that_is_not_ascii_as_it_is() -> None:
    answer = "« été » 💡".encode()
    sent = make_sample('POST / HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{"data": ["été"]}'.encode())
    entry = export_entry(make_exchange(sent=sent, body=make_sample(answer)))
    assert entry["request"]["postData"]["text"] == '{"data": ["été"]}'
    assert entry["response"]["content"]["text"] == answer.decode()
    assert entry["response"]["content"]["mimeType"] == "Text/Plain; charset=UTF-8"


def test_har_says_how_long_a_cut_body_was() -> None:
    entry = export_entry(make_exchange(body=Sample(5_000_000, "abc", "xyz", 4_999_994)))
    assert "5\u00a0Mo" in entry["response"]["content"]["comment"]
    assert entry["response"]["content"]["size"] == 5_000_000


def test_har_of_an_exchange_that_ended_in_its_handshake_counts_its_time_once() -> None:
    times = {"started": 0.0, "sent": 5.0, "connected": 4.0, "secured": 9.0, "ended": 12.0}
    entry = export_entry(make_exchange(times=times, received_head="", status=None, error="timeout"))
    assert entry["time"] == 12.0
    assert entry["response"]["status"] == 0
