"""The life of a run in both profiles, by the same tests: one process with threads, or a campus.

The campus is what `compose.yaml` starts: web processes under gunicorn and Celery workers, on PostgreSQL, Redis and S3.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from hfcourse.practice.server import PracticeServer
from tests.spaces.slow_space import SlowSpace, with_space
from tests.support.campus import Campus
from tests.support.http_browser import Visitor
from tests.support.practice_space import until
from tests.support.s3 import settings_with_bucket
from tests.support.samples import picture
from tests.support.services import Postgres, Redis
from tests.support.site_process import PRACTICE, Site, started

COUNT = f"{PRACTICE}?endpoint=/compter"
SHORT = {"jusqua": "3", "pause": "0,1"}
SLOW = "/espaces/a/b"  # which goes on until it is let
PATIENCE_SECONDS = 90
FIRST, WHICH = "Qu’est-ce qu’un jeton ?", "Quelle était ma première question ?"


@dataclass
class Place:
    """A site, by the addresses at which it is visited; `campus` is None for a class."""

    sites: Sequence[Site]
    campus: Campus | None = None
    visitors: list[Visitor] = field(default_factory=list)

    def visitor(self, n: int = 0) -> Visitor:
        """Somebody new, in front of one of the web processes."""
        self.visitors.append(Visitor(self.sites[n % len(self.sites)]))
        return self.visitors[-1]

    def elsewhere(self, visitor: Visitor) -> Visitor:
        """The same browser in front of another web process, if there is one."""
        other = self.visitor(1)
        other.browser._cookies = visitor.browser._cookies  # one jar, as tabs have
        return other


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    service = Redis(tmp_path_factory.mktemp("campus") / "redis")
    service.start()
    yield service
    service.end()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    service = Postgres()
    service.start()
    yield service
    service.discard()


@pytest.fixture(scope="module")
def slow() -> Iterator[SlowSpace]:
    made = SlowSpace()
    yield made
    made.may_end.set()
    made.close()


@pytest.fixture(scope="module")
def services(redis: Redis, postgres: Postgres, s3_server: str) -> dict[str, str]:
    """What a campus shares: a database, a broker, a place for files."""
    shared = {"HFCOURSE_DATABASE_URL": postgres.url, "HFCOURSE_QUEUE_URL": redis.url}
    return shared | settings_with_bucket(s3_server, "campus")


@pytest.fixture(scope="module")
def campus(
    tmp_path_factory: pytest.TempPathFactory, services: dict[str, str], practice: PracticeServer, slow: SlowSpace
) -> Iterator[Campus]:
    """Two web processes and two workers."""
    folder = with_space(tmp_path_factory.mktemp("campus"), slow.url)
    own = {"HFCOURSE_INSTANCE": str(folder / "instance"), "HFCOURSE_PRACTICE_URL": practice.url or ""}
    settings = services | own
    made = Campus(folder, settings)
    try:
        made.start(webs=2, workers=2)
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, practice: PracticeServer, slow: SlowSpace) -> Iterator[Site]:
    """A class: `flask run`, with nothing beside it."""
    folder = with_space(tmp_path_factory.mktemp("class"), slow.url)
    with started(folder, HFCOURSE_PRACTICE_URL=practice.url or "") as site:
        yield site


@pytest.fixture
def held(slow: SlowSpace) -> Iterator[SlowSpace]:
    """The slow Space, which ends nothing before the test lets it."""
    slow.may_end.clear()
    yield slow
    slow.may_end.set()


@pytest.fixture(params=["class", "campus"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Each profile, one after the other."""
    campus = request.getfixturevalue("campus") if request.param == "campus" else None
    found = Place(campus.webs if campus else [request.getfixturevalue("school")], campus)
    yield found
    for visitor in found.visitors:
        visitor.close()


def test_a_run_is_executed_once_and_seen_from_everywhere(place: Place) -> None:
    awa = place.visitor()
    run = awa.start(COUNT, **SHORT)
    found = place.elsewhere(awa).finished(run)
    assert found["status"] == "succeeded"
    assert [output["value"] for output in found["outputs"]] == ["1… 2… 3\u202f!"]
    assert found["partials"] == 3
    assert 'data-status="succeeded"' in place.elsewhere(awa).get(run).text


def test_a_stranger_gets_nothing_of_it(place: Place) -> None:
    awa, bilal = place.visitor(), place.visitor(1)
    run = awa.start(COUNT, **SHORT)
    bilal.start(COUNT, **SHORT)
    for address in (run, f"{run}.json", f"{run}.md", f"{run}/statut", f"{run}/flux", f"{run}/fichiers/0"):
        assert bilal.get(address).status_code == 404


def test_it_is_stopped_from_another_process(place: Place, held: SlowSpace) -> None:
    awa = place.visitor()
    run = awa.start(SLOW, words="bonjour")
    assert until(lambda: awa.state(run)["partials"] > 0, PATIENCE_SECONDS)
    stop(place.elsewhere(awa), run)
    found = awa.finished(run)
    assert (found["status"], found["outputs"][0]["value"]) == ("stopped", "un")
    held.wait_for("/cancel")


def test_a_run_that_waits_is_stopped_and_never_executed(place: Place, held: SlowSpace) -> None:
    awa = place.visitor()
    runs = [awa.start(SLOW, words=f"{id(place)} {n}") for n in range(3)]
    assert until(lambda: Counter(states(awa, runs)) == {"running": 2, "queued": 1}, PATIENCE_SECONDS)
    waiting = next(run for run in runs if awa.state(run)["status"] == "queued")
    stop(place.elsewhere(awa), waiting)
    found = awa.finished(waiting)
    assert (found["status"], found["timings"]["started"]) == ("stopped", None)
    held.may_end.set()
    assert sorted(awa.finished(run)["status"] for run in runs) == ["stopped", "succeeded", "succeeded"]
    assert found["inputs"]["words"] not in held.heard


def test_two_of_a_visitors_runs_go_on_at_once_and_the_others_wait_with_their_place(
    place: Place, held: SlowSpace
) -> None:
    awa = place.visitor()
    runs = [awa.start(SLOW, words=str(n)) for n in range(5)]
    other = place.elsewhere(awa)
    assert until(lambda: [other.state(run)["queue"]["rank"] for run in runs[2:]] == [0, 1, 2], PATIENCE_SECONDS)
    assert {other.state(run)["queue"]["size"] for run in runs[2:]} == {3}
    assert "1 essai passe avant le vôtre" in other.get(runs[3]).text
    held.may_end.set()
    ended = [other.finished(run) for run in runs]
    assert {run["status"] for run in ended} == {"succeeded"}
    assert most_at_once([(run["timings"]["started"], run["timings"]["finished"]) for run in ended]) == 2


def test_a_session_at_a_space_is_one_whichever_process_calls(place: Place) -> None:
    awa = place.visitor()
    other = place.elsewhere(awa)
    talk = f"{PRACTICE}?endpoint=/discuter"
    runs = [awa.start(talk, message=FIRST), other.start(talk, message=WHICH)]
    first, second = (awa.finished(run) for run in runs)
    assert (first["status"], second["status"]) == ("succeeded", "succeeded")
    assert second["timings"]["started"] >= first["timings"]["finished"], "one after the other"
    assert "un jeton" in second["outputs"][0]["value"]
    stranger = place.visitor(1)
    assert "un jeton" not in stranger.finished(stranger.start(talk, message=WHICH))["outputs"][0]["value"]


def test_files_go_to_whoever_executes_and_come_back(place: Place) -> None:
    awa = place.visitor()
    form = awa.form_at(f"{PRACTICE}?endpoint=/filtrer")
    assert form is not None
    sent = {str(each["name"]): str(each.get("value", "")) for each in form.select("input[type=hidden]")}
    files = {"arg-image": ("rouge.png", picture("red"))}
    answer = awa.browser.post("/essais", data=sent | {"arg-filtre": "négatif"}, files=files)
    assert answer.status_code == 303, answer.text
    other, run = place.elsewhere(awa), answer.headers["location"]
    found = other.finished(run)
    assert found["status"] == "succeeded", found
    came = other.get(found["outputs"][0]["value"]["file"])
    assert (came.status_code, came.headers["content-type"][:6]) == (200, "image/")
    again = other.browser.post(f"{run}/refaire", data={"csrf_token": sent["csrf_token"]})
    assert awa.finished(again.headers["location"])["status"] == "succeeded"


def test_a_page_follows_over_a_stream_what_another_process_executes(place: Place) -> None:
    awa = place.visitor()
    run = awa.start(COUNT, jusqua="8", pause="0,4")
    with place.elsewhere(awa).browser.stream("GET", f"{run}/flux") as stream:
        events = "".join(stream.iter_text()).split("\n\n")
    assert 'data-status="succeeded"' in events[-2]
    assert any('data-status="running"' in event and "1… 2…" in event for event in events), "as the Space says them"


def test_a_run_deleted_while_it_goes_on_is_gone(place: Place, held: SlowSpace) -> None:
    awa = place.visitor()
    run = awa.start(SLOW, words="bonjour")
    assert until(lambda: awa.state(run)["partials"] > 0, PATIENCE_SECONDS)
    assert place.elsewhere(awa).browser.post(f"{run}/supprimer", data=proof(awa, run)).status_code == 303
    assert awa.get(run).status_code == 404


# What goes wrong in a campus


@pytest.fixture
def crowd(campus: Campus, held: SlowSpace) -> Iterator["Crowd"]:
    """Some visitors before both web processes, whose runs at the slow Space are counted."""
    found = Crowd(campus, held)
    yield found
    for visitor in found.visitors:
        visitor.close()


class Crowd:
    """Visitors with a run each; `ends` is how these ended, and none may have been executed twice."""

    def __init__(self, campus: Campus, slow: SlowSpace) -> None:
        self.campus, self.slow = campus, slow
        self.visitors: list[Visitor] = []
        self.runs: list[str] = []

    def send(self, count: int) -> None:
        for n in range(count):
            visitor = Visitor(self.campus.webs[n % len(self.campus.webs)])
            self.visitors.append(visitor)
            self.runs.append(visitor.start("/espaces/a/b", words=f"{id(self)}-{len(self.runs)}"))

    def wait_until_begun(self) -> None:
        assert until(lambda: all(state["partials"] for state in self.states()), PATIENCE_SECONDS)

    def states(self) -> list[dict[str, Any]]:
        return [visitor.state(run) for visitor, run in zip(self.visitors, self.runs, strict=True)]

    def ends(self) -> Counter[str]:
        ended = [visitor.finished(run, PATIENCE_SECONDS) for visitor, run in zip(self.visitors, self.runs, strict=True)]
        heard = Counter(words for words in self.slow.heard if words.startswith(str(id(self))))
        assert set(heard.values()) <= {1}, "none was executed twice"
        assert {run["inputs"]["words"] for run in ended if run["status"] == "succeeded"} <= set(heard)
        return Counter(run["status"] for run in ended)


def test_a_killed_worker_loses_no_run(crowd: Crowd) -> None:
    crowd.send(8)
    crowd.wait_until_begun()
    crowd.campus.kill_worker(0)
    crowd.send(4)  # for the one that is left
    crowd.slow.may_end.set()
    ends = crowd.ends()
    assert ends.total() == 12
    assert set(ends) == {"succeeded", "interrupted"}, ends
    n = next(n for n, run in enumerate(crowd.states()) if run["status"] == "interrupted")
    again = crowd.visitors[n].browser.post(f"{crowd.runs[n]}/refaire", data=proof(crowd.visitors[n], crowd.runs[n]))
    assert crowd.visitors[n].finished(again.headers["location"])["status"] == "succeeded"
    crowd.campus.add_worker()


def test_a_worker_that_is_told_to_end_lets_its_calls_end_and_others_take_what_waits(crowd: Crowd) -> None:
    crowd.send(6)
    crowd.wait_until_begun()
    ending = crowd.campus.workers.pop(0)
    ending.terminate()
    threading.Timer(1, crowd.slow.may_end.set).start()
    crowd.send(2)
    assert ending.wait(PATIENCE_SECONDS) == 0
    assert crowd.ends() == {"succeeded": 8}
    crowd.campus.add_worker()


def test_a_broker_that_starts_anew_loses_no_run(crowd: Crowd, redis: Redis) -> None:
    crowd.send(3)
    crowd.wait_until_begun()
    redis.end()
    assert until(lambda: not crowd.campus.health()["queue"], PATIENCE_SECONDS)
    crowd.send(3)
    crowd.slow.may_end.set()
    for visitor, run in zip(crowd.visitors[:3], crowd.runs[:3], strict=True):
        assert visitor.finished(run)["status"] == "succeeded", "what goes on does without the broker"
    assert [run["status"] for run in crowd.states()[3:]] == ["queued"] * 3
    visitor, waiting = crowd.visitors[-1], crowd.runs[-1]
    assert until(lambda: "Rien n’exécute les essais en ce moment" in visitor.get(waiting).text, PATIENCE_SECONDS)
    redis.start()
    assert crowd.ends() == {"succeeded": 6}


def test_a_database_that_starts_anew_loses_no_run(crowd: Crowd, postgres: Postgres) -> None:
    crowd.send(4)
    crowd.wait_until_begun()
    postgres.end()
    crowd.slow.may_end.set()
    visitor, run = crowd.visitors[0], crowd.runs[0]
    answer = visitor.get(run)
    assert answer.status_code == 503
    assert "Sa base de données ne répond pas" in answer.text
    assert visitor.get("/lecons/3-1-presentation").status_code == 200, "the course is still there"
    health = visitor.browser.get("/sante")
    assert (health.status_code, health.json()["database"]) == (503, False)
    postgres.start()
    assert crowd.ends() == {"succeeded": 4}


def proof(visitor: Visitor, run: str) -> dict[str, str]:
    """What the buttons of a run's page send."""
    return {"csrf_token": visitor.get(run).text.partition('name="csrf_token" value="')[2].partition('"')[0]}


def stop(visitor: Visitor, run: str) -> None:
    """Press the button of its page."""
    assert visitor.browser.post(f"{run}/arreter", data=proof(visitor, run)).status_code == 303


def most_at_once(spans: Sequence[tuple[str, str]]) -> int:
    """How many of these spans of time have a moment in common, at most."""
    return max(sum(begun <= moment < ended for begun, ended in spans) for moment, _ in spans)


def states(visitor: Visitor, runs: Sequence[str]) -> list[str]:
    return [visitor.state(run)["status"] for run in runs]
