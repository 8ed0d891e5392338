"""Whatever a Space answers, the page of its run is drawn in about a second and weighs about a megabyte."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfcourse import create_app
from hfcourse.errors import CallError
from hfcourse.limits.cpu_budget import CpuBudget
from hfcourse.runs import presenter
from hfcourse.runs.execution.output_serializer import OutputSerializer
from hfcourse.runs.execution.recorder import Recorder
from hfcourse.runs.outputs import export, slow_texts, untrusted_markdown, value_presenters
from hfcourse.runs.outputs.rendered_outputs import render_outputs
from hfcourse.runs.outputs.slow_texts import SlowTextCache
from hfcourse.runs.store import run_store
from hfcourse.runs.values.file_refs import FileEntry
from hfcourse.runs.values.page_budget import MAX_DRAW_SECONDS, MAX_UNTIMED_CHARACTERS, PageBudget, TextAllowance
from hfcourse.spaces.form.rendering_budget import RENDERING_BUDGET_SECONDS, RenderingBudget
from hfcourse.spaces.schema.endpoints.return_values import ReturnValue
from tests.spaces.all_components import make_file_data as file_data
from tests.support.apps import close_app
from tests.support.clocks import FakeCpuClock, FakeMonotonic
from tests.support.cpu_time import measure_cpu_seconds

VISITOR = "awa"
MAX_PAGE_BYTES = 1_200_000
ANSWER_BYTES = 1_900_000
Output = tuple[str, Any]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    made = create_app({"INSTANCE": str(tmp_path_factory.mktemp("pages")), "TESTING": True})
    yield made
    close_app(made)


@pytest.fixture(scope="module")
def browser(site: Flask) -> FlaskClient:
    client = site.test_client()
    with client.session_transaction() as session:
        session["visitor"] = VISITOR
    return client


@pytest.fixture(autouse=True)
def without_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """No text is known yet."""
    untrusted_markdown.render_markdown_cached.cache_clear()
    monkeypatch.setattr(untrusted_markdown, "SLOW_TEXTS", SlowTextCache())


def fetch(path: str) -> list[bytes]:
    if path.endswith(".png"):
        return [b"\x89PNG\r\n\x1a\n" + b"0" * 40]
    raise CallError("bad-answer")


def answered(site: Flask, *outputs: Output, label: str = "Sortie", hints: dict[str, str] | None = None) -> str:
    """The address of a run that came back with these outputs."""
    with site.app_context():
        given_run = run_store.create_run(
            VISITOR, space="a/b", endpoint="/e", title="E", parameters=[], inputs={}, files={}
        )
        run = run_store.claim_run(given_run)
        assert run is not None
        returns = tuple(ReturnValue(label, component, hints or {}) for component, _ in outputs)
        recording = Recorder(run, OutputSerializer(returns))
        recording.finish_with_outputs([value for _, value in outputs], fetch)
    return f"/essais/{run.id}"


# A shape of an answer, around a text that is repeated to the limit of what an answer may hold.
SHAPES: dict[str, Callable[[str, int], Output]] = {
    "text": lambda text, n: ("Textbox", text * n),
    "markdown": lambda text, n: ("Markdown", text * n),
    "code": lambda text, n: ("Code", text * n),
    "html": lambda text, n: ("Html", text * n),
    "key": lambda text, n: ("Json", {text * n: 1}),
    "keys": lambda text, n: ("Json", {f"{text * (n // 50)}{key}": {"a": key} for key in range(50)}),
    "words": lambda text, n: ("Dropdown", [text * (n // 100)] * 100),
    "path": lambda text, n: ("Fileexplorer", [[text * (n // 100)] * 10] * 10),
    "header": lambda text, n: ("Dataframe", {"headers": [text * n], "data": [[1]]}),
    "headers": lambda text, n: ("Dataframe", {"headers": [text * (n // 60)] * 60, "data": [[1] * 60]}),
    "cells": lambda text, n: ("Dataframe", {"headers": ["a"], "data": [[text * (n // 400)] * 20] * 20}),
    "label": lambda text, n: ("Label", {"label": text * n, "confidences": None}),
    "bars": lambda text, n: ("Label", {"label": "x", "confidences": [
        {"label": text * (n // 50), "confidence": 1}] * 50}),
    "spans": lambda text, n: ("Highlightedtext", [{"token": text * (n // 200), "class_or_confidence": "x"}] * 200),
    "classes": lambda text, n: ("Highlightedtext", [{"token": "x", "class_or_confidence": text * (n // 90)}] * 90),
    "plot": lambda text, n: ("Lineplot", {"columns": [text * n, "b"], "data": [[1, 2], [2, 3]], "mark": "line"}),
    "places": lambda text, n: ("Barplot", {"columns": ["a", "b"], "mark": "bar",
                                            "data": [[f"{text * (n // 60)}{x}", x] for x in range(60)]}),
    "dialogue": lambda text, n: ("Dialogue", [{"speaker": text * (n // 100), "text": text * (n // 100)}] * 50),
    "figure": lambda text, n: ("Plot", {"type": text * (n // 2), "plot": json.dumps({text * (n // 4): 1})}),
    "update": lambda text, n: ("Textbox", {"__type__": "update", text * n: 1}),
    "chat": lambda text, n: ("Chatbot", [{"role": text * (n // 100), "content": text * (n // 100)}] * 50),
    "chat of pairs": lambda text, n: ("Chatbot", [[text * (n // 100), text * (n // 100)]] * 50),
    "thoughts": lambda text, n: ("Chatbot", [{"role": "user", "content": "x", "metadata": {
        "title": text * (n // 200), "log": text * (n // 200)}}] * 100),
    "options": lambda text, n: ("Chatbot", [{"role": "user", "content": "x", "options": [
        {"value": text * (n // 800)}] * 20}] * 40),
    "components": lambda text, n: ("Chatbot", [{"role": "user", "content": [
        {"component": text * (n // 800), "value": text * (n // 800)}] * 20}] * 20),
    "alternatives": lambda text, n: ("Chatbot", [{"role": "user", "content": [
        {"file": file_data("a.png"), "alt_text": text * (n // 400)}] * 4}] * 50),
    "gallery": lambda text, n: ("Gallery", [{"image": file_data("a.png"), "caption": text * (n // 100)}] * 90),
    "places of an image": lambda text, n: ("Annotatedimage", {"image": file_data("a.png"), "annotations": [
        {"image": file_data("a.png"), "label": text * (n // 200)}] * 180}),
    "files": lambda text, n: ("File", [file_data(text * (n // 100), path="/tmp/x")] * 50),
    "forged files": lambda text, n: ("File", [{"$file": None, "$name": text * (n // 100), "$why": text}] * 50),
    "multimodal": lambda text, n: ("Multimodaltextbox", {"text": text * n, "files": []}),
}  # fmt: skip
pieces = st.sampled_from(['"', "<", "&", "'", "é", "\U0001f600", "a", "![", "[a](", "**a", "\n", "|", "`", "\0", " x"])


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(shape=st.sampled_from(sorted(SHAPES)), piece=pieces, others=st.integers(0, 3))
def test_a_page_weighs_about_a_megabyte_whatever_text_stands_wherever(
    site: Flask, browser: FlaskClient, shape: str, piece: str, others: int
) -> None:
    characters = ANSWER_BYTES // (len(json.dumps(piece, ensure_ascii=False).encode()) - 2) // (others + 1)
    address = answered(site, *[SHAPES[shape](piece, characters)] * (others + 1))
    page = browser.get(address)
    assert page.status_code == 200
    assert len(page.data) < MAX_PAGE_BYTES
    assert page.text.count("data-output=") == others + 1
    assert len(browser.get(f"{address}/statut").data) < MAX_PAGE_BYTES


@pytest.mark.parametrize("label", ['"' * 200, "é" * 200])
def test_five_hundred_outputs_with_long_labels_weigh_no_more(site: Flask, browser: FlaskClient, label: str) -> None:
    page = browser.get(answered(site, *[("Textbox", '"' * 3000)] * 500, label=label))
    assert page.text.count("data-output=") == 500
    assert len(page.data) < MAX_PAGE_BYTES


def test_what_is_not_drawn_has_its_beginning_and_a_link_to_the_whole(site: Flask, browser: FlaskClient) -> None:
    address = answered(site, *[("Textbox", f"<b>début {n} " + '"' * 90_000) for n in range(20)])
    page = BeautifulSoup(browser.get(address).text, "html.parser")
    undrawn = [
        section for section in page.select("[data-output]") if "cette sortie se télécharge" in section.get_text()
    ]
    assert len(undrawn) > 10
    assert "<b>début 19" in undrawn[-1].select_one("pre").get_text()
    link = undrawn[-1].select_one("a[download]")["href"]
    assert browser.get(link, buffered=True).get_json().startswith("<b>début 19")


# Markdown that is slow to read


SLOW = ["![", "\\\n", "**_", "\n-|", "\\([", "===\n_a_", "> - ", "[a](<", "&#", "~~[", "$a"]


def slow_texts_of(count: int) -> list[str]:
    """Texts of MAX_MARKDOWN_CHARACTERS characters, no two alike."""
    return [
        f"{n}\n\n"
        + (SLOW[n % len(SLOW)] * untrusted_markdown.MAX_MARKDOWN_CHARACTERS)[
            : untrusted_markdown.MAX_MARKDOWN_CHARACTERS - 10
        ]
        for n in range(count)
    ]


def test_the_clock_of_a_page_ends_the_drawing_of_its_markdown() -> None:
    outputs = [{"label": "", "component": "Markdown", "value": text} for text in slow_texts_of(20)]
    drawn: list[Any] = []
    assert measure_cpu_seconds(lambda: drawn.extend(render_outputs(outputs))) < 4 * MAX_DRAW_SECONDS
    assert len(drawn) == 20
    assert {each.kind for each in drawn[-3:]} == {"omitted"}
    assert all(each.excerpt for each in drawn)


def test_a_text_that_is_too_slow_is_read_once_and_then_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untrusted_markdown, "MARKDOWN_TIMEOUT_SECONDS", 0.01)
    text = "\\\n" * 10_000
    assert untrusted_markdown.render_untrusted_markdown(text) is None
    monkeypatch.setattr(untrusted_markdown, "render_markdown_cached", None)  # whoever tries again finds it out
    assert untrusted_markdown.render_untrusted_markdown(text) is None
    assert value_presenters.present_markdown(text) == value_presenters.FormattedText(text, None, is_plain=True)


def test_a_text_that_had_little_time_left_is_tried_again_with_more(monkeypatch: pytest.MonkeyPatch) -> None:
    text, clock = "- un *mot*\n" * 1000, FakeCpuClock(monkeypatch, step=1e-6)
    exhausted, fresh = CpuBudget(0), CpuBudget(60)
    assert untrusted_markdown.render_untrusted_markdown(text, exhausted) is None
    assert untrusted_markdown.render_untrusted_markdown(text, CpuBudget(0.0001)) is None
    assert untrusted_markdown.render_untrusted_markdown(text, fresh)
    assert clock.seconds > 0.0001


def test_slow_texts_are_forgotten_the_oldest_first_and_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    known = SlowTextCache()
    for n in range(slow_texts.MAX_SLOW_TEXTS + 1):
        known.add(str(n), 1)
    assert not known.is_known_too_slow("0", 1.5)
    assert known.is_known_too_slow("1", 1.5)
    assert not known.is_known_too_slow("1", 2)
    FakeMonotonic(monkeypatch, slow_texts).advance(slow_texts.SLOW_TEXT_TTL_SECONDS + 1)
    assert not known.is_known_too_slow("1", 1.5)


@pytest.mark.parametrize(
    "text",
    ["[a]: http://" + "x" * 10_000 + "\n\n" + "[a]" * 3000, "|a" * 3300 + "\n" + "|-" * 3300 + "\n" + "|\n" * 3000],
    ids=["references", "cells"],
)
def test_markdown_whose_html_is_many_times_as_long_is_shown_as_it_is(text: str) -> None:
    assert untrusted_markdown.render_untrusted_markdown(text) is None


def test_images_in_images_end() -> None:
    assert value_presenters.present_markdown("![" * 3000 + "](http://a)" * 1400).text


READ_ALL = """
import itertools, sys, time
from hfcourse.runs.outputs import untrusted_markdown
pieces = sys.argv[1].split(" ")
untrusted_markdown.MARKDOWN_TIMEOUT_SECONDS = 0.05
slowest = 0
for pair in itertools.product(pieces, repeat=2):
    piece = "".join(pair).replace("N", "\\n").replace("_B", " ")
    begun = time.thread_time()
    limit = untrusted_markdown.MAX_MARKDOWN_CHARACTERS
    untrusted_markdown.render_untrusted_markdown((piece * limit)[:limit])
    slowest = max(slowest, time.thread_time() - begun)
print(slowest)
"""


def test_no_pair_of_pieces_of_markdown_is_read_for_longer_than_its_budget() -> None:
    markdown = "[ ![ ]( ** _ > - | N \\ $ \\( a_B"
    ended = subprocess.run(
        [sys.executable, "-c", READ_ALL, markdown],
        check=True, capture_output=True, text=True, timeout=600, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert float(ended.stdout) < 0.5  # the step that is going on when the clock is over comes to its end


# What else is linear


def test_an_allowance_is_shared_and_says_what_it_cut() -> None:
    allowance = TextAllowance(5)
    assert [allowance.cut("abc", 2), allowance.cut("abc", 9), allowance.cut("abc", 9)] == ["ab…", "abc", "…"]
    assert allowance.cut("", 9) == ""


def test_a_page_that_is_full_takes_nothing_more() -> None:
    budget = PageBudget()
    assert budget.charge_section("é" * 100_000)
    assert not budget.charge_section("é" * 300_000)
    assert budget.charge_section("é" * 190_000)
    budget.reserve_omitted_sections(10**6)
    assert budget.charge_section("x" * 5_000)


# Slow machines


@pytest.fixture
def charge_compilation(site: Flask, monkeypatch: pytest.MonkeyPatch) -> FakeCpuClock:
    """Templates are not compiled yet, and each takes a second; all else takes no time."""
    clock = FakeCpuClock(monkeypatch)
    compile_template = site.jinja_env.compile

    def compile_slowly(*args: Any, **kwargs: Any) -> Any:
        clock.advance(1)
        return compile_template(*args, **kwargs)

    monkeypatch.setattr(site.jinja_env, "compile", compile_slowly)
    monkeypatch.setattr(site.jinja_env, "cache", {})
    monkeypatch.setattr(site.jinja_env, "bytecode_cache", None)
    return clock


def test_compilation_of_templates_is_not_charged_to_a_page(
    site: Flask, browser: FlaskClient, charge_compilation: FakeCpuClock
) -> None:
    page = browser.get(answered(site, ("Markdown", "**mot** " * 2_000), ("Image", file_data("a.png"))))
    assert charge_compilation.seconds > 20
    assert page.text.count("<strong>mot</strong>") == 2_000
    assert "Cette page est déjà longue" not in page.text


def test_small_values_are_shown_however_slow_the_machine(
    site: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCpuClock(monkeypatch, step=MAX_DRAW_SECONDS)
    outputs = [("Textbox", "x" * 1_000), ("Image", file_data("a.png"))]
    assert "déjà longue" not in browser.get(answered(site, *outputs)).text
    assert "déjà longue" in browser.get(answered(site, ("Textbox", "x" * MAX_UNTIMED_CHARACTERS), *outputs)).text


def test_form_is_charged_for_the_rendering_of_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, budget = FakeCpuClock(monkeypatch), RenderingBudget()
    fields = [SimpleNamespace(is_plain=False) for _ in range(3)]
    first, *_ = budget.iter_fields(fields[:1])
    clock.advance(RENDERING_BUDGET_SECONDS)
    assert not first.is_plain
    assert [each.is_plain for each in budget.iter_fields(fields[:1])] == [False]
    states = []
    for each in budget.iter_fields(fields):
        states.append(each.is_plain)
        clock.advance(RENDERING_BUDGET_SECONDS / 2)
    assert states == [False, False, True]


def test_files_are_told_apart_in_linear_time() -> None:
    def found(count: int) -> float:
        files = [FileEntry.make_missing("later", f"{n}.png") for n in range(count)]
        return measure_cpu_seconds(lambda: presenter.collect_files(files))

    assert found(40_000) < 40 * (found(4_000) + 0.001)
    assert len(presenter.collect_files([FileEntry.make_missing("later", "a")] * 3)) == 1


def test_json_that_is_mostly_indentation_is_written_on_one_line() -> None:
    deep: Any = [0] * 10_000
    for _ in range(100):
        deep = [deep]
    assert export.value_to_json(deep) == json.dumps(deep)
    assert export.value_to_json({"a": [1]}) == json.dumps({"a": [1]}, indent=2)


def test_numbers_without_end_and_half_characters_break_no_page(site: Flask, browser: FlaskClient) -> None:
    outputs = [
        ("Dropdown", [10**4000] * 100),
        ("Json", {"n": -(10**4200)}),
        ("Number", 10**4200),
        ("Dataframe", {"headers": [10**4000], "data": [[10**4000, 1e308]] * 100}),
        ("Lineplot", {"columns": ["a", "b"], "data": [[10**4000, 10**299], [1, -1e308]], "mark": "line"}),
        ("Plot", {"type": "plotly", "plot": '{"\\ud800": ["\\udfff", 1e400, NaN, ' + "1" * 5000 + "]}"}),
        ("Plot", {"type": "plotly", "plot": '{"\\ud800": ["\\udfff", 1e400, NaN]}'}),
        ("Plot", {"type": "plotly", "plot": "[" + "[]," * 400_000 + "[]]"}),
        ("Datetime", "2026-01-01T00:00:00." + "1" * 100_000),
    ]
    address = answered(site, *outputs)
    for form in ("", "/statut", ".json", ".md"):
        assert browser.get(address + form).status_code == 200
    assert len(browser.get(address).data) < MAX_PAGE_BYTES


def test_a_message_of_an_author_is_cut_where_it_is_folded_away(site: Flask, browser: FlaskClient) -> None:
    from hfcourse.spaces.client.call_events import LogEvent

    with site.app_context():
        run = run_store.claim_run(
            run_store.create_run(VISITOR, space="a/b", endpoint="/e", title="E", parameters=[], inputs={}, files={})
        )
        assert run is not None
        recording = Recorder(run, OutputSerializer())
        for _ in range(100):
            recording.record_event(LogEvent("info", '"' * 2000))
    page = browser.get(f"/essais/{run.id}")
    assert len(page.data) < 300_000
    assert "&#34;" * 1999 in page.text


def test_what_was_sent_is_cut_on_the_page_and_whole_in_its_json(site: Flask, browser: FlaskClient) -> None:
    names = [f"p{n}" for n in range(30)]
    sent = dict.fromkeys(names, '"' * 30000)
    with site.app_context():
        parameters = [{"name": name, "label": name} for name in names]
        run_id = run_store.create_run(
            VISITOR, space="a/b", endpoint="/e", title="E", parameters=parameters, inputs=sent, files={}
        )
    page = browser.get(f"/essais/{run_id}")
    assert len(page.data) < MAX_PAGE_BYTES
    assert page.text.count("la suite est dans l’essai en JSON") == 30
    assert browser.get(f"/essais/{run_id}.json").get_json()["inputs"] == sent
