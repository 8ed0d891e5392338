"""The statuses of a Space's answers, and of the gateways that answer in its place."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from hfcourse.spaces.client.http_status import classify_answer, classify_description_answer, classify_stream_answer

HTML = b"<html><head><title>503 Service Temporarily Unavailable</title></head></html>"


def told(body: object) -> bytes:
    return json.dumps(body).encode()


def code_of(status: int, body: bytes = b"", **headers: str) -> str:
    failed = classify_answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)
    return failed.code if failed else ""


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, b"", ""),
        (502, HTML, "connection-lost"),
        (504, HTML, "timeout"),
        (408, b"", "timeout"),
        (520, HTML, "connection-lost"),
        (521, HTML, "connection-lost"),
        (522, HTML, "timeout"),
        (523, HTML, "connection-lost"),
        (524, HTML, "timeout"),
        (530, HTML, "connection-lost"),
        (503, HTML, "space-sleeping"),
        (503, b"", "space-sleeping"),
        (503, b"upstream connect error or disconnect/reset before headers", "space-sleeping"),
        (503, told({"message": "no healthy upstream"}), "space-sleeping"),
        (503, told({"detail": "Queue is full. Max size is 1 and size is 1."}), "queue-full"),
        (503, told({"detail": "Queue is stopped."}), "connection-lost"),
        (500, told({"detail": None}), "space-exception"),
        (400, told({"error": "No function index provided."}), "space-exception"),
        (401, HTML, "space-login"),
        (403, HTML, "space-login"),
        (404, told({"detail": "Not Found"}), "endpoint-gone"),
        (413, HTML, "answer-too-large"),
        (429, HTML, "too-many-requests"),
        (418, b"", "bad-answer"),
        (204, b"", "bad-answer"),
    ],
)
def test_a_status_of_a_join_or_an_upload_has_its_code(status: int, body: bytes, code: str) -> None:
    assert code_of(status, body) == code


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "code"),
    [("/login", "space-login"), ("https://sso.example.org/oauth2/authorize?x=1", "space-login"),
     ("/accounts/sign-in", "space-login"), ("https://example.org/", "bad-answer"), ("/author/list", "bad-answer"),
     ("//[", "bad-answer"), ("", "bad-answer")],
)  # fmt: skip
def test_a_redirect_is_a_login_or_nothing_that_is_understood(status: int, location: str, code: str) -> None:
    assert code_of(status, location=location) == code


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (told({"detail": "Le <b>texte</b> est vide."}), "Le texte est vide."),
        (told({"error": "non"}), "non"),
        (told({"detail": [1]}), ""),
        (b'{"detail": "coup', ""),
        (b'{"a":' * 100_000, ""),
        (HTML, ""),
    ],
)
def test_words_of_a_json_error_are_kept_as_text(body: bytes, said: str) -> None:
    failed = classify_answer(400, {}, body)
    assert failed is not None
    assert failed.detail == said


@pytest.mark.parametrize(
    ("header", "said"),
    [("30", "Retry-After: 30"), (" 90 ", "Retry-After: 90"), ("0", ""), ("-5", ""), ("99999999", ""), ("bientôt", ""),
     ("", ""), ("Wed, 21 Oct 2015 07:28:00 GMT", "")],
)  # fmt: skip
@pytest.mark.parametrize(("status", "before"), [(429, ""), (503, "HTTP 503")])
def test_a_retry_after_is_kept_within_bounds(status: int, before: str, header: str, said: str) -> None:
    failed = classify_answer(status, {"retry-after": header}, b"")
    assert failed is not None
    assert failed.detail == ", ".join(filter(None, (before, said)))


def test_a_retry_after_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    failed = classify_answer(429, {"retry-after": date}, b"")
    assert failed is not None
    assert 3_500 < int(failed.detail.removeprefix("Retry-After: ")) <= 3_600


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "connection-lost"), (503, "connection-lost"), (502, "connection-lost"), (504, "timeout"),
     (500, "space-exception"), (401, "space-login"), (429, "too-many-requests"), (302, "bad-answer")],
)  # fmt: skip
def test_a_stream_that_is_not_there_is_that_of_a_space_that_restarted(status: int, code: str) -> None:
    failed = classify_stream_answer(status, {})
    assert failed is not None
    assert failed.code == code


@pytest.mark.parametrize(
    ("status", "code"),
    [(200, ""), (401, "space-login"), (403, "space-login"), (404, "no-api"), (429, "too-many-requests"),
     (500, "bad-answer"), (502, "connection-lost"), (503, "space-sleeping"), (504, "timeout"), (524, "timeout"),
     (302, "bad-answer")],
)  # fmt: skip
def test_a_description_that_a_gateway_answers_for_has_its_code(status: int, code: str) -> None:
    assert classify_description_answer(status, {}) == code
