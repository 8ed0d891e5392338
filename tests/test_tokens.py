"""The Hugging Face token: read once, taken out of the environment, masked wherever it might appear."""

import gzip
import io
import json
import logging
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from flask import Flask

from hfcourse import create_app, tokens
from hfcourse.text import file_scanning
from hfcourse.tokens import MASK_TEXT, AccessToken
from tests.support.apps import close_app
from tests.support.cpu_time import measure_cpu_seconds

ROOT = Path(__file__).parents[1]
VALUE = "hf_" + "a" * 30


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A site that has a token, and a page that repeats it."""
    monkeypatch.setenv("HF_TOKEN", VALUE)
    monkeypatch.setenv("HUGGING_FACE_HUB_TOKEN", VALUE)
    made = create_app({"INSTANCE": str(tmp_path), "TESTING": True})
    made.add_url_rule("/echo", "echo", lambda: f"<p>{VALUE}")
    yield made
    close_app(made)


@pytest.mark.parametrize("value", [VALUE, f" {VALUE}\n", f"{VALUE}\r\n", "hf_" + "Ab1" * 4])
def test_a_token_is_read_without_what_surrounds_it(value: str) -> None:
    token = tokens.read_token({"HF_TOKEN": value})
    assert token is not None
    assert token.reveal() == value.strip()


@pytest.mark.parametrize("value", ["", " ", "\n"])
def test_a_blank_one_is_none(value: str) -> None:
    assert tokens.read_token({"HF_TOKEN": value}) is None


def test_without_the_variable_there_is_none() -> None:
    assert tokens.read_token({}) is None


@pytest.mark.parametrize(
    "value", ["garbage-value", "hf_short", f"{VALUE} {VALUE}", f"{VALUE}\n{VALUE}", "hf_" + "é" * 20, f"Bearer {VALUE}"]
)
def test_garbage_stops_the_start_with_one_line_that_does_not_repeat_it(value: str) -> None:
    with pytest.raises(SystemExit) as caught:
        tokens.read_token({"HF_TOKEN": value})
    line = str(caught.value)
    assert "HF_TOKEN" in line
    assert "\n" not in line
    assert not any(word in line for word in value.split())


def test_a_token_does_not_print_itself() -> None:
    token = AccessToken(VALUE)
    assert VALUE not in f"{token} {token!r} {[token]} {token!s}"


def test_the_environment_keeps_none_of_it(app: Flask) -> None:
    assert app.extensions["token"].reveal() == VALUE
    assert VALUE not in repr(os.environ)
    assert (os.environ["HF_HUB_DISABLE_IMPLICIT_TOKEN"], os.environ["HF_HUB_DISABLE_TELEMETRY"]) == ("1", "1")
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"


def in_a_process_of_its_own(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """What this code prints where `app` is a site that has the token, and `token` its value."""
    begin = "from hfcourse import create_app\napp = create_app()\ntoken = app.extensions['token'].reveal()\n"
    environment = os.environ | {"HF_TOKEN": VALUE, "HUGGING_FACE_HUB_TOKEN": VALUE, "HFCOURSE_INSTANCE": str(folder)}
    command = [sys.executable, "-c", begin + code]
    return subprocess.run(command, check=True, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def test_a_child_process_inherits_none_of_it(tmp_path: Path) -> None:
    ended = in_a_process_of_its_own(tmp_path, "import subprocess; subprocess.run(['env'])")
    assert "GRADIO_ANALYTICS_ENABLED=False" in ended.stdout
    assert VALUE not in ended.stdout + ended.stderr


def test_a_page_that_would_repeat_it_shows_the_mask(app: Flask) -> None:
    response = app.test_client().get("/echo")
    assert response.get_data(as_text=True) == f"<p>{MASK_TEXT}"
    assert int(response.headers["Content-Length"]) == len(response.data)


@pytest.mark.parametrize("algorithm", ["gzip", "br"])
def test_compressed_response_masks_the_token(app: Flask, algorithm: str) -> None:
    app.add_url_rule("/long", "long", lambda: f"<p>{VALUE}" * 1000)
    response = app.test_client().get("/long", headers={"Accept-Encoding": algorithm})
    assert response.headers["Content-Encoding"] == algorithm
    whole = app.test_client().get("/long").get_data(as_text=True)
    assert (VALUE in whole, whole.count(MASK_TEXT)) == (False, 1000)


def test_an_error_page_and_the_log_show_neither(tmp_path: Path) -> None:
    ended = in_a_process_of_its_own(
        tmp_path,
        "def fail(): raise ValueError('Illegal header value ' + token)\n"
        "app.add_url_rule('/raise', 'raise', fail)\n"
        "response = app.test_client().get('/raise')\n"
        "print(response.status_code, response.get_data(as_text=True))",
    )
    assert ended.stdout.startswith("500 <!doctype html>")
    assert "Traceback" not in ended.stdout
    assert "Traceback" in ended.stderr
    assert f"Illegal header value {MASK_TEXT}" in ended.stderr
    assert VALUE not in ended.stdout + ended.stderr


def test_the_log_filter_masks_words_arguments_and_tracebacks() -> None:
    mask = tokens.RedactingFilter(AccessToken(VALUE))
    try:
        raise ValueError(VALUE)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "%s and %r", (VALUE, [VALUE]), sys.exc_info())
    assert mask.filter(record)
    assert VALUE not in logging.Formatter().format(record)


def test_talkative_libraries_are_quiet(app: Flask) -> None:
    for name in ("httpx", "httpcore", "httpcore2", "gradio_client", "huggingface_hub"):
        assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING


def test_debugger_console_is_off(app: Flask) -> None:
    assert app.test_client().get("/console").status_code == 404


@pytest.mark.parametrize("text", ["x hf_" + "A1" * 10, "{'a': 'hf_" + "z" * 34 + "'}", "Bearer hf_" + "q" * 20 + "."])
def test_what_looks_like_a_pasted_token_is_found_and_masked(text: str) -> None:
    assert tokens.contains_token(text)
    assert not tokens.contains_token(tokens.mask_tokens(text))
    assert MASK_TEXT in tokens.mask_tokens(text)


@pytest.mark.parametrize(
    "text", ["", "hf_", "hf_token", "hf_short12345", "hf_inference_api_endpoint_name", "self_hf_" + "é" * 30]
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert not tokens.contains_token(text)
    assert tokens.mask_tokens(text) == text


TOKEN = "hf_" + "aB3cD4eF5gH6iJ7kL8mN9oP0qR1sT2uV3w"
SPELLINGS = {
    "line-end": TOKEN[:12] + "\n" + TOKEN[12:],
    "line-end-of-windows": TOKEN[:20] + "\r\n" + TOKEN[20:],
    "early-line-end": TOKEN[:5] + "\n" + TOKEN[5:],
    "hyphenated": TOKEN[:14] + "-\n" + TOKEN[14:],
    "three-lines": TOKEN[:13] + "\n" + TOKEN[13:24] + "\n" + TOKEN[24:],
    "exercise": "hf_" + "x" * 12 + "\n" + "x" * 12,
    "zero-width": "\u200b".join(TOKEN),
    "soft-hyphen": TOKEN[:9] + "\u00ad" + TOKEN[9:],
    "full-width": "".join(chr(ord(letter) + 0xFEE0) for letter in TOKEN),
    "upper": "HF_" + TOKEN[3:],
    "oauth": "hf_oauth_" + TOKEN[3:],
    "jwt": "hf_jwt_" + "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIi.c2ln",
    "organisation": "api_org_" + TOKEN[3:],
    "json": "".join(f"\\u{ord(letter):04x}" for letter in TOKEN),
    "percent": "".join(f"%{ord(letter):02X}" for letter in TOKEN),
    "entities": "".join(f"&#{ord(letter)};" for letter in TOKEN),
    "markdown": "hf\\_" + TOKEN[3:],
    "mathematical": "".join(chr(0x1D5BA + ord(letter) - 97) if letter.islower() else letter for letter in TOKEN),
    "json-twice": "".join(f"\\\\u{ord(letter):04X}" for letter in TOKEN),
    "python": "".join(f"\\x{ord(letter):02x}" for letter in TOKEN),
    "percent-twice": "".join(f"%25{ord(letter):02x}" for letter in TOKEN),
    "one-escape": "%68" + TOKEN[1:],
    "hexadecimal-entities": "".join(f"&amp;#x{ord(letter):x};" for letter in TOKEN),
    "utf-7": TOKEN.encode("utf-7").decode(),
}


@pytest.mark.parametrize("written", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_token_in_any_spelling_is_masked_and_nothing_else(written: str) -> None:
    assert tokens.mask_tokens(f"avant {written} après") == f"avant {MASK_TEXT} après"
    assert tokens.mask_tokens(f"avant {written}\nMerci beaucoup") == f"avant {MASK_TEXT}\nMerci beaucoup"


def zipped(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()


FILES = {
    "utf-16-le": ("\ufeff" + TOKEN).encode("utf-16-le"),
    "utf-16-be": TOKEN.encode("utf-16-be"),
    "utf-32": TOKEN.encode("utf-32"),
    "id3": b"ID3" + TOKEN.encode(),
    "over-a-megabyte": b"x\n" * 700_000 + TOKEN.encode() + b"\n" * 1000,
    "across-two-pieces": b"." * (file_scanning.WINDOW_BYTES - 10) + TOKEN.encode(),
    "docx": zipped("a.xml", f"<?xml?><w:t>{TOKEN[:9]}</w:t></w:r><w:r><w:t>{TOKEN[9:]}</w:t>".encode()),
    "oauth-utf-16": ("hf_oauth_" + TOKEN[3:]).encode("utf-16-le"),
    "organisation-utf-32": ("api_org_" + TOKEN[3:]).encode("utf-32-be"),
    "escapes": json.dumps("".join(chr(ord(letter) + 0xFEE0) for letter in TOKEN)).encode(),
    "zip-in-zip": zipped("a.zip", zipped("b.txt", TOKEN.encode())),
    "gzip": gzip.compress(TOKEN.encode()),
    "notebook": json.dumps({"cells": [{"source": "login('" + "\u200b".join(TOKEN) + "')"}]}).encode(),
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_token_in_a_file_of_any_encoding_or_container_is_found(content: bytes) -> None:
    assert tokens.contains_token(content)
    assert not tokens.contains_token(content.replace(b"hf", b"hg").replace(b"h\0f", b"h\0g")[:20])


def test_token_scan_stops_inflating_at_its_budget() -> None:
    budget = file_scanning.ScanBudget(inflated_bytes=3_000_000)
    assert not file_scanning.file_holds_token(io.BytesIO(zipped("bomb", b"0" * 30_000_000)), budget=budget)
    assert 0 <= budget.inflated_bytes < 3_000_000


def test_token_scan_opens_so_many_members_and_no_more() -> None:
    header = b"PK\x03\x04" + b"\x14\0\0\0\x08\0" + bytes(20)
    budget = file_scanning.ScanBudget()
    assert not file_scanning.file_holds_token(io.BytesIO(header * 100_000), budget=budget)
    assert budget.members == 0


PIECES = ("h", "hf_", "hf_a", "\\", "\\u", "%25", "%68", "&amp;", "&#", "&#104;", "<", "\u200b", "ｈ", "h \n",
          "api_org_", "hf_jwt_a", "hf_aaaaaaa\naaaaaaaaaaaaa\n", "hf_aB1cdefg\n", "hf_" + "a" * 19)  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_token_search_costs_about_what_ordinary_text_costs(piece: str) -> None:
    size = 300_000
    ordinary = measure_cpu_seconds(lambda: tokens.contains_token("hé \\ %\n" * (size // 7)))
    assert measure_cpu_seconds(lambda: tokens.mask_tokens((piece * size)[:size])) < 8 * ordinary + 0.05


def test_token_search_of_all_texts_of_a_request_has_one_budget(app: Flask) -> None:
    with app.test_request_context():
        for _ in range(40):
            assert not tokens.contains_token("hf_a\n" * 20_000)
        assert tokens.get_scan_budget().search.candidates <= 0
        assert tokens.contains_token(TOKEN)  # as the Hub writes it, whatever went before


LOOK_ALIKES = (
    "hf_ puis\ndes mots ordinaires sur la ligne",
    "hf_token = 'x'\nfrom transformers import pipeline",
    "hf_token\nTextClassificationPipeline",
    "hf_transformers\nAutoModelForSequenceClassification",
    "hf_\nBertForSequenceClassification",
    "hf_hub\r\nConversationalPipelineForEverybody",
    "hf_hub_download_from_the_repository_of_models",
    "HF_HUB_ENABLE_HF_TRANSFER HF_HOME\nTRANSFORMERSCACHEFOLDER",
    "hf_ a b c d e f g h i j k l m n o p q r s t u v w",
    "api_org_name\nhuggingfaceorganisations",
    "hf_AbCdEf1234\n  IndentedWordsOnTheNextLine",
    "%68%66 \\u0068 &#104; hf_%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20",
)


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_token_search_leaves_what_only_looks_alike(text: str) -> None:
    assert tokens.mask_tokens(text) == text
    assert not tokens.contains_token(text.encode())


def test_token_search_finds_none_in_the_site_and_its_lessons() -> None:
    for path in (path for path in (ROOT / "hfcourse").rglob("*") if path.suffix in (".md", ".py", ".toml")):
        assert not tokens.contains_token(path.read_bytes()), path
        assert tokens.mask_tokens(path.read_text("utf-8")) == path.read_text("utf-8"), path


def test_own_token_is_found_whatever_its_shape(app: Flask) -> None:
    app.extensions["token"] = AccessToken("hf_courtjeton12")
    with app.app_context():
        assert tokens.contains_token("avant hf_courtjeton12 après")
        assert not tokens.contains_token("avant hf_courtjeton13 après")


def test_access_log_has_no_query() -> None:
    record = logging.LogRecord("werkzeug", 20, "", 1, '"GET /recherche?q=%s HTTP/1.1" 200', ("mot",), None)
    assert tokens.QUERY_STRING_FILTER.filter(record)
    assert record.getMessage() == '"GET /recherche?… HTTP/1.1" 200'
