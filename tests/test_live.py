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

from tests.support.http_browser import Visitor
from tests.support.practice_space import until
from tests.support.scripted_space import SPACE, Led, Listener, leading, saying, sites_before
from tests.support.site_process import FLASK, Site
from tests.test_french import faults_in

PATIENCE_SECONDS = 30
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
def led(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    with leading(tmp_path_factory.mktemp("led")) as space:
        yield space


@pytest.fixture(scope="module")
def sites(led: Led, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Site]]:
    """Two processes that share everything that is kept."""
    with sites_before(led, tmp_path_factory.mktemp("sites"), 2) as made:
        yield made


@pytest.fixture
def people(sites: list[Site], led: Led) -> Iterator[list[Visitor]]:
    """One student in front of each of the two processes, the same person; and a stranger."""
    with ExitStack() as stack:
        made = [Visitor(site) for site in (*sites, sites[0])]
        for each in made:
            stack.callback(each.close)
        yield made
    led.rest()


@pytest.fixture
def student(people: list[Visitor]) -> Visitor:
    return people[0]


@pytest.fixture
def elsewhere(people: list[Visitor]) -> Visitor:
    """The same student, whose browser asks the other process."""
    return people[1]


@pytest.fixture
def run(student: Visitor, elsewhere: Visitor, led: Led) -> Iterator[str]:
    """A run that the Space works on."""
    begun = led.state()["begun"]
    address = student.start(SPACE, name="Awa")
    elsewhere.browser.cookies.update(student.browser.cookies)
    led.wait_until(lambda state: state["begun"] > begun)
    yield address
    if student.state(address)["status"] in ("queued", "running"):
        stop(student, address)
        student.finished(address)


def stop(visitor: Visitor, run: str) -> None:
    """Press the button."""
    page = visitor.get(run).text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    assert visitor.browser.post(f"{run}/arreter", data={"csrf_token": token}).status_code == 303


def test_what_happens_comes_over_the_stream_as_the_page_shows_it(student: Visitor, run: str, led: Led):
    listener = Listener(student, run)
    assert listener.answer.headers["content-type"].startswith("text/event-stream")
    assert listener.answer.headers["cache-control"] == "private, no-store"
    assert "set-cookie" not in listener.answer.headers
    led.say("dire Il était", "avancer 3", "informer Bientôt", "prévenir <b>Attention</b>")
    shown = listener.wait_for(lambda each: "Attention" in each.text and "3 sur 10" in each.text)
    assert shown.status == "running"
    assert "Il était" in shown.text
    assert "Le Space prévient : « Attention »" in shown.text.replace("\xa0", " ")
    assert faults_in(shown.page) == []
    assert shown.article.select_one("progress[value='3'][max='10']")
    led.say("dire une fois", "finir")
    end = listener.wait_for(lambda each: each.status == "succeeded")
    listener.wait_for_end()
    assert listener.shown[-1] == end
    assert "Il étaitune fois Fin." in end.text
    assert "Essai réussi" in str(end.page.title)
    assert without_proof(student.get(f"{run}/statut").text) == without_proof(end.html)


def without_proof(html: str) -> str:
    """A fragment without the numbers of its forms, of which each is made anew."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", html.strip())


def test_its_events_have_growing_numbers_and_it_is_taken_up_after_any_of_them(student: Visitor, run: str, led: Led):
    listener = Listener(student, run)
    led.say("dire un")
    listener.wait_for(saying("un"))
    led.say("avancer 4")
    last = listener.wait_for(saying("4 sur 10"))
    listener.leave()
    numbers = [each.id for each in listener.shown]
    assert numbers == sorted(set(numbers))
    later = Listener(student, run, last=last.id)
    led.say("dire deux")
    assert "undeux" in later.wait_for(saying("deux")).text
    assert later.shown[0].id > last.id, "what was seen already came again"
    earlier = Listener(student, run, last=numbers[0] - 1)
    assert "undeux" in earlier.wait_for(lambda each: True).text
    seen = later.shown[-1].id
    page = Listener(student, run, query=f"?depuis={seen}")
    led.say("finir")
    for each in (later, earlier, page):
        each.wait_for(lambda shown: shown.status == "succeeded")
        each.wait_for_end()
    assert all(shown.id > seen for shown in page.shown)


def test_a_finished_run_is_shown_once_and_then_there_is_nothing_more(student: Visitor, run: str, led: Led):
    led.say("dire tout", "finir")
    student.finished(run)
    listener = Listener(student, run)
    listener.wait_for_end()
    assert [each.status for each in listener.shown] == ["succeeded"]
    answer = student.browser.get(f"{run}/flux", headers={"Last-Event-ID": str(listener.shown[0].id)})
    assert answer.status_code == 204  # which ends the browser's wish to be told more


def test_a_stranger_gets_404_for_the_stream_and_the_fragment(people: list[Visitor], run: str, led: Led):
    student, stranger = people[0], people[2]
    stranger.get(SPACE)
    followed = Listener(student, run)  # known to the process, and still nobody else's
    led.say("dire secret")
    followed.wait_for(saying("secret"))
    for part in ("/flux", "/statut"):
        answer = stranger.browser.get(run + part)
        assert answer.status_code == 404
        assert "secret" not in answer.text


def test_the_fragment_says_nothing_where_nothing_is_new(student: Visitor, run: str, led: Led):
    led.say("dire un")
    assert until(lambda: student.state(run)["partials"] == 1, PATIENCE_SECONDS)
    page = Listener(student, run).wait_for(saying("un"))
    seen = {"Last-Event-ID": str(page.article["data-cursor"])}
    assert student.browser.get(f"{run}/statut", headers=seen).status_code == 204
    led.say("dire deux")
    assert until(lambda: student.state(run)["partials"] == 2, PATIENCE_SECONDS)
    answer = student.browser.get(f"{run}/statut", headers=seen)
    assert answer.status_code == 200
    assert "undeux" in answer.text


def test_a_run_of_another_process_is_followed_as_well(elsewhere: Visitor, run: str, led: Led):
    listener = Listener(elsewhere, run)
    led.say("dire ailleurs")
    listener.wait_for(saying("ailleurs"))
    led.say("dire aussi")
    listener.wait_for(saying("ailleursaussi"))
    assert "ailleursaussi" in elsewhere.get(f"{run}/statut").text
    led.say("finir")
    listener.wait_for(lambda each: each.status == "succeeded")
    listener.wait_for_end()


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_a_stop_ends_the_call_at_the_space_whichever_process_is_asked(
    student: Visitor, elsewhere: Visitor, run: str, led: Led, where: str
):
    ended = led.state()["ended"]
    led.say("dire assez")
    listener = Listener(student, run)
    listener.wait_for(saying("assez"))
    stop(student if where == "here" else elsewhere, run)
    stopped = listener.wait_for(lambda each: each.status == "stopped")
    assert "assez" in stopped.text
    led.wait_until(lambda state: state["ended"] == ended + 1)
    found = student.state(run)
    assert (found["status"], found["error"]) == ("stopped", None)
    assert found["outputs"][0]["value"] == "assez"


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_a_stopped_call_leaves_the_queue_of_the_space(
    student: Visitor, elsewhere: Visitor, run: str, led: Led, where: str
):
    second, third = student.start(SPACE, name="Bilal"), student.start(SPACE, name="Cléa")
    led.wait_until(lambda state: state["waiting"] == 2)
    for address, words in ((second, "Votre essai est le prochain"), (third, "1 essai passe avant le vôtre")):
        Listener(student, address).wait_for(saying(words))
    stop(student if where == "here" else elsewhere, second)
    assert student.finished(second)["status"] == "stopped"
    led.wait_until(lambda state: state["waiting"] == 1)
    stop(student, third)
    assert student.finished(third)["status"] == "stopped"
    led.wait_until(lambda state: state["waiting"] == 0)


def test_pictures_of_partial_outputs_come_one_after_the_other(student: Visitor, run: str, led: Led):
    listener = Listener(student, run)
    addresses = []
    for colour in ("red", "green", "blue"):
        known = list(addresses)
        led.say(f"peindre {colour}")
        shown = listener.wait_for(lambda each, known=known: (p := picture_in(each)) is not None and p not in known)
        addresses.append(picture_in(shown))
        answer = student.get(str(addresses[-1]))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    stop(student, run)
    found = student.finished(run)
    assert found["outputs"][1]["value"]["file"], "what had arrived is kept"


def picture_in(shown: Any) -> Any:
    image = shown.article.select_one("[data-output='1'] img")
    return image["src"] if image else None


def test_half_of_the_threads_are_for_streams_and_the_rest_get_the_fragment(led: Led, tmp_path: Path):
    with sites_before(led, tmp_path, program=ROOMY) as (site,), ExitStack() as stack:
        student, begun = Visitor(site), led.state()["begun"]
        stack.callback(student.close)
        run = student.start(SPACE, name="Awa")
        led.wait_until(lambda state: state["begun"] > begun)
        with ExitStack() as held:
            answers = [held.enter_context(stream(student, run)) for _ in range(MOST_STREAMS + 1)]
            assert answers == [200] * MOST_STREAMS + [204]
            refused = student.browser.get(f"{run}/flux")
            assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (204, True)
            led.say("dire encore")
            assert until(lambda: "encore" in student.get(f"{run}/statut").text, PATIENCE_SECONDS)
        # Their connections are closed: the threads learn it when they next write, and others may have a stream.
        assert until(lambda: can_stream(student, run), PATIENCE_SECONDS)
        led.say("finir")
        student.finished(run)


@contextmanager
def stream(visitor: Visitor, run: str) -> Iterator[int]:
    """A connection that asks for a stream and reads nothing but the status."""
    address = urlsplit(str(visitor.browser.base_url))
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.browser.cookies.items())
    with socket.create_connection((address.hostname, address.port), PATIENCE_SECONDS) as connection:
        connection.sendall(f"GET {run}/flux HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookie}\r\n\r\n".encode())
        yield int(connection.recv(12)[-3:])


def can_stream(visitor: Visitor, run: str) -> bool:
    with visitor.browser.stream("GET", f"{run}/flux") as answer:
        return answer.status_code == 200


def test_a_stream_beats_while_nothing_happens(student: Visitor, run: str):
    listener = Listener(student, run)
    assert until(lambda: listener.comments, PATIENCE_SECONDS)
    assert listener.named == ["suivi"]
    listener.leave()


@pytest.mark.parametrize("program", [FLASK, PATIENT], ids=["by Flask's server", "by one that waits for its requests"])
def test_the_end_of_the_site_ends_its_streams(led: Led, tmp_path: Path, program: list[str]):
    with sites_before(led, tmp_path, program=program) as (site,):
        visitor = Visitor(site)
        begun = led.state()["begun"]
        run = visitor.start(SPACE, name="Awa")
        led.wait_until(lambda state: state["begun"] > begun)
        listeners = [Listener(visitor, run) for _ in range(3)]
        led.say("dire un")
        for each in listeners:
            each.wait_for(saying("un"))
        site.process.terminate()
        site.process.wait(PATIENCE_SECONDS)
        for each in listeners:
            each.wait_for_end()
        visitor.close()
    led.say("finir")  # of which nobody tells the Space any more
    led.rest()


def test_the_end_of_a_process_interrupts_its_runs_for_those_who_follow_from_another(led: Led, tmp_path: Path):
    with sites_before(led, tmp_path, 2) as (first, second):
        visitor, other = Visitor(first), Visitor(second)
        begun = led.state()["begun"]
        run = visitor.start(SPACE, name="Awa")
        led.wait_until(lambda state: state["begun"] > begun)
        other.browser.cookies.update(visitor.browser.cookies)
        listener = Listener(other, run)
        led.say("dire un")
        listener.wait_for(saying("un"))
        first.process.kill()
        end = listener.wait_for(lambda each: each.status == "interrupted")
        assert "un" in end.text
        visitor.close()
        other.close()
    led.say("finir")
    led.rest()
