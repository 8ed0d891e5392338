"""The life of a run in both profiles, by the same tests: one process with threads, or a campus.

The campus is what `compose.yaml` starts: web processes under gunicorn and Celery workers, on PostgreSQL, Redis and S3.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any

import pytest

from hfcourse.practice.server import PracticeServer
from tests.spaces.slow_space import SlowSpace
from tests.support.apps import write_catalogue
from tests.support.campus import Campus
from tests.support.chat_browser import ChatBrowser
from tests.support.form_parsing import find_csrf_token
from tests.support.http_browser import HttpBrowser
from tests.support.s3 import create_bucket_settings
from tests.support.samples import make_image
from tests.support.services import Postgres, Redis
from tests.support.site_process import PRACTICE_PATH, SiteProcess, run_site
from tests.support.waiting import WAIT_TIMEOUT_SECONDS, wait_until

COUNT = f"{PRACTICE_PATH}?endpoint=/compter"
SHORT = {"jusqua": "3", "pause": "0,1"}
SLOW = "/espaces/a/b"  # which goes on until it is let
FIRST, WHICH = "Qu’est-ce qu’un jeton ?", "Quelle était ma première question ?"


@dataclass
class Place:
    """A site, by the addresses at which it is visited; `campus` is None for a class."""

    sites: Sequence[SiteProcess]
    campus: Campus | None = None
    visitors: list[HttpBrowser] = field(default_factory=list)

    def visitor(self, n: int = 0) -> HttpBrowser:
        """Somebody new, in front of one of the web processes."""
        self.visitors.append(HttpBrowser(self.sites[n % len(self.sites)]))
        return self.visitors[-1]

    def elsewhere(self, visitor: HttpBrowser) -> HttpBrowser:
        """The same browser in front of another web process, if there is one."""
        other = self.visitor(1)
        other.http.cookies.jar = visitor.http.cookies.jar  # one jar, as tabs have
        return other


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    service = Redis(tmp_path_factory.mktemp("campus") / "redis")
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    service = Postgres()
    service.start()
    yield service
    service.discard()


@pytest.fixture(scope="module")
def services(redis: Redis, postgres: Postgres, s3_server: str) -> dict[str, str]:
    """What a campus shares: a database, a broker, a place for files."""
    shared = {"HFCOURSE_DATABASE_URL": postgres.url, "HFCOURSE_QUEUE_URL": redis.url}
    return shared | create_bucket_settings(s3_server, "campus")


@pytest.fixture(scope="module")
def campus(
    tmp_path_factory: pytest.TempPathFactory,
    services: dict[str, str],
    practice: PracticeServer,
    module_slow_space: SlowSpace,
) -> Iterator[Campus]:
    """Two web processes and two workers."""
    folder = write_catalogue(tmp_path_factory.mktemp("campus"), module_slow_space.url)
    own = {"HFCOURSE_INSTANCE": str(folder / "instance"), "HFCOURSE_PRACTICE_URL": practice.url or ""}
    settings = services | own
    made = Campus(folder, settings)
    try:
        made.start(webs=2, workers=2)
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def class_site(
    tmp_path_factory: pytest.TempPathFactory, practice: PracticeServer, module_slow_space: SlowSpace
) -> Iterator[SiteProcess]:
    """A class: `flask run`, with nothing beside it."""
    folder = write_catalogue(tmp_path_factory.mktemp("class"), module_slow_space.url)
    with run_site(folder, HFCOURSE_PRACTICE_URL=practice.url or "") as site:
        yield site


@pytest.fixture
def held_slow_space(module_slow_space: SlowSpace) -> Iterator[SlowSpace]:
    """The slow Space, which ends nothing before the test lets it."""
    module_slow_space.may_finish.clear()
    yield module_slow_space
    module_slow_space.may_finish.set()


@pytest.fixture(params=["class", "campus"])
def deployment(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Each profile, one after the other."""
    campus = request.getfixturevalue("campus") if request.param == "campus" else None
    found = Place(campus.webs if campus else [request.getfixturevalue("class_site")], campus)
    yield found
    for visitor in found.visitors:
        visitor.close()


def test_a_run_is_executed_once_and_seen_from_everywhere(deployment: Place) -> None:
    awa = deployment.visitor()
    run = awa.start_run(COUNT, **SHORT)
    found = deployment.elsewhere(awa).wait_for_end(run)
    assert found["status"] == "succeeded"
    assert [output["value"] for output in found["outputs"]] == ["1… 2… 3\u202f!"]
    assert found["partials"] == 3
    assert 'data-status="succeeded"' in deployment.elsewhere(awa).get(run).text


def test_a_stranger_gets_nothing_of_it(deployment: Place) -> None:
    awa, bilal = deployment.visitor(), deployment.visitor(1)
    run = awa.start_run(COUNT, **SHORT)
    bilal.start_run(COUNT, **SHORT)
    for address in (run, f"{run}.json", f"{run}.md", f"{run}/statut", f"{run}/flux", f"{run}/fichiers/0"):
        assert bilal.get(address).status_code == 404


def test_run_is_stopped_from_another_process(deployment: Place, held_slow_space: SlowSpace) -> None:
    awa = deployment.visitor()
    run = awa.start_run(SLOW, words="bonjour")
    assert wait_until(lambda: awa.fetch_run(run)["partials"] > 0)
    stop(deployment.elsewhere(awa), run)
    found = awa.wait_for_end(run)
    assert (found["status"], found["outputs"][0]["value"]) == ("stopped", "un")
    held_slow_space.wait_for("/cancel")


def test_a_run_that_waits_is_stopped_and_never_executed(deployment: Place, held_slow_space: SlowSpace) -> None:
    awa = deployment.visitor()
    runs = [awa.start_run(SLOW, words=f"{id(deployment)} {n}") for n in range(3)]
    assert wait_until(lambda: Counter(states(awa, runs)) == {"running": 2, "queued": 1})
    waiting = next(run for run in runs if awa.fetch_run(run)["status"] == "queued")
    stop(deployment.elsewhere(awa), waiting)
    found = awa.wait_for_end(waiting)
    assert (found["status"], found["timings"]["started"]) == ("stopped", None)
    held_slow_space.may_finish.set()
    assert sorted(awa.wait_for_end(run)["status"] for run in runs) == ["stopped", "succeeded", "succeeded"]
    assert found["inputs"]["words"] not in held_slow_space.received_values


def test_two_of_a_visitors_runs_go_on_at_once_and_the_others_wait_with_their_place(
    deployment: Place, held_slow_space: SlowSpace
) -> None:
    awa = deployment.visitor()
    runs = [awa.start_run(SLOW, words=str(n)) for n in range(5)]
    other = deployment.elsewhere(awa)
    assert wait_until(lambda: [other.fetch_run(run)["queue"]["rank"] for run in runs[2:]] == [0, 1, 2])
    assert {other.fetch_run(run)["queue"]["size"] for run in runs[2:]} == {3}
    assert "1 essai passe avant le vôtre" in other.get(runs[3]).text
    held_slow_space.may_finish.set()
    ended = [other.wait_for_end(run) for run in runs]
    assert {run["status"] for run in ended} == {"succeeded"}
    assert most_at_once([(run["timings"]["started"], run["timings"]["finished"]) for run in ended]) == 2


def test_a_session_at_a_space_is_one_whichever_process_calls(deployment: Place) -> None:
    awa = deployment.visitor()
    other = deployment.elsewhere(awa)
    talk = f"{PRACTICE_PATH}?endpoint=/discuter"
    runs = [awa.start_run(talk, message=FIRST), other.start_run(talk, message=WHICH)]
    first, second = (awa.wait_for_end(run) for run in runs)
    assert (first["status"], second["status"]) == ("succeeded", "succeeded")
    assert second["timings"]["started"] >= first["timings"]["finished"], "one after the other"
    assert "un jeton" in second["outputs"][0]["value"]
    stranger = deployment.visitor(1)
    assert "un jeton" not in stranger.wait_for_end(stranger.start_run(talk, message=WHICH))["outputs"][0]["value"]


def test_trace_of_a_run_is_shown_by_another_process_than_those_that_recorded_it(deployment: Place) -> None:
    awa = deployment.visitor()
    run = awa.start_run(COUNT, **SHORT)
    assert awa.wait_for_end(run)["status"] == "succeeded"
    other = deployment.elsewhere(awa)
    assert wait_until(lambda: 'data-trace-state="stored"' in other.get(f"{run}/echanges").text)
    entries = other.get(f"{run}/echanges.har").json()["log"]["entries"]
    targets = [entry["request"]["url"].partition("?")[0].rpartition("/")[2] for entry in entries]
    assert targets[0] == "essais"
    assert targets[-2:] == ["join", "data"]
    assert deployment.visitor(1).get(f"{run}/echanges").status_code == 404


def test_conversation_goes_on_in_another_process(deployment: Place) -> None:
    sites = deployment.sites[0], deployment.sites[-1], deployment.sites[-1]
    with ExitStack() as stack:
        first, other, stranger = (stack.enter_context(closing(ChatBrowser(site))) for site in sites)
        other.browser.cookies.jar = first.browser.cookies.jar
        first.open_new("hfcourse/entrainement")
        first.send_message(FIRST)
        path = first.address
        other.get(path)
        assert "un jeton" in other.send_message(WHICH)
        assert first.get(path).select(".chat-text")[-1].get_text() == WHICH
        assert "Redemander" in first.page.get_text()
        first.press_button("Redemander")
        assert "Version 2 sur 2" in first.page.get_text(" ", strip=True)
        exported = other.browser.get(f"{path}.json").json()
        assert [turn["message"]["text"] for turn in exported["turns"]] == [FIRST, WHICH, WHICH]
        assert path in str(other.get("/discussion/", q="premiere question"))
        assert first.browser.get(path, params={"modifier": "a\0b"}).status_code == 404
        assert stranger.browser.get(path).status_code == 404
        form = other.get(f"{path}/supprimer").select_one("main form")
        assert form is not None
        assert other.submit(form).status_code == 303
        assert first.browser.get(path).status_code == 404


def test_files_go_to_whoever_executes_and_come_back(deployment: Place) -> None:
    awa = deployment.visitor()
    form = awa.open_form(f"{PRACTICE_PATH}?endpoint=/filtrer")
    assert form is not None
    sent = {str(each["name"]): str(each.get("value", "")) for each in form.select("input[type=hidden]")}
    files = {"arg-image": ("rouge.png", make_image("red"))}
    answer = awa.http.post("/essais", data=sent | {"arg-filtre": "négatif"}, files=files)
    assert answer.status_code == 303, answer.text
    other, run = deployment.elsewhere(awa), answer.headers["location"]
    found = other.wait_for_end(run)
    assert found["status"] == "succeeded", found
    came = other.get(found["outputs"][0]["value"]["file"])
    assert (came.status_code, came.headers["content-type"][:6]) == (200, "image/")
    again = other.http.post(f"{run}/refaire", data={"csrf_token": sent["csrf_token"]})
    assert awa.wait_for_end(again.headers["location"])["status"] == "succeeded"


def test_a_page_follows_over_a_stream_what_another_process_executes(deployment: Place) -> None:
    awa = deployment.visitor()
    run = awa.start_run(COUNT, jusqua="8", pause="0,4")
    with deployment.elsewhere(awa).http.stream("GET", f"{run}/flux") as stream:
        events = "".join(stream.iter_text()).split("\n\n")
    assert 'data-status="succeeded"' in events[-2]
    assert any('data-status="running"' in event and "1… 2…" in event for event in events), "as the Space says them"


def test_a_run_deleted_while_it_goes_on_is_gone(deployment: Place, held_slow_space: SlowSpace) -> None:
    awa = deployment.visitor()
    run = awa.start_run(SLOW, words="bonjour")
    assert wait_until(lambda: awa.fetch_run(run)["partials"] > 0)
    assert deployment.elsewhere(awa).http.post(f"{run}/supprimer", data=read_csrf_fields(awa, run)).status_code == 303
    assert awa.get(run).status_code == 404


# What goes wrong in a campus


@pytest.fixture
def crowd(campus: Campus, held_slow_space: SlowSpace) -> Iterator["Crowd"]:
    """Some visitors before both web processes, whose runs at the slow Space are counted."""
    found = Crowd(campus, held_slow_space)
    yield found
    for visitor in found.visitors:
        visitor.close()


class Crowd:
    """Visitors with a run each; `ends` is how these ended, and none may have been executed twice."""

    def __init__(self, campus: Campus, slow: SlowSpace) -> None:
        self.campus, self.slow = campus, slow
        self.visitors: list[HttpBrowser] = []
        self.runs: list[str] = []

    def send(self, count: int) -> None:
        for n in range(count):
            visitor = HttpBrowser(self.campus.webs[n % len(self.campus.webs)])
            self.visitors.append(visitor)
            self.runs.append(visitor.start_run("/espaces/a/b", words=f"{id(self)}-{len(self.runs)}"))

    def wait_until_begun(self) -> None:
        assert wait_until(lambda: all(state["partials"] for state in self.states()))

    def states(self) -> list[dict[str, Any]]:
        return [visitor.fetch_run(run) for visitor, run in zip(self.visitors, self.runs, strict=True)]

    def fetch_trace_states(self) -> set[str]:
        """What the pages of the traces say of themselves."""
        pages = [visitor.get(f"{run}/echanges").text for visitor, run in zip(self.visitors, self.runs, strict=True)]
        return {state for page in pages for state in re.findall(r'data-trace-state="([\w-]+)"', page)}

    def ends(self) -> Counter[str]:
        ended = [
            visitor.wait_for_end(run, WAIT_TIMEOUT_SECONDS)
            for visitor, run in zip(self.visitors, self.runs, strict=True)
        ]
        heard = Counter(words for words in self.slow.received_values if words.startswith(str(id(self))))
        assert set(heard.values()) <= {1}, "none was executed twice"
        assert {run["inputs"]["words"] for run in ended if run["status"] == "succeeded"} <= set(heard)
        return Counter(run["status"] for run in ended)


def test_a_killed_worker_loses_no_run(crowd: Crowd) -> None:
    crowd.send(8)
    crowd.wait_until_begun()
    crowd.campus.kill_worker(0)
    crowd.send(4)  # for the one that is left
    crowd.slow.may_finish.set()
    ends = crowd.ends()
    assert ends.total() == 12
    assert set(ends) == {"succeeded", "interrupted"}, ends
    n = next(n for n, run in enumerate(crowd.states()) if run["status"] == "interrupted")
    again = crowd.visitors[n].http.post(
        f"{crowd.runs[n]}/refaire", data=read_csrf_fields(crowd.visitors[n], crowd.runs[n])
    )
    assert crowd.visitors[n].wait_for_end(again.headers["location"])["status"] == "succeeded"
    crowd.campus.add_worker()


def test_a_worker_that_is_told_to_end_lets_its_calls_end_and_others_take_what_waits(crowd: Crowd) -> None:
    crowd.send(6)
    crowd.wait_until_begun()
    ending = crowd.campus.workers.pop(0)
    ending.terminate()
    threading.Timer(1, crowd.slow.may_finish.set).start()
    crowd.send(2)
    assert ending.wait(WAIT_TIMEOUT_SECONDS) == 0
    assert crowd.ends() == {"succeeded": 8}
    assert wait_until(lambda: crowd.fetch_trace_states() == {"stored"}), "also those of the worker that has ended"
    crowd.campus.add_worker()


def test_a_broker_that_starts_anew_loses_no_run(crowd: Crowd, redis: Redis) -> None:
    crowd.send(3)
    crowd.wait_until_begun()
    redis.stop()
    assert wait_until(lambda: not crowd.campus.fetch_health()["queue"])
    crowd.send(3)
    crowd.slow.may_finish.set()
    for visitor, run in zip(crowd.visitors[:3], crowd.runs[:3], strict=True):
        assert visitor.wait_for_end(run)["status"] == "succeeded", "what goes on does without the broker"
    assert [run["status"] for run in crowd.states()[3:]] == ["queued"] * 3
    visitor, waiting = crowd.visitors[-1], crowd.runs[-1]
    assert wait_until(lambda: "Rien n’exécute les essais en ce moment" in visitor.get(waiting).text)
    redis.start()
    assert crowd.ends() == {"succeeded": 6}


def test_a_database_that_starts_anew_loses_no_run(crowd: Crowd, postgres: Postgres) -> None:
    crowd.send(4)
    crowd.wait_until_begun()
    postgres.stop()
    crowd.slow.may_finish.set()
    visitor, run = crowd.visitors[0], crowd.runs[0]
    answer = visitor.get(run)
    assert answer.status_code == 503
    assert "Sa base de données ne répond pas" in answer.text
    assert visitor.get("/lecons/3-1-presentation").status_code == 200, "the course is still there"
    health = visitor.http.get("/sante")
    assert (health.status_code, health.json()["database"]) == (503, False)
    postgres.start()
    assert crowd.ends() == {"succeeded": 4}


def read_csrf_fields(visitor: HttpBrowser, run: str) -> dict[str, str]:
    """What the buttons of a run's page send."""
    return {"csrf_token": find_csrf_token(visitor.get(run).text)}


def stop(visitor: HttpBrowser, run: str) -> None:
    """Press the button of its page."""
    assert visitor.http.post(f"{run}/arreter", data=read_csrf_fields(visitor, run)).status_code == 303


def most_at_once(spans: Sequence[tuple[str, str]]) -> int:
    """How many of these spans of time have a moment in common, at most."""
    return max(sum(begun <= moment < ended for begun, ended in spans) for moment, _ in spans)


def states(visitor: HttpBrowser, runs: Sequence[str]) -> list[str]:
    return [visitor.fetch_run(run)["status"] for run in runs]
