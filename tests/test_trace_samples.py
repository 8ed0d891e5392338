"""Samples of messages in a trace: bounded, without a part of the token at any cut, however it is spelled."""

import base64
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.runs.trace import recording
from hfcourse.runs.trace.browser_recording import inspect_headers, inspect_known_header
from hfcourse.runs.trace.masking import TraceMask, contains_encoded_token, may_spell_token
from hfcourse.runs.trace.model import CallTrace, StoredExchange
from hfcourse.spaces.client.transport import exchange_recorder
from hfcourse.spaces.client.transport.exchange_recorder import (
    CUT_MARGIN_BYTES,
    HEAD_END,
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    MAX_RUN_BYTES,
    MAX_TAIL_BYTES,
    TraceRecorder,
)
from hfcourse.token_masking import compile_spellings
from tests.support.token_spellings import SECRET, SPELLINGS

TOKEN = SECRET.encode()
URL = "https://a-b.hf.space/x"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"


def record_response(recorder: TraceRecorder, chunks: list[bytes], head: bytes = HEAD, sent: bytes = b"") -> None:
    exchange = recorder.open_exchange("GET", URL)
    assert exchange is not None
    exchange.record_sent(sent or b"GET /x HTTP/1.1\r\nHost: a-b.hf.space\r\n\r\n")
    exchange.record_received(head)
    for chunk in chunks:
        exchange.record_chunk(chunk)
    exchange.end()


def build_trace(recorder: TraceRecorder) -> CallTrace:
    return recording.build_call_trace(recorder, TraceMask(SECRET, "", "https://huggingface.co"))


def get_exchanges(trace: CallTrace) -> list[StoredExchange]:
    return [item for item in trace.items if isinstance(item, StoredExchange)]


def has_part_of_token(sample: str, length: int = 6) -> bool:
    return any(SECRET[start : start + length] in sample for start in range(len(SECRET) - length))


def record_body(chunks: list[bytes], head: bytes = HEAD) -> StoredExchange:
    recorder = TraceRecorder()
    record_response(recorder, chunks, head)
    (exchange,) = get_exchanges(build_trace(recorder))
    return exchange


@pytest.mark.parametrize("place", [MAX_BODY_BYTES, MAX_BODY_BYTES + CUT_MARGIN_BYTES])
@pytest.mark.parametrize("after", [0, 500, MAX_TAIL_BYTES, MAX_TAIL_BYTES + CUT_MARGIN_BYTES, 60_000])
@pytest.mark.parametrize("shift", [1, 18, len(TOKEN) - 1])
def test_token_at_the_end_of_a_sample_is_masked_whole_or_not_stored(place: int, after: int, shift: int) -> None:
    exchange = record_body([b"x" * (place - shift) + TOKEN + b"y" * after])
    assert not has_part_of_token(exchange.body.first + exchange.body.last)


@pytest.mark.parametrize("shift", [1, 18, len(TOKEN) - 1])
def test_token_at_the_start_of_the_last_bytes_is_not_stored_in_part(shift: int) -> None:
    tail = MAX_TAIL_BYTES + CUT_MARGIN_BYTES
    exchange = record_body([b"x" * 50_000, TOKEN + b"y" * (tail - shift)])
    assert not has_part_of_token(exchange.body.first + exchange.body.last)
    assert len(exchange.body.last) == MAX_TAIL_BYTES


@given(st.integers(0, 45_000), st.lists(st.integers(1, len(TOKEN) - 1), max_size=3))
def test_token_in_pieces_at_any_place_of_a_body_is_masked_whole_or_not_stored(place: int, cuts: list[int]) -> None:
    ends = sorted({0, len(TOKEN), *cuts})
    pieces = [TOKEN[start:end] for start, end in pairwise(ends)]
    exchange = record_body([b"x" * place, *pieces, b"y" * (45_000 - place)])
    assert not has_part_of_token(exchange.body.first + exchange.body.last)


@pytest.mark.parametrize("shift", range(0, len(TOKEN), 9))
def test_token_where_the_bytes_of_a_run_end_is_not_stored_in_part(shift: int) -> None:
    recorder = TraceRecorder()
    for _ in range(11):
        record_response(recorder, [b"z" * 100_000])
    left = MAX_RUN_BYTES - recorder.kept_bytes - 200
    record_response(recorder, [b"x" * (left - shift) + TOKEN + b"y" * 90_000])
    record_response(recorder, [TOKEN], head=HEAD[:-4] + b"\r\nX-Echo: " + TOKEN + HEAD_END)
    trace = build_trace(recorder)
    for exchange in get_exchanges(trace):
        assert not has_part_of_token(exchange.received_head + exchange.body.first + exchange.body.last)


def test_head_that_ends_nowhere_is_bounded_and_without_a_part_of_the_token() -> None:
    for shift in (1, 18, len(TOKEN) - 1):
        head = b"HTTP/1.1 200 OK\r\nX-Long: "
        head += b"x" * (MAX_HEAD_BYTES + CUT_MARGIN_BYTES - len(head) - shift) + TOKEN + b"y" * 100_000
        exchange = record_body([], head)
        assert len(exchange.received_head) <= MAX_HEAD_BYTES
        assert not has_part_of_token(exchange.received_head)


def test_short_overflow_of_a_sample_is_kept_whole() -> None:
    content = bytes(range(256)) * 80
    exchange = record_body([content])
    assert exchange.body.first.encode("latin-1") == content
    assert (exchange.body.last, exchange.body.omitted_bytes) == ("", 0)


def test_token_is_noted_on_its_hop_although_nothing_more_may_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange_recorder, "MAX_RUN_BYTES", 100)
    recorder = TraceRecorder()
    for _ in range(2):
        record_response(recorder, [], sent=b"GET /x HTTP/1.1\r\nX-HF-Authorization: Bearer " + TOKEN + HEAD_END)
    assert [exchange.has_token for exchange in get_exchanges(build_trace(recorder))] == [True, True]


def test_uploaded_text_about_a_header_is_not_taken_for_the_header() -> None:
    recorder = TraceRecorder()
    body = b"--a\r\n\r\nX-HF-Authorization: Bearer hf_x\r\n--a--"
    record_response(recorder, [], sent=b"POST /upload HTTP/1.1\r\nHost: a\r\n\r\n" + body)
    (exchange,) = get_exchanges(build_trace(recorder))
    assert not exchange.has_token


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_quick_check_lets_every_spelling_through(spelling: str) -> None:
    for around in ("{}", "a {} b", SECRET + " {}", "{}" + SECRET):
        data = around.format(spelling).encode()
        assert contains_encoded_token(data, SECRET)
        is_spelled = compile_spellings(SECRET).search(data.replace(TOKEN, b"").decode())
        assert may_spell_token(data, SECRET) or not is_spelled


@given(
    st.lists(st.sampled_from([*"hf_aB3 \\%&\0\n\r\t", "é", "\u200b", SECRET, SECRET[:20], SECRET[20:]]), max_size=40)
)
def test_quick_check_changes_no_search(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert contains_encoded_token(text.encode(), SECRET) == bool(compile_spellings(SECRET).search(text))


@pytest.mark.parametrize(
    "encode",
    [
        str,
        quote,
        lambda text: base64.b64encode(b"a" + text.encode()).decode(),
        lambda text: text[::-1],
        lambda text: "".join(f"%{ord(character):02x}" for character in text),
        lambda text: "".join(f"\\u{ord(character):04x}" for character in text),
    ],
)
def test_encoded_token_of_a_space_is_masked_in_head_body_and_url(encode) -> None:
    said = encode(SECRET).encode()
    exchange = record_body([b"data: " + said[:9], said[9:] + b"\n\n"], HEAD[:-2] + b"X-Echo: " + said + b"\r\n\r\n")
    stored = exchange.received_head + exchange.body.first
    assert not contains_encoded_token(stored.encode("latin-1"), SECRET)
    assert stored.count("hf_\xe2\x80\xa2") == 2


@pytest.mark.parametrize("name", ["Cookie", "Set-Cookie", "Authorization", "X-Forwarded-For", "X-Real-IP"])
def test_secret_header_is_inspected_without_the_cache(name: str) -> None:
    inspect_known_header.cache_clear()
    secret, known = inspect_headers([[name, f"session={SECRET}"], ["Accept", "text/html"]], SECRET)
    assert secret.has_site_token
    assert SECRET not in secret.masked_value
    assert known == ("Accept", "text/html", False, False)
    assert inspect_known_header.cache_info().currsize == 1
