"""Experiments: the real exchange proves what the page explains, and nothing else ever becomes its target."""

import json
import re
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.test import TestResponse

from hfcourse.lessons import content_checks, single_page
from hfcourse.limits.bulkhead import BulkheadFull
from hfcourse.playground.experiments import experiment, limits, runner, views
from hfcourse.playground.experiments.experiment import Outcome
from hfcourse.playground.experiments.experiment_table import (
    EXPERIMENTS,
    EXPERIMENTS_BY_SLUG,
    INVENTED_TOKEN,
    find_next_experiment,
)
from hfcourse.practice.server import PracticeServer
from tests.spaces.fake_servers import Exchange, FakeServer
from tests.support.apps import open_app
from tests.support.clients import BrowserClient
from tests.support.form_parsing import find_csrf_token, list_error_codes, parse_page
from tests.support.french_typography import find_language_errors
from tests.support.lessons import CourseFolder, render_lesson_body

TOKEN = "hf_" + "a1B2" * 8  # made here, so that no file holds anything that looks like one
LESSON_HEADERS = {"X-Fragment": "lecon"}
SLUGS = [each.slug for each in EXPERIMENTS]
# Long enough for a busy machine: what the Space answers at once is never a matter of this time.
SILENT_SECONDS = 1.5


def post_prediction(
    student: BrowserClient, slug: str, letter: str = "a", headers: dict[str, str] | None = None
) -> TestResponse:
    """Open the page of an experiment, predict, launch it."""
    page = student.client.get(f"/et-si/{slug}", headers=headers)
    sent = {"csrf_token": find_csrf_token(page.text), "choix": letter}
    return student.client.post(f"/et-si/{slug}", data=sent, headers=headers)


def list_messages(page: BeautifulSoup) -> list[Tag]:
    return page.select(".flow-step")


def list_statuses(page: BeautifulSoup) -> list[str]:
    """The status of each answer on the page, in order."""
    found = (message.select_one(".request-line code") for message in page.select(".flow-step--response"))
    return [code.text for code in found if code]


def list_events(page: BeautifulSoup) -> list[tuple[str, Any]]:
    """Name and data of each event of the last answer on the page."""
    events = list_messages(page)[-1].select(".trace-events > li")
    return [(event.select_one("code").text, json.loads(event.select_one("pre").text)) for event in events]


# --- the table


def test_table_has_six_experiments_with_three_choices_each() -> None:
    assert len(set(SLUGS)) == len(EXPERIMENTS) >= 6
    for each in EXPERIMENTS:
        assert [choice.letter for choice in each.choices] == ["a", "b", "c"]
        assert len({choice.text for choice in each.choices}) == 3
        assert all(choice.comment for choice in each.choices)
        assert each.explanation
        assert each.outcome.statuses
        assert not each.steps[0].needs_event_id
    assert len({each.right_letter for each in EXPERIMENTS}) == 3, "the place of an answer does not give it away"
    assert find_next_experiment(EXPERIMENTS[0]) is EXPERIMENTS[1]
    assert find_next_experiment(EXPERIMENTS[-1]) is None


def test_texts_are_escaped_and_typeset_but_for_code() -> None:
    assert experiment.typeset_html("L'un : `a: 'b' < c`, <b> !") == (
        "L’un\u00a0: <code>a: &#39;b&#39; &lt; c</code>, &lt;b&gt;\u202f!"
    )


def test_invented_token_resembles_no_real_one() -> None:
    assert not re.search(r"hf_[A-Za-z0-9]{20,}", INVENTED_TOKEN)


# --- each experiment, with the real practice Space


@pytest.mark.parametrize("slug", SLUGS)
def test_real_exchange_proves_the_right_choice(
    student: BrowserClient, awake_practice: PracticeServer, slug: str
) -> None:
    each = EXPERIMENTS_BY_SLUG[slug]
    response = post_prediction(student, slug, each.right_letter)
    page = parse_page(response)
    assert response.status_code == 200
    assert page.select_one("[data-verdict]")["data-verdict"] == "right", page.select_one("main").get_text(" ")
    assert "Juste" in page.select_one(".verdict").text
    assert list_statuses(page) == [str(status) for status in each.outcome.statuses]
    assert len(list_messages(page)) == 2 * len(each.outcome.statuses), "each request and its answer"
    assert awake_practice.url.removeprefix("http://") not in response.text
    assert response.headers["Cache-Control"] == "private, no-store"
    assert find_language_errors(page) == []


@pytest.fixture(scope="module")
def shown(practice: PracticeServer, tmp_path_factory: pytest.TempPathFactory, empty_database: bytes) -> Iterator[Any]:
    """The page of an experiment after a prediction, each made once for all tests of this file."""
    folder: Path = tmp_path_factory.mktemp("experiments")
    (folder / "spaces.toml").write_text(
        f'[[space]]\nid = "hfcourse/entrainement"\nurl = "{practice.url}"\ntoken = true\n'
    )
    pages: dict[tuple[str, str], BeautifulSoup] = {}
    with open_app(folder, empty_database, HF_TOKEN=TOKEN, SPACE_ORIGINS=practice.url) as app:
        visitor = BrowserClient(app.test_client())

        def show(slug: str, letter: str = "a") -> BeautifulSoup:
            if (slug, letter) not in pages:
                pages[slug, letter] = parse_page(post_prediction(visitor, slug, letter))
            return pages[slug, letter]

        yield show


def test_wrong_prediction_is_said_in_words_with_what_happened(shown: Any) -> None:
    page = shown("mauvais-endpoint", "a")
    assert page.select_one("[data-verdict=wrong]").text == "Votre prédiction\u00a0: fausse"
    assert [verdict.get_text(strip=True) for verdict in page.select(".verdict")] == ["Faux", "Ce qui s’est passé"]
    each = EXPERIMENTS_BY_SLUG["mauvais-endpoint"]
    text = page.select_one("main").decode_contents()
    assert each.choices[0].comment in text
    assert each.right_choice.comment in text
    assert all(paragraph in text for paragraph in each.explanation)
    assert "La lecture n’est pas partie" in text


@pytest.mark.parametrize("slug", ["mauvais-endpoint", "parametre-manquant"])
def test_refused_call_is_a_500_without_explanation(shown: Any, slug: str) -> None:
    answer = list_messages(shown(slug))[-1]
    assert answer.select_one("pre").text == "Internal Server Error"


def test_wrong_type_fails_in_the_stream_without_a_reason(shown: Any) -> None:
    assert list_events(shown("mauvais-type")) == [("error", {"error": None})]


def test_invalid_token_is_shown_where_it_travelled_and_that_of_the_site_never_left(shown: Any) -> None:
    page = shown("jeton-invalide")
    request, answer = list_messages(page)
    headers = dict(zip(*([each.text.strip() for each in request.select(tag)] for tag in ("dt", "dd")), strict=True))
    assert headers["X-HF-Authorization"] == f"Bearer {INVENTED_TOKEN}"
    assert json.loads(answer.select_one("pre").text) == {"error": "Invalid credentials in Authorization header"}
    assert TOKEN not in str(page)
    assert "Le jeton voyage ici" not in str(page), "this is not the site's"


def test_second_reading_gets_200_and_silence(shown: Any) -> None:
    page = shown("deuxieme-lecture")
    first, second = page.select(".flow-step--response")[1:]
    assert "Bonjour Awa" in first.select_one(".trace-events pre").text
    assert not second.select(".trace-events")
    assert "n’a pas continué" in second.text
    lines = [line.text for line in page.select(".flow-step:not(.flow-step--response) > .request-line")]
    assert lines[1] == lines[2], "the same number is read twice"
    assert re.fullmatch(r"GET <Space>/gradio_api/call/saluer/[0-9a-f]{32}", lines[1].strip())


def test_cut_answer_has_two_events_and_no_end(shown: Any) -> None:
    page = shown("coupure")
    assert [name for name, _ in list_events(page)] == ["generating", "generating"]
    assert "la connexion s’est fermée avant la fin" in list_messages(page)[-1].text


def test_cut_answer_of_one_visitor_leaves_the_calls_of_others_alone(practice: PracticeServer, shown: Any) -> None:
    """Other calls stream while the connection is closed, and the app is the same process afterwards."""
    before, ended = practice.pid, []
    other = threading.Thread(
        target=lambda: ended.append(call_practice(practice, "compter", {"jusqua": 4, "pause": 0.3}))
    )
    other.start()
    shown("coupure", "b")
    other.join(30)
    assert ended == [("complete", ["1… 2… 3… 4\u202f!"])]
    assert practice.pid == before


def call_practice(practice: PracticeServer, endpoint: str, body: dict[str, Any]) -> tuple[str, Any]:
    """Make a call with named values; the name and the data of its last event."""
    content, headers = json.dumps(body).encode(), {"content-type": "application/json"}
    root = f"{practice.url}/gradio_api/call"
    with urllib.request.urlopen(urllib.request.Request(f"{root}/v2/{endpoint}", content, headers), timeout=30) as made:
        event_id = json.load(made)["event_id"]
    return read_last_event(f"{root}/{endpoint}/{event_id}")


def read_last_event(url: str) -> tuple[str, Any]:
    with urllib.request.urlopen(url, timeout=30) as stream:
        last = b""
        for line in stream:
            last = last + line if line.strip() else last
            if line.startswith((b"event: complete", b"event: error")):
                return line[7:].strip().decode(), json.loads(next(stream)[6:])
    raise AssertionError(last)


def test_what_the_comments_say_of_other_calls_is_true(practice: PracticeServer) -> None:
    """A parameter with a default may be missing; an author's error has its words; an unknown number is an error."""
    assert call_practice(practice, "saluer", {"prenom": "Awa"})[0] == "complete"
    name, said = call_practice(practice, "calculer", {"a": 1, "operation": "division", "b": 0})
    assert (name, "diviser par zéro" in said["error"]) == ("error", True)
    assert read_last_event(f"{practice.url}/gradio_api/call/saluer/{'0' * 32}")[0] == "error"


# --- pages


def test_list_names_each_experiment_and_needs_no_cookie(student: BrowserClient) -> None:
    response = student.client.get("/et-si/")
    assert [link["href"] for link in parse_page(response).select("main .row-link")] == [
        f"/et-si/{slug}" for slug in SLUGS
    ]
    assert "Set-Cookie" not in response.headers
    assert response.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("slug", SLUGS)
def test_page_shows_the_requests_that_will_be_sent_and_not_the_answer(
    student: BrowserClient, awake_practice: PracticeServer, slug: str
) -> None:
    page, each = student.open_page(f"/et-si/{slug}"), EXPERIMENTS_BY_SLUG[slug]
    planned = [pre.text for pre in page.select(".planned-requests pre")]
    for text, step in zip(planned, each.steps, strict=True):
        assert text.startswith(f"{step.method} <Space>{step.path}")
        assert step.body_text in text
    text = page.select_one("main").decode_contents()
    assert not [choice for choice in each.choices if choice.comment in text]
    assert not page.select("[checked], [data-verdict]")
    assert awake_practice.url not in text


@pytest.mark.parametrize("method", ["get", "post"])
def test_unknown_experiment_is_no_page(student: BrowserClient, method: str) -> None:
    student.open_page("/et-si/coupure")
    with student.client.session_transaction() as session:
        assert "csrf_token" in session
    token = find_csrf_token(student.client.get("/et-si/coupure").text)
    assert getattr(student.client, method)("/et-si/rien", data={"csrf_token": token}).status_code == 404


# --- with a practice Space of the catalogue


@pytest.fixture
def fake_practice() -> Iterator[FakeServer]:
    """A practice Space at an address of the catalogue, which answers 500 to everything."""
    server = FakeServer(lambda exchange: exchange.reply(b"Internal Server Error", 500, "text/plain"))
    yield server
    server.close()


def write_catalogue(folder: Path, url: str) -> None:
    (folder / "spaces.toml").write_text(f'[[space]]\nid = "hfcourse/entrainement"\nurl = "{url}"\ntoken = true\n')


MakeVisitor = Callable[[str], BrowserClient]


@pytest.fixture
def make_visitor(tmp_path: Path, empty_database: bytes) -> Iterator[MakeVisitor]:
    """Somebody at a site whose practice Space is at this address, and may have the site's token."""
    with ExitStack() as stack:

        def make(url: str) -> BrowserClient:
            write_catalogue(tmp_path, url)
            app = stack.enter_context(open_app(tmp_path, empty_database, HF_TOKEN=TOKEN, SPACE_ORIGINS=url))
            return BrowserClient(app.test_client())

        yield make


@pytest.fixture
def visitor(make_visitor: MakeVisitor, fake_practice: FakeServer) -> BrowserClient:
    return make_visitor(fake_practice.url)


def test_only_the_practice_space_is_called_with_what_the_page_announced(
    visitor: BrowserClient, fake_practice: FakeServer
) -> None:
    response = post_prediction(visitor, "jeton-invalide")
    assert [request.target for request in fake_practice.requests] == ["/prive/gradio_api/call/v2/saluer"]
    (request,) = fake_practice.requests
    assert request.json == {"prenom": "Awa", "tutoyer": True}
    assert request.headers["x-hf-authorization"] == f"Bearer {INVENTED_TOKEN}"
    assert not [header for header in request.headers.values() if TOKEN in header]
    assert fake_practice.url.removeprefix("http://") not in response.text


def test_practice_space_of_a_campus_is_called_where_the_setting_says(
    tmp_path: Path, empty_database: bytes, fake_practice: FakeServer
) -> None:
    with open_app(tmp_path, empty_database, PRACTICE_URL=fake_practice.url) as app:
        response = post_prediction(BrowserClient(app.test_client()), "mauvais-endpoint", "b")
        assert app.extensions["practice"].state == "asleep", "the site starts none of its own"
    assert parse_page(response).select_one("[data-verdict=right]")
    assert fake_practice.paths() == ["/gradio_api/call/v2/saluez"]
    assert fake_practice.url.removeprefix("http://") not in response.text


def test_address_below_a_path_is_called_there_and_hidden(make_visitor: MakeVisitor, fake_practice: FakeServer) -> None:
    response = post_prediction(make_visitor(f"{fake_practice.url}/chez/moi/"), "mauvais-endpoint")
    assert fake_practice.paths() == ["/chez/moi/gradio_api/call/v2/saluez"]
    assert "/chez/moi" not in response.text
    assert "POST <Space>/gradio_api/call/v2/saluez" in parse_page(response).text


def test_answer_that_was_not_expected_gets_no_verdict(visitor: BrowserClient) -> None:
    page = parse_page(post_prediction(visitor, "jeton-invalide", "a"))
    assert page.select_one("[data-verdict]")["data-verdict"] == "none"
    assert page.select_one("[data-unexpected]")
    assert not page.select(".verdict")
    assert list_statuses(page) == ["500"]
    assert not [text for text in EXPERIMENTS_BY_SLUG["jeton-invalide"].explanation if text in str(page)]


def test_form_without_a_prediction_says_so_and_sends_nothing(visitor: BrowserClient, fake_practice: FakeServer) -> None:
    for letter in ("", "z", "a b"):
        response = post_prediction(visitor, "coupure", letter)
        assert response.status_code == 400
        page = parse_page(response)
        assert list_error_codes(page) == ["invalid-input"]
        assert page.select_one("form fieldset")
    assert fake_practice.requests == []


def test_form_of_another_site_sends_nothing(visitor: BrowserClient, fake_practice: FakeServer) -> None:
    visitor.open_page("/et-si/coupure")
    for token in ({}, {"csrf_token": "x"}):
        response = visitor.client.post("/et-si/coupure", data={"choix": "a"} | token)
        assert response.status_code == 400
        assert "prouver que l’envoi vient de vous" in response.text
    assert fake_practice.requests == []


def test_visitor_over_the_rate_limit_keeps_the_prediction(visitor: BrowserClient, fake_practice: FakeServer) -> None:
    for _ in range(limits.MAX_PER_VISITOR_PER_MINUTE):
        assert post_prediction(visitor, "mauvais-endpoint", "b").status_code == 200
    response = post_prediction(visitor, "mauvais-endpoint", "b")
    page = parse_page(response)
    assert response.status_code == 429
    assert list_error_codes(page) == ["limit-reached"]
    assert page.select_one("input[checked]")["value"] == "b"
    assert len(fake_practice.requests) == limits.MAX_PER_VISITOR_PER_MINUTE
    assert find_language_errors(page) == []


def test_site_is_limited_for_visitors_without_a_cookie_too() -> None:
    made = limits.ExperimentLimits()
    for number in range(limits.MAX_PER_MINUTE - limits.RESERVE_TOKENS):
        made.count_experiment(f"visitor-{number}", "192.0.2.1")
    with pytest.raises(limits.ExperimentRefused):
        made.count_experiment("one more", "192.0.2.1")
    made.count_experiment("somebody else", "198.51.100.1")


def test_second_experiment_of_a_visitor_waits_for_the_first() -> None:
    made, order = limits.ExperimentLimits(), []

    def run_second() -> None:
        with made.hold_turn("awa"):
            order.append("second")

    with made.hold_turn("awa"):
        other = threading.Thread(target=run_second)
        other.start()
        with made.hold_turn("moussa"):
            order.append("of another visitor")
        order.append("first")
    other.join()
    assert order == ["of another visitor", "first", "second"]


def test_second_experiment_is_refused_if_the_first_lasts(
    monkeypatch: pytest.MonkeyPatch, visitor: BrowserClient
) -> None:
    monkeypatch.setattr(limits, "TURN_TIMEOUT_SECONDS", 0.01)
    post_prediction(visitor, "mauvais-endpoint")
    with visitor.client.session_transaction() as session:
        name = session["visitor"]
    app: Flask = visitor.client.application
    with app.extensions["experiment_limits"].hold_turn(name):
        response = post_prediction(visitor, "mauvais-endpoint", "c")
    assert response.status_code == 429
    assert parse_page(response).select_one("input[checked]")["value"] == "c"
    assert "Une autre de vos expériences" in response.text


def test_busy_site_sends_nothing_and_keeps_the_prediction(
    monkeypatch: pytest.MonkeyPatch, visitor: BrowserClient, fake_practice: FakeServer
) -> None:
    @contextmanager
    def refuse() -> Iterator[None]:
        raise BulkheadFull
        yield

    monkeypatch.setattr(views.bulkhead, "hold_bulkhead_slot", refuse)
    response = post_prediction(visitor, "coupure", "c")
    assert response.status_code == 503
    assert list_error_codes(parse_page(response)) == ["server-busy"]
    assert fake_practice.requests == []


def test_dead_practice_space_is_said_with_how_far_the_call_got(make_visitor: MakeVisitor) -> None:
    server = FakeServer(lambda exchange: None)
    server.close()
    visitor = make_visitor(server.url)
    response = post_prediction(visitor, "coupure", "b")
    page = parse_page(response)
    assert response.status_code == 503
    assert list_error_codes(page) == ["practice-unavailable"]
    assert len(list_messages(page)) == 2
    assert page.select_one("input[checked]")["value"] == "b"
    assert not page.select("[data-verdict]")
    assert server.url.removeprefix("http://") not in response.text
    assert find_language_errors(page) == []


# --- a sleeping practice Space


def put_to_sleep(app: Flask, folder: Path, code: str) -> PracticeServer:
    """Replace the practice Space of a site by a process that never answers, or ends at once."""
    app.extensions["practice"].stop()
    server = PracticeServer(folder, command=(sys.executable, "-c", code))
    app.extensions["practice"] = server
    return server


def test_sleeping_space_is_woken_and_the_page_waits_with_the_prediction(
    monkeypatch: pytest.MonkeyPatch, app: Flask, student: BrowserClient, tmp_path: Path
) -> None:
    monkeypatch.setattr(views, "WAKE_TIMEOUT_SECONDS", 2.1)
    server = put_to_sleep(app, tmp_path / "practice", "import sys; sys.stdin.read()")
    response = post_prediction(student, "coupure", "c")
    assert (response.status_code, response.headers["Location"]) == (303, "/et-si/coupure?choix=c")
    page = student.open_page(response.headers["Location"])
    assert server.state == "waking"
    assert list_error_codes(page) == ["space-sleeping"]
    assert page.select_one("#experience")["data-refresh"] == "/et-si/coupure?choix=c"
    assert page.select_one("noscript meta[http-equiv=refresh]"), "without scripts too"
    assert page.select_one("input[checked]")["value"] == "c"
    assert find_language_errors(page) == []
    server.stop()


def test_awake_space_ends_the_wait_with_the_prediction(student: BrowserClient, awake_practice: PracticeServer) -> None:
    page = student.open_page("/et-si/coupure?choix=c")
    assert not page.select("[data-refresh], meta[http-equiv=refresh]")
    assert list_error_codes(page) == []
    assert page.select_one("input[checked]")["value"] == "c"
    assert "Votre prédiction est notée" in page.text


def test_page_without_a_prediction_wakes_the_space_and_asks_nobody_to_wait(
    app: Flask, student: BrowserClient, tmp_path: Path
) -> None:
    server = put_to_sleep(app, tmp_path / "practice", "import sys; sys.stdin.read()")
    page = student.open_page("/et-si/coupure")
    assert server.state == "waking"
    assert list_error_codes(page) == []
    assert page.select_one("form fieldset")
    server.stop()


def test_space_that_does_not_start_is_an_error_that_keeps_the_prediction(
    app: Flask, student: BrowserClient, tmp_path: Path
) -> None:
    token = find_csrf_token(student.client.get("/et-si/coupure").text)
    for get_response, status in (
        (lambda: student.client.get("/et-si/coupure?choix=a"), 200),
        (lambda: student.client.post("/et-si/coupure", data={"csrf_token": token, "choix": "a"}), 503),
    ):
        server = put_to_sleep(app, tmp_path / "practice", "raise SystemExit(3)")
        server.wake()
        assert not server.wait_until_awake(60)
        response = get_response()
        page = parse_page(response)
        assert response.status_code == status
        assert list_error_codes(page) == ["practice-unavailable"]
        assert page.select_one("input[checked]")["value"] == "a"
        assert not page.select("[data-refresh]")
        server.stop()


# --- a hostile practice Space


def send_without_end(exchange: Exchange) -> None:
    exchange.start_chunked("application/json")
    while not exchange.server.closing.is_set():
        try:
            exchange.send_chunk(b"x" * 60_000)
        except OSError:
            return


def send_markup(exchange: Exchange) -> None:
    exchange.reply({"event_id": "../../autre?x=<script>alert(1)</script>"}, X_Name="<script>alert(2)</script>")


def send_redirect(exchange: Exchange) -> None:
    exchange.reply(b"", 302, Location="http://192.0.2.1/piege")


def send_nested(exchange: Exchange) -> None:
    exchange.reply(b"[" * 60_000)


HOSTILE = {
    "without end": send_without_end,
    "markup": send_markup,
    "redirect": send_redirect,
    "nested": send_nested,
    "silent": lambda exchange: exchange.stall(),
    "no HTTP": lambda exchange: exchange.send_raw(b"\x00\xffrien\r\n\r\n"),
    "closed": lambda exchange: exchange.hang_up(),
    "compressed": lambda exchange: exchange.reply(b"\x1f\x8b" + b"\0" * 100, Content_Encoding="gzip"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_space_is_bounded_and_escaped(
    monkeypatch: pytest.MonkeyPatch, make_visitor: MakeVisitor, kind: str
) -> None:
    monkeypatch.setattr(runner, "EXPERIMENT_TIMEOUT_SECONDS", SILENT_SECONDS)
    space = FakeServer(HOSTILE[kind])
    visitor, started = make_visitor(space.url), time.monotonic()
    response = post_prediction(visitor, "deuxieme-lecture", "c")
    assert time.monotonic() - started < 30
    page = parse_page(response)
    assert response.status_code == (503 if kind in ("silent", "no HTTP", "closed") else 200)
    assert not page.select("main script")
    assert not page.select("[data-verdict=right], [data-verdict=wrong]")
    assert space.paths() == ["/gradio_api/call/v2/saluer"], "a number that is none is never asked for"
    assert space.url.removeprefix("http://") not in response.text
    assert len(response.data) < 120_000
    space.close()


def test_deadline_of_an_experiment_bounds_all_its_requests(
    monkeypatch: pytest.MonkeyPatch, make_visitor: MakeVisitor
) -> None:
    monkeypatch.setattr(runner, "EXPERIMENT_TIMEOUT_SECONDS", SILENT_SECONDS)

    def accept_then_stall(exchange: Exchange) -> None:
        exchange.reply({"event_id": "abc"}) if exchange.request.method == "POST" else exchange.stall()

    space = FakeServer(accept_then_stall)
    page = parse_page(post_prediction(make_visitor(space.url), "deuxieme-lecture"))
    assert len(space.requests) == 2, "no time is left for the third"
    assert page.select_one("[data-verdict]")["data-verdict"] == "none"
    space.close()


@pytest.mark.parametrize(
    ("body", "event_id"),
    [
        (b'{"event_id": "a-Z_09"}', "a-Z_09"),
        (b'{"event_id": "a/b"}', ""),
        (b'{"event_id": "%s"}' % (b"a" * 65), ""),
        (b'{"event_id": "\\u00e9"}', ""),
        (b'{"event_id": 3}', ""),
        (b'["event_id"]', ""),
        (b"", ""),
    ],
)
def test_number_of_a_call_is_a_short_word(body: bytes, event_id: str) -> None:
    assert runner.find_event_id(body) == event_id


def test_outcome_needs_each_status_the_last_event_and_the_error(shown: Any) -> None:
    assert not runner.matches_outcome((), Outcome((200,)))


# --- in a lesson


def test_fragment_for_a_lesson_is_the_exchange_alone(visitor: BrowserClient) -> None:
    response = post_prediction(visitor, "mauvais-endpoint", "b", LESSON_HEADERS)
    page = parse_page(response)
    assert response.headers["Cache-Control"] == "private, no-cache", "the lesson stays restorable on Back"
    assert not page.select("html, h1, h2, a.button")
    assert page.select_one("[data-result]")["data-styles"].startswith("/static/css/trace.css")
    assert page.select_one("h4[data-verdict=right]")


def test_lesson_shows_the_prediction_to_make_without_its_answer() -> None:
    rendered = render_lesson_body("::: et-si coupure\nRegardez la fin du flux.\n:::\n")
    html, each = rendered.html, EXPERIMENTS_BY_SLUG["coupure"]
    page = BeautifulSoup(html, "html.parser")
    assert page.select_one("section.experiment h3#et-si-coupure").text == each.title
    assert page.select_one("form")["action"] == "/et-si/coupure"
    assert [label.span.decode_contents() for label in page.select("label")] == [choice.text for choice in each.choices]
    assert "Regardez la fin du flux." in html
    assert not [choice for choice in each.choices if choice.comment in html]
    assert [link.address for link in rendered.links] == ["/et-si/coupure"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "::: et-si coupures\nTexte.\n:::",
            "l’expérience « coupures » est inconnue. Vouliez-vous écrire « coupure » ?",
        ),
        ("::: et-si xyz\nTexte.\n:::", "l’expérience « xyz » est inconnue. Les expériences sont mauvais-endpoint, "),
        ("::: et-si\nTexte.\n:::", "un bloc et-si ne nomme rien. Les expériences sont"),
        ("::: et-si coupure\nA.\n:::\n\n::: et-si coupure\nB.\n:::", "est déjà pris dans la leçon."),
    ],
)
def test_check_refuses_an_experiment_that_does_not_exist(
    app: Flask, course: CourseFolder, source: str, message: str
) -> None:
    course.write("31.md", "3.1", "un", f"Un chapeau.\n\n{source}")
    with app.app_context():
        (found,) = content_checks.collect_lint_errors()
    assert message in re.sub(r"[\u00a0\u202f]", " ", str(found))


CARD = "Un chapeau.\n\n## Une partie\n\n::: et-si coupure\nRegardez la fin du flux.\n:::"


def test_whole_course_leads_to_the_experiment_below_the_path_of_a_proxy(
    student: BrowserClient, course: CourseFolder
) -> None:
    course.write("31.md", "3.1", "un", CARD)
    for path in ("/imprimer", "/lecons/un", "/lecons/un/projeter"):
        response = student.client.get(path, environ_overrides={"SCRIPT_NAME": "/cours"})
        (form,) = parse_page(response).select("section.experiment form")
        assert form["action"] == "/cours/et-si/coupure", path
        assert form.get("method", "get") == "get", path


def test_exported_course_has_the_question_and_no_button(app: Flask, course: CourseFolder) -> None:
    course.write("31.md", "3.1", "un", CARD)
    with app.test_request_context():
        page = BeautifulSoup(single_page.render_course_export(None), "html.parser")
    card = page.select_one("section.experiment")
    assert "se fait sur le site du cours" in card.text
    assert not card.select("button, form[action]")


def test_search_finds_the_experiment_of_a_lesson(student: BrowserClient, course: CourseFolder) -> None:
    course.write("31.md", "3.1", "un", CARD)
    page = student.open_page("/recherche?q=s'arrête+au+milieu")
    assert page.select_one('main a[href="/lecons/un#une-partie"]')
