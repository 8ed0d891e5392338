"""A run followed as it goes on: over a stream, by the fragment, from another process; and stopped from anywhere."""

import re
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.form_parsing import find_csrf_token
from tests.support.french_typography import find_page_typography_faults
from tests.support.http_browser import HttpBrowser
from tests.support.scripted_space import (
    SCRIPTED_SPACE_PATH,
    RunStreamListener,
    ScriptedSpace,
    run_scripted_space,
    run_sites_for,
    shows_text,
)
from tests.support.site_process import FLASK_COMMAND, SiteProcess
from tests.support.waiting import WAIT_TIMEOUT_SECONDS, wait_until

MOST_STREAMS = 100
# Asked to end, it ends when the last request has been answered, as gunicorn does.
PATIENT = [sys.executable, "-c", """
import signal, sys, threading
from werkzeug.serving import make_server

signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
from hfcourse import create_app

server = make_server("127.0.0.1", int(sys.argv[-1]), create_app(), threaded=True)
server.daemon_threads = False
server.serve_forever()
server.server_close()
"""]  # fmt: skip

# One visitor may have all the streams there are, as a class of many would.
ROOMY = [sys.executable, "-c", """
import sys
from werkzeug.serving import run_simple
from hfcourse import create_app
from hfcourse.runs.live import sse

sse.MAX_STREAMS_PER_VISITOR = 1000
run_simple("127.0.0.1", int(sys.argv[-1]), create_app(), threaded=True)
"""]  # fmt: skip


@pytest.fixture(scope="module")
def scripted_space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedSpace]:
    with run_scripted_space(tmp_path_factory.mktemp("led")) as space:
        yield space


@pytest.fixture(scope="module")
def sites(scripted_space: ScriptedSpace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[SiteProcess]]:
    """Two processes that share everything that is kept."""
    with run_sites_for(scripted_space, tmp_path_factory.mktemp("sites"), 2) as made:
        yield made


@pytest.fixture
def http_browsers(sites: list[SiteProcess], scripted_space: ScriptedSpace) -> Iterator[list[HttpBrowser]]:
    """One student in front of each of the two processes, the same person; and a stranger."""
    with ExitStack() as stack:
        made = [HttpBrowser(site) for site in (*sites, sites[0])]
        for each in made:
            stack.callback(each.close)
        yield made
    scripted_space.wait_until_idle()


@pytest.fixture
def student_browser(http_browsers: list[HttpBrowser]) -> HttpBrowser:
    return http_browsers[0]


@pytest.fixture
def student_at_other_site(http_browsers: list[HttpBrowser]) -> HttpBrowser:
    """The same student, whose browser asks the other process."""
    return http_browsers[1]


@pytest.fixture
def run(
    student_browser: HttpBrowser, student_at_other_site: HttpBrowser, scripted_space: ScriptedSpace
) -> Iterator[str]:
    """A run that the Space works on."""
    begun = scripted_space.fetch_state()["begun"]
    address = student_browser.start_run(SCRIPTED_SPACE_PATH, name="Awa")
    student_at_other_site.http.cookies.update(student_browser.http.cookies)
    scripted_space.wait_until(lambda state: state["begun"] > begun)
    yield address
    if student_browser.fetch_run(address)["status"] in ("queued", "running"):
        stop(student_browser, address)
        student_browser.wait_for_end(address)


def stop(visitor: HttpBrowser, run: str) -> None:
    """Press the button."""
    token = find_csrf_token(visitor.get(run).text)
    assert visitor.http.post(f"{run}/arreter", data={"csrf_token": token}).status_code == 303


def test_what_happens_comes_over_the_stream_as_the_page_shows_it(
    student_browser: HttpBrowser, run: str, scripted_space: ScriptedSpace
):
    listener = RunStreamListener(student_browser, run)
    assert listener.response.headers["content-type"].startswith("text/event-stream")
    assert listener.response.headers["cache-control"] == "private, no-store"
    assert "set-cookie" not in listener.response.headers
    scripted_space.send_commands("dire Il était", "avancer 3", "informer Bientôt", "prévenir <b>Attention</b>")
    shown = listener.wait_for(lambda each: "Attention" in each.text and "3 sur 10" in each.text)
    assert shown.status == "running"
    assert "Il était" in shown.text
    assert "Le Space prévient : « Attention »" in shown.text.replace("\xa0", " ")
    assert find_page_typography_faults(shown.soup) == []
    assert shown.article.select_one("progress[value='3'][max='10']")
    scripted_space.send_commands("dire une fois", "finir")
    end = listener.wait_for(lambda each: each.status == "succeeded")
    listener.wait_for_end()
    assert listener.fragments[-1] == end
    assert "Il étaitune fois Fin." in end.text
    assert "Essai réussi" in str(end.soup.title)
    assert strip_csrf_tokens(student_browser.get(f"{run}/statut").text) == strip_csrf_tokens(end.html)


def strip_csrf_tokens(html: str) -> str:
    """A fragment without the numbers of its forms, of which each is made anew."""
    return re.sub(r'name="csrf_token"\s+value="[^"]+"', "", html.strip())


def test_stream_numbers_its_events_and_resumes_after_any_of_them(
    student_browser: HttpBrowser, run: str, scripted_space: ScriptedSpace
):
    listener = RunStreamListener(student_browser, run)
    scripted_space.send_commands("dire un")
    listener.wait_for(shows_text("un"))
    scripted_space.send_commands("avancer 4")
    last = listener.wait_for(shows_text("4 sur 10"))
    listener.disconnect()
    numbers = [each.id for each in listener.fragments]
    assert numbers == sorted(set(numbers))
    later = RunStreamListener(student_browser, run, last=last.id)
    scripted_space.send_commands("dire deux")
    assert "undeux" in later.wait_for(shows_text("deux")).text
    assert later.fragments[0].id > last.id, "what was seen already came again"
    earlier = RunStreamListener(student_browser, run, last=numbers[0] - 1)
    assert "undeux" in earlier.wait_for(lambda each: True).text
    seen = later.fragments[-1].id
    page = RunStreamListener(student_browser, run, query=f"?depuis={seen}")
    scripted_space.send_commands("finir")
    for each in (later, earlier, page):
        each.wait_for(lambda shown: shown.status == "succeeded")
        each.wait_for_end()
    assert all(shown.id > seen for shown in page.fragments)


def test_a_finished_run_is_shown_once_and_then_there_is_nothing_more(
    student_browser: HttpBrowser, run: str, scripted_space: ScriptedSpace
):
    scripted_space.send_commands("dire tout", "finir")
    student_browser.wait_for_end(run)
    listener = RunStreamListener(student_browser, run)
    listener.wait_for_end()
    assert [each.status for each in listener.fragments] == ["succeeded"]
    answer = student_browser.http.get(f"{run}/flux", headers={"Last-Event-ID": str(listener.fragments[0].id)})
    assert answer.status_code == 204  # which ends the browser's wish to be told more


def test_a_stranger_gets_404_for_the_stream_and_the_fragment(
    http_browsers: list[HttpBrowser], run: str, scripted_space: ScriptedSpace
):
    student, stranger = http_browsers[0], http_browsers[2]
    stranger.get(SCRIPTED_SPACE_PATH)
    followed = RunStreamListener(student, run)  # known to the process, and still nobody else's
    scripted_space.send_commands("dire secret")
    followed.wait_for(shows_text("secret"))
    for part in ("/flux", "/statut"):
        answer = stranger.http.get(run + part)
        assert answer.status_code == 404
        assert "secret" not in answer.text


def test_the_fragment_says_nothing_where_nothing_is_new(
    student_browser: HttpBrowser, run: str, scripted_space: ScriptedSpace
):
    scripted_space.send_commands("dire un")
    assert wait_until(lambda: student_browser.fetch_run(run)["partials"] == 1)
    page = RunStreamListener(student_browser, run).wait_for(shows_text("un"))
    seen = {"Last-Event-ID": str(page.article["data-cursor"])}
    assert student_browser.http.get(f"{run}/statut", headers=seen).status_code == 204
    scripted_space.send_commands("dire deux")
    assert wait_until(lambda: student_browser.fetch_run(run)["partials"] == 2)
    answer = student_browser.http.get(f"{run}/statut", headers=seen)
    assert answer.status_code == 200
    assert "undeux" in answer.text


def test_a_run_of_another_process_is_followed_as_well(
    student_at_other_site: HttpBrowser, run: str, scripted_space: ScriptedSpace
):
    listener = RunStreamListener(student_at_other_site, run)
    scripted_space.send_commands("dire ailleurs")
    listener.wait_for(shows_text("ailleurs"))
    scripted_space.send_commands("dire aussi")
    listener.wait_for(shows_text("ailleursaussi"))
    assert "ailleursaussi" in student_at_other_site.get(f"{run}/statut").text
    scripted_space.send_commands("finir")
    listener.wait_for(lambda each: each.status == "succeeded")
    listener.wait_for_end()


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_a_stop_ends_the_call_at_the_space_whichever_process_is_asked(
    student_browser: HttpBrowser,
    student_at_other_site: HttpBrowser,
    run: str,
    scripted_space: ScriptedSpace,
    where: str,
):
    ended = scripted_space.fetch_state()["ended"]
    scripted_space.send_commands("dire assez")
    listener = RunStreamListener(student_browser, run)
    listener.wait_for(shows_text("assez"))
    stop(student_browser if where == "here" else student_at_other_site, run)
    stopped = listener.wait_for(lambda each: each.status == "stopped")
    assert "assez" in stopped.text
    scripted_space.wait_until(lambda state: state["ended"] == ended + 1)
    found = student_browser.fetch_run(run)
    assert (found["status"], found["error"]) == ("stopped", None)
    assert found["outputs"][0]["value"] == "assez"


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_a_stopped_call_leaves_the_queue_of_the_space(
    student_browser: HttpBrowser,
    student_at_other_site: HttpBrowser,
    run: str,
    scripted_space: ScriptedSpace,
    where: str,
):
    second, third = (
        student_browser.start_run(SCRIPTED_SPACE_PATH, name="Bilal"),
        student_browser.start_run(SCRIPTED_SPACE_PATH, name="Cléa"),
    )
    scripted_space.wait_until(lambda state: state["waiting"] == 2)
    for address, words in ((second, "Votre essai est le prochain"), (third, "1 essai passe avant le vôtre")):
        RunStreamListener(student_browser, address).wait_for(shows_text(words))
    stop(student_browser if where == "here" else student_at_other_site, second)
    assert student_browser.wait_for_end(second)["status"] == "stopped"
    scripted_space.wait_until(lambda state: state["waiting"] == 1)
    stop(student_browser, third)
    assert student_browser.wait_for_end(third)["status"] == "stopped"
    scripted_space.wait_until(lambda state: state["waiting"] == 0)


def test_pictures_of_partial_outputs_come_one_after_the_other(
    student_browser: HttpBrowser, run: str, scripted_space: ScriptedSpace
):
    listener = RunStreamListener(student_browser, run)
    addresses = []
    for colour in ("red", "green", "blue"):
        known = list(addresses)
        scripted_space.send_commands(f"peindre {colour}")
        shown = listener.wait_for(lambda each, known=known: (p := picture_in(each)) is not None and p not in known)
        addresses.append(picture_in(shown))
        answer = student_browser.get(str(addresses[-1]))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    stop(student_browser, run)
    found = student_browser.wait_for_end(run)
    assert found["outputs"][1]["value"]["file"], "what had arrived is kept"


def picture_in(shown: Any) -> Any:
    image = shown.article.select_one("[data-output='1'] img")
    return image["src"] if image else None


def test_half_of_the_threads_are_for_streams_and_the_rest_get_the_fragment(
    scripted_space: ScriptedSpace, tmp_path: Path
):
    with run_sites_for(scripted_space, tmp_path, program=ROOMY) as (site,), ExitStack() as stack:
        student, begun = HttpBrowser(site), scripted_space.fetch_state()["begun"]
        stack.callback(student.close)
        run = student.start_run(SCRIPTED_SPACE_PATH, name="Awa")
        scripted_space.wait_until(lambda state: state["begun"] > begun)
        with ExitStack() as held:
            answers = [held.enter_context(stream(student, run)) for _ in range(MOST_STREAMS + 1)]
            assert answers == [200] * MOST_STREAMS + [204]
            refused = student.http.get(f"{run}/flux")
            assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (204, True)
            scripted_space.send_commands("dire encore")
            assert wait_until(lambda: "encore" in student.get(f"{run}/statut").text)
        # Their connections are closed: the threads learn it when they next write, and others may have a stream.
        assert wait_until(lambda: can_stream(student, run))
        scripted_space.send_commands("finir")
        student.wait_for_end(run)


@contextmanager
def stream(visitor: HttpBrowser, run: str) -> Iterator[int]:
    """A connection that asks for a stream and reads nothing but the status."""
    address = urlsplit(str(visitor.http.base_url))
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.http.cookies.items())
    with socket.create_connection((address.hostname, address.port), WAIT_TIMEOUT_SECONDS) as connection:
        connection.sendall(f"GET {run}/flux HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookie}\r\n\r\n".encode())
        yield int(connection.recv(12)[-3:])


def can_stream(visitor: HttpBrowser, run: str) -> bool:
    with visitor.http.stream("GET", f"{run}/flux") as answer:
        return answer.status_code == 200


def test_a_stream_beats_while_nothing_happens(student_browser: HttpBrowser, run: str):
    listener = RunStreamListener(student_browser, run)
    assert wait_until(lambda: listener.comments)
    assert listener.event_names == ["suivi"]
    listener.disconnect()


@pytest.mark.parametrize(
    "program", [FLASK_COMMAND, PATIENT], ids=["by Flask's server", "by one that waits for its requests"]
)
def test_the_end_of_the_site_ends_its_streams(scripted_space: ScriptedSpace, tmp_path: Path, program: list[str]):
    with run_sites_for(scripted_space, tmp_path, program=program) as (site,):
        visitor = HttpBrowser(site)
        begun = scripted_space.fetch_state()["begun"]
        run = visitor.start_run(SCRIPTED_SPACE_PATH, name="Awa")
        scripted_space.wait_until(lambda state: state["begun"] > begun)
        listeners = [RunStreamListener(visitor, run) for _ in range(3)]
        scripted_space.send_commands("dire un")
        for each in listeners:
            each.wait_for(shows_text("un"))
        site.process.terminate()
        site.process.wait(WAIT_TIMEOUT_SECONDS)
        for each in listeners:
            each.wait_for_end()
        visitor.close()
    scripted_space.send_commands("finir")  # of which nobody tells the Space any more
    scripted_space.wait_until_idle()


def test_the_end_of_a_process_interrupts_its_runs_for_those_who_follow_from_another(
    scripted_space: ScriptedSpace, tmp_path: Path
):
    with run_sites_for(scripted_space, tmp_path, 2) as (first, second):
        visitor, other = HttpBrowser(first), HttpBrowser(second)
        begun = scripted_space.fetch_state()["begun"]
        run = visitor.start_run(SCRIPTED_SPACE_PATH, name="Awa")
        scripted_space.wait_until(lambda state: state["begun"] > begun)
        other.http.cookies.update(visitor.http.cookies)
        listener = RunStreamListener(other, run)
        scripted_space.send_commands("dire un")
        listener.wait_for(shows_text("un"))
        first.process.kill()
        end = listener.wait_for(lambda each: each.status == "interrupted")
        assert "un" in end.text
        visitor.close()
        other.close()
    scripted_space.send_commands("finir")
    scripted_space.wait_until_idle()
