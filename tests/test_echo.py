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
from tests.conftest import end

LESSON, OTHER = "/lecons/3-1-presentation", "/lecons/3-2-compte-et-jeton"
READ = "Leçon lue"


class Counted:
    """How often something was made."""

    def __init__(self) -> None:
        self.times = 0


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Flask]:
    """A site as it is served, and not as it is worked on."""
    made = create_app({"INSTANCE": str(tmp_path / "instance")})
    yield made
    end(made)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """How many pages of lessons were made of their templates."""
    counted = Counted()

    def render(*arguments: str, **values: object) -> str:
        counted.times += 1
        return render_template(*arguments, **values)

    monkeypatch.setattr(lesson_views, "render_template", render)
    return counted


@pytest.fixture
def asked(served: Flask) -> Counted:
    """How often the application itself was asked."""
    counted = Counted()

    @served.before_request
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
    served: Flask, asked: Counted
) -> None:
    fresh(served, 60)
    answers = [served.test_client().get(LESSON, headers={"Accept-Encoding": "br"}) for _ in range(5)]
    assert asked.times == 1
    assert {(each.status_code, each.data, str(each.headers)) for each in answers} == {
        (200, answers[0].data, str(answers[0].headers))
    }
    assert answers[0].headers["Content-Encoding"] == "br"
    assert answers[0].headers["Content-Security-Policy"]
    assert {"Cookie", "Accept-Encoding"} == {word.strip() for word in answers[0].headers["Vary"].split(",")}


def test_a_moment_later_the_application_is_asked_again(served: Flask, asked: Counted) -> None:
    fresh(served, 0)
    for _ in range(3):
        assert served.test_client().get(LESSON).status_code == 200
    assert asked.times == 3


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
    served: Flask, asked: Counted, other: dict[str, object]
) -> None:
    fresh(served, 60)
    served.test_client().get(LESSON)
    served.test_client(use_cookies=False).open(**{"path": LESSON, **other})
    assert asked.times == 2


@pytest.mark.parametrize("path", ["/", "/sante", "/lecons/3-1-presentation/projeter", "/lecons/no-such-lesson"])
def test_nothing_but_a_lesson_is_sent_again(served: Flask, asked: Counted, path: str) -> None:
    fresh(served, 60)
    assert served.test_client().get(path).status_code == served.test_client().get(path).status_code
    assert asked.times == 2


def test_what_a_reader_has_done_is_shown_to_them_alone(served: Flask) -> None:
    fresh(served, 60)
    reader, other = served.test_client(), served.test_client()
    assert READ not in reader.get(LESSON).text
    reader.post(LESSON, data={"lue": "oui"})
    assert READ in reader.get(LESSON).text
    assert READ not in other.get(LESSON).text


def test_an_answer_that_sets_a_cookie_is_for_one_reader(served: Flask, asked: Counted) -> None:
    fresh(served, 60)
    served.after_request(lambda response: response.set_cookie("x", "y") or response)
    for _ in range(2):
        assert "Set-Cookie" in served.test_client().get(LESSON).headers
    assert asked.times == 2


def test_whoever_asks_for_ever_other_things_fills_no_memory(served: Flask) -> None:
    fresh(served, 60)
    for number in range(2 * response_cache.MAX_CACHED_RESPONSES):
        served.test_client().get(LESSON, headers={"Host": f"h{number}.localhost"})
    found = echo_of(served)
    assert found
    assert 0 < len(found._responses) <= response_cache.MAX_CACHED_RESPONSES


def test_who_works_on_the_site_sees_every_edit_at_once(app: Flask) -> None:
    assert echo_of(app) is None


# Kept


def known(app: Flask) -> FlaskClient:
    """Somebody whom the site remembers, and who has done nothing in a lesson."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["visitor"] = "awa"
    return client


def test_a_lesson_is_made_once_for_all_who_have_done_nothing_in_it(app: Flask, drawn: Counted) -> None:
    assert len({known(app).get(LESSON).data, app.test_client().get(LESSON).data}) == 1
    assert drawn.times == 1


def test_it_is_made_anew_for_who_has_done_something_and_in_another_theme(app: Flask, drawn: Counted) -> None:
    client = known(app)
    client.get(LESSON)
    client.post(LESSON, data={"lue": "oui"})
    assert READ in client.get(LESSON).text
    other = app.test_client()
    assert READ not in other.get(LESSON).text
    assert drawn.times == 2
    other.set_cookie("theme", "dark")
    assert 'data-theme="dark"' in other.get(LESSON).text
    assert drawn.times == 3
    client.post(LESSON, data={"lue": "non"})
    assert READ not in client.get(LESSON).text
    assert drawn.times == 3


def test_it_is_made_anew_when_a_file_has_changed(app: Flask, tmp_path: Path) -> None:
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
            assert page_cache.get_or_render_page(number, lambda number=number: str(number)).body == str(number).encode()
        assert len(app.extensions["lesson_pages"].get_pages(library.get_lessons())) <= page_cache.MAX_CACHED_PAGES


def test_it_is_compressed_once_and_as_small_as_it_gets(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
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
