"""The Hugging Face token: read once, taken out of the environment, masked wherever it might appear."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from hfcourse import create_app, tokens
from hfcourse.tokens import MASK, Token
from tests.conftest import end

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
    end(made)


@pytest.mark.parametrize("value", [VALUE, f" {VALUE}\n", f"{VALUE}\r\n", "hf_" + "Ab1" * 4])
def test_a_token_is_read_without_what_surrounds_it(value: str) -> None:
    token = tokens.read({"HF_TOKEN": value})
    assert token is not None
    assert token.reveal() == value.strip()


@pytest.mark.parametrize("value", ["", " ", "\n"])
def test_a_blank_one_is_none(value: str) -> None:
    assert tokens.read({"HF_TOKEN": value}) is None


def test_without_the_variable_there_is_none() -> None:
    assert tokens.read({}) is None


@pytest.mark.parametrize(
    "value", ["garbage-value", "hf_short", f"{VALUE} {VALUE}", f"{VALUE}\n{VALUE}", "hf_" + "é" * 20, f"Bearer {VALUE}"]
)
def test_garbage_stops_the_start_with_one_line_that_does_not_repeat_it(value: str) -> None:
    with pytest.raises(SystemExit) as caught:
        tokens.read({"HF_TOKEN": value})
    line = str(caught.value)
    assert "HF_TOKEN" in line
    assert "\n" not in line
    assert not any(word in line for word in value.split())


def test_a_token_does_not_print_itself() -> None:
    token = Token(VALUE)
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
    assert response.get_data(as_text=True) == f"<p>{MASK}"
    assert int(response.headers["Content-Length"]) == len(response.data)


@pytest.mark.parametrize("algorithm", ["gzip", "br"])
def test_so_does_a_compressed_one(app: Flask, algorithm: str) -> None:
    app.add_url_rule("/long", "long", lambda: f"<p>{VALUE}" * 1000)
    response = app.test_client().get("/long", headers={"Accept-Encoding": algorithm})
    assert response.headers["Content-Encoding"] == algorithm
    whole = app.test_client().get("/long").get_data(as_text=True)
    assert (VALUE in whole, whole.count(MASK)) == (False, 1000)


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
    assert f"Illegal header value {MASK}" in ended.stderr
    assert VALUE not in ended.stdout + ended.stderr


def test_the_log_filter_masks_words_arguments_and_tracebacks() -> None:
    mask = tokens.RedactingFilter(Token(VALUE))
    try:
        raise ValueError(VALUE)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "%s and %r", (VALUE, [VALUE]), sys.exc_info())
    assert mask.filter(record)
    assert VALUE not in logging.Formatter().format(record)


def test_talkative_libraries_are_quiet(app: Flask) -> None:
    for name in ("httpx", "httpcore", "gradio_client", "huggingface_hub"):
        assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING


def test_there_is_no_debugger_console(app: Flask) -> None:
    assert app.test_client().get("/console").status_code == 404


@pytest.mark.parametrize("text", ["x hf_" + "A1" * 10, "{'a': 'hf_" + "z" * 34 + "'}", "Bearer hf_" + "q" * 20 + "."])
def test_what_looks_like_a_pasted_token_is_found_and_masked(text: str) -> None:
    assert tokens.is_pasted(text)
    assert not tokens.is_pasted(tokens.mask_pasted(text))
    assert MASK in tokens.mask_pasted(text)


@pytest.mark.parametrize(
    "text", ["", "hf_", "hf_token", "hf_short12345", "hf_inference_api_endpoint_name", "self_hf_" + "é" * 30]
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert not tokens.is_pasted(text)
    assert tokens.mask_pasted(text) == text
