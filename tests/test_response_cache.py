"""A lesson that a whole class opens: sent again without being made again, and never to somebody whom it is not for."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient

from hfcourse import create_app
from hfcourse.lessons import library, page_cache
from hfcourse.lessons import views as lesson_views
from hfcourse.limits.concurrency import ConcurrencyMiddleware
from hfcourse.web import response_cache
from hfcourse.web.response_cache import MicroCache
from tests.support.apps import close_app
from tests.support.clocks import FakeMonotonic

LESSON, OTHER = "/lecons/3-1-presentation", "/lecons/3-2-compte-et-jeton"
READ = "Leçon lue"


class Counted:
    """How often something was made."""

    def __init__(self) -> None:
        self.times = 0


@pytest.fixture
def production_app(tmp_path: Path) -> Iterator[Flask]:
    """A site as it is served, and not as it is worked on."""
    made = create_app({"INSTANCE": str(tmp_path / "instance")})
    yield made
    close_app(made)


@pytest.fixture
def render_calls(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """How many pages of lessons were made of their templates."""
    counted = Counted()

    def render(*arguments: str, **values: object) -> str:
        counted.times += 1
        return render_template(*arguments, **values)

    monkeypatch.setattr(lesson_views, "render_template", render)
    return counted


@pytest.fixture
def view_calls(production_app: Flask) -> Counted:
    """How often the application itself was asked."""
    counted = Counted()

    @production_app.before_request
    def count() -> None:
        counted.times += 1

    return counted


def echo_of(app: Flask) -> MicroCache | None:
    """What sends answers again, behind the gate."""
    assert isinstance(app.wsgi_app, ConcurrencyMiddleware)
    behind = app.wsgi_app.application
    return behind if isinstance(behind, MicroCache) else None


def fresh(served: Flask, seconds: float) -> None:
    """Let an answer be sent again for so long."""
    found = echo_of(served)
    assert found
    found.ttl_seconds = seconds


# Sent again


def test_readers_at_the_same_moment_get_the_same_answer_and_the_application_is_asked_once(
    production_app: Flask, view_calls: Counted
) -> None:
    fresh(production_app, 60)
    answers = [production_app.test_client().get(LESSON, headers={"Accept-Encoding": "br"}) for _ in range(5)]
    assert view_calls.times == 1
    assert {(each.status_code, each.data, str(each.headers)) for each in answers} == {
        (200, answers[0].data, str(answers[0].headers))
    }
    assert answers[0].headers["Content-Encoding"] == "br"
    assert answers[0].headers["Content-Security-Policy"]
    assert {"Cookie", "Accept-Encoding"} == {word.strip() for word in answers[0].headers["Vary"].split(",")}


def test_a_moment_later_the_application_is_asked_again(production_app: Flask, view_calls: Counted) -> None:
    fresh(production_app, 0)
    for _ in range(3):
        assert production_app.test_client().get(LESSON).status_code == 200
    assert view_calls.times == 3


@pytest.mark.parametrize(
    "other",
    [
        {"path": OTHER},
        {"headers": {"Accept-Encoding": "gzip"}},
        {"headers": {"Host": "cours.localhost"}},
        {"headers": {"Cookie": "theme=dark"}},
        {"headers": {"If-None-Match": '"x"'}},
        {"query_string": "a=b"},
        {"method": "HEAD"},
        {"environ_overrides": {"SCRIPT_NAME": "/cours"}},
        {"base_url": "https://localhost"},
    ],
)
def test_whoever_asks_for_something_else_is_answered_by_the_application(
    production_app: Flask, view_calls: Counted, other: dict[str, object]
) -> None:
    fresh(production_app, 60)
    production_app.test_client().get(LESSON)
    production_app.test_client(use_cookies=False).open(**{"path": LESSON, **other})
    assert view_calls.times == 2


@pytest.mark.parametrize("path", ["/", "/sante", "/lecons/3-1-presentation/projeter", "/lecons/no-such-lesson"])
def test_nothing_but_a_lesson_is_sent_again(production_app: Flask, view_calls: Counted, path: str) -> None:
    fresh(production_app, 60)
    assert production_app.test_client().get(path).status_code == production_app.test_client().get(path).status_code
    assert view_calls.times == 2


def test_what_a_reader_has_done_is_shown_to_them_alone(production_app: Flask) -> None:
    fresh(production_app, 60)
    reader, other = production_app.test_client(), production_app.test_client()
    assert READ not in reader.get(LESSON).text
    reader.post(LESSON, data={"lue": "oui"})
    assert READ in reader.get(LESSON).text
    assert READ not in other.get(LESSON).text


def test_an_answer_that_sets_a_cookie_is_for_one_reader(production_app: Flask, view_calls: Counted) -> None:
    fresh(production_app, 60)
    production_app.after_request(lambda response: response.set_cookie("x", "y") or response)
    for _ in range(2):
        assert "Set-Cookie" in production_app.test_client().get(LESSON).headers
    assert view_calls.times == 2


def test_cache_size_is_bounded(production_app: Flask) -> None:
    fresh(production_app, 60)
    for number in range(2 * response_cache.MAX_CACHED_RESPONSES):
        production_app.test_client().get(LESSON, headers={"Host": f"h{number}.localhost"})
    found = echo_of(production_app)
    assert found is not None
    assert 0 < found.response_count <= response_cache.MAX_CACHED_RESPONSES


def test_who_works_on_the_site_sees_every_edit_at_once(app: Flask) -> None:
    assert echo_of(app) is None


# Kept


def known(app: Flask) -> FlaskClient:
    """Somebody whom the site remembers, and who has done nothing in a lesson."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["visitor"] = "awa"
    return client


def test_a_lesson_is_made_once_for_all_who_have_done_nothing_in_it(app: Flask, render_calls: Counted) -> None:
    assert len({known(app).get(LESSON).data, app.test_client().get(LESSON).data}) == 1
    assert render_calls.times == 1


def test_lesson_is_made_anew_for_who_has_done_something_and_in_another_theme(app: Flask, render_calls: Counted) -> None:
    client = known(app)
    client.get(LESSON)
    client.post(LESSON, data={"lue": "oui"})
    assert READ in client.get(LESSON).text
    other = app.test_client()
    assert READ not in other.get(LESSON).text
    assert render_calls.times == 2
    other.set_cookie("theme", "dark")
    assert 'data-theme="dark"' in other.get(LESSON).text
    assert render_calls.times == 3
    client.post(LESSON, data={"lue": "non"})
    assert READ not in client.get(LESSON).text
    assert render_calls.times == 3


def test_lesson_is_made_anew_when_a_file_has_changed(app: Flask, tmp_path: Path) -> None:
    content = tmp_path / "content"
    content.mkdir()
    text = (library.CONTENT_FOLDER / "31-presentation.md").read_text(encoding="utf-8")
    (content / "31-presentation.md").write_text(text, encoding="utf-8")
    app.extensions["lessons"] = library.LessonLibrary(content, library.FIGURES_FOLDER, tmp_path / "none")
    client = app.test_client()
    before = client.get(LESSON)
    (content / "31-presentation.md").write_text(text + "\nUne phrase de plus.\n", encoding="utf-8")
    after = client.get(LESSON, headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, "Une phrase de plus." in after.text) == (200, True)


def test_the_pages_that_are_kept_are_not_ever_more(app: Flask) -> None:
    with app.app_context():
        for number in range(2 * page_cache.MAX_CACHED_PAGES):
            assert page_cache.get_or_render_page(number, {}, lambda number=number: str(number)).html == b"%d" % number
        assert page_cache.get_page_cache().count_pages() == page_cache.MAX_CACHED_PAGES


def test_pages_of_readers_who_have_done_something_evict_only_one_another(app: Flask) -> None:
    drawn = Counted()

    def draw() -> str:
        drawn.times += 1
        return "page"

    with app.app_context():
        page_cache.get_or_render_page("lesson", {}, draw)
        for number in range(2 * page_cache.MAX_CACHED_PAGES):
            page_cache.get_or_render_page("lesson", {"q1": str(number)}, draw)
        assert page_cache.get_page_cache().count_pages() == 1 + page_cache.MAX_CACHED_PAGES
        drawn.times = 0
        page_cache.get_or_render_page("lesson", {}, draw)
        page_cache.get_or_render_page("lesson", {"q1": str(number)}, draw)  # the latest
        assert drawn.times == 0
        page_cache.get_or_render_page("lesson", {"q1": "0"}, draw)  # the first
        assert drawn.times == 1


def test_a_reader_who_returns_to_what_they_did_gets_the_page_again(app: Flask, render_calls: Counted) -> None:
    reader, other = known(app), app.test_client()
    reader.post(LESSON, data={"lue": "oui"})
    other.post(LESSON, data={"lue": "oui"})
    headers = {"Accept-Encoding": "br"}
    pages = [each.get(LESSON, headers=headers) for each in (reader, other, reader)]
    assert render_calls.times == 1
    assert len({page.data for page in pages}) == 1
    assert READ in brotli.decompress(pages[0].data).decode()
    assert {page.headers["Cache-Control"] for page in pages} == {"private, no-store"}
    other.post(LESSON, data={"lue": "non"})
    assert READ not in other.get(LESSON).text


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("br, gzip", "br"), ("gzip", "gzip"), ("gzip, br;q=0.5", "gzip"), ("br;q=0, gzip", "gzip"), ("", ""), ("x", "")],
)
def test_a_cached_lesson_is_revalidated_in_each_encoding(app: Flask, accepted: str, encoding: str) -> None:
    headers = {"Accept-Encoding": accepted}
    first = app.test_client().get(LESSON, headers=headers)
    assert first.headers.get("Content-Encoding", "") == encoding
    assert int(first.headers["Content-Length"]) == len(first.data)
    again = app.test_client().get(LESSON, headers=headers | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, again.headers.get("Content-Encoding")) == (304, b"", None)
    other = app.test_client().get(LESSON, headers={"Accept-Encoding": "gzip" if encoding != "gzip" else "br"})
    assert other.headers["ETag"] != first.headers["ETag"]


def test_a_served_site_reads_the_dates_of_its_files_once_in_a_while(
    production_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, read = Counted(), library.iterate_file_stats

    def counting(folder: Path) -> Iterator[tuple[str, int, int]]:
        counted.times += 1
        return read(folder)

    monkeypatch.setattr(library, "iterate_file_stats", counting)
    clock = FakeMonotonic(monkeypatch, library)
    with production_app.app_context():
        course = library.get_library()
        course.get_lessons()
        counted.times = 0
        assert course.get_lessons() == course.cached_lessons != ()
        assert counted.times == 0
        clock.advance(library.FILE_CHECK_INTERVAL_SECONDS)
        course.get_lessons()
        assert counted.times > 0


def test_lesson_is_compressed_once_and_as_small_as_it_gets(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted()
    compress = brotli.compress

    def compressing(data: bytes, **options: int) -> bytes:
        counted.times += 1
        return compress(data, **options)

    monkeypatch.setattr(brotli, "compress", compressing)
    answers = [app.test_client().get(LESSON, headers={"Accept-Encoding": "gzip, br"}) for _ in range(3)]
    assert counted.times == 1
    assert {each.data for each in answers} == {compress(app.test_client().get(LESSON).data, quality=11)}
    for _ in range(2):  # nobody has named this page
        app.test_client().get("/espaces/", headers={"Accept-Encoding": "br"})
    assert counted.times == 3


def test_whoever_reads_no_brotli_gets_gzip(app: Flask) -> None:
    answers = [app.test_client().get(LESSON, headers={"Accept-Encoding": "gzip"}) for _ in range(2)]
    assert {gzip.decompress(each.data) for each in answers} == {app.test_client().get(LESSON).data}
