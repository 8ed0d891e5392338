"""What a class of so many students waits for, beside a naive Flask view, and a campus beside the class; in one run.

    python bench/class.py [--visitors 30,100,300]

Each visitor opens the page of a Space, sends its form, and watches the run to its end as a page does: over a stream,
or by asking for the fragment every two seconds where there is no stream to be had. The Space answers at once, or takes
a second for ten visitors at a time. What the Space itself takes is measured over its own REST route with as many
visitors; what is above that is added: by the site, or by a view that makes a Client for each request. It is counted
from the moment of sending. Whoever is lost on the way (a connection that is reset) counts as such, and tries again a
second later, as one who reloads does: otherwise who loses many would seem quick. The campus is two web processes under
gunicorn and two workers, on PostgreSQL and Redis where these are installed. Processes end by their id.

Then what twenty-nine of a class wait beside one student who sends two slow runs from each of a hundred cookies: at the
endpoint of the class, at another one of its Space, or at another Space; from its address or from another (127.0.0.2,
which Linux has); cookies made in the minute in which the class opened the form, or a minute later. The cookies of those
who opened it earlier are signed with the key of the site, and say so.
"""

import argparse
import http.client
import json
import os
import re
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from call import ROOT, Browser, Peak, flask_command, floor, free_port, naive, processor_seconds, serving
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

sys.path.insert(0, str(ROOT))

from tests.services import Postgres, Redis, path_of

FIRST_LOOK_SECONDS, LOOK_SECONDS = 0.7, 2
ENDS = ("succeeded", "failed", "stopped", "interrupted")
STATUS = re.compile(r'data-status="(\w+)"')
SPACES = {"greet": "answers at once", "think": "takes 1 s, ten at a time"}
PATIENCE_SECONDS, RELOAD_SECONDS = 300, 1
STUDENTS, JARS, RUNS_OF_A_JAR = 29, 100, 2
SLOW_CALL = "1 20"  # `tell` says the time once, after 20 s
QUICK_CALL = "1 0"
SITE_KEY = "the bench's own secret key"
CLASS_ADDRESS, OTHER_ADDRESS = "127.0.0.1", "127.0.0.2"


@dataclass
class Outcome:
    """What so many visitors met: seconds until the end was stored and until it was seen; how their tries ended."""

    stored: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    processor: float = 0
    peak_bytes: int = 0


@dataclass
class Contender:
    """A way to call the Space; `processes` are those whose processor time and memory count."""

    visit: Callable[[int, str], tuple[float, float, str]]  # number of the visitor, endpoint: stored, seen, end
    processes: Sequence[int]


@dataclass(frozen=True)
class Flood:
    """Slow runs of one person from many cookies, and which endpoint the class calls meanwhile."""

    title: str
    space: str = "bench/trivial"
    source: str = CLASS_ADDRESS
    endpoint: str = "greet"
    jars: int = JARS
    class_minutes: int | None = None  # so long before were the cookies of the class made; None is when they are needed
    jar_minutes: int | None = None


FLOODS = [
    Flood("none", jars=0),
    Flood("same Space, same address"),
    Flood("same Space, another address", source=OTHER_ADDRESS),
    Flood("another Space, same address", "bench/other"),
    Flood("another Space, another address", "bench/other", OTHER_ADDRESS),
    Flood("same endpoint, same minute", endpoint="tell", class_minutes=2, jar_minutes=2),
    Flood("same endpoint, class came before", endpoint="tell", class_minutes=2),
    Flood("the same, 200 cookies", endpoint="tell", jars=200, class_minutes=2),
    Flood("another endpoint, 200 cookies", jars=200),
]


def student(
    sites: Sequence[str], name: str = "Awa", minutes: int | None = None
) -> Callable[[int, str], tuple[float, float, str]]:
    """Visitors of the site, spread over its web processes, whose cookies were made so long before."""
    make_cookie = cookie_maker(minutes)

    def visit(n: int, endpoint: str) -> tuple[float, float, str]:
        browser = Browser(sites[n % len(sites)])
        browser.keep_cookies(make_cookie())
        form = form_of(browser, "bench/trivial", endpoint, name)
        sent, begun = time.time(), time.perf_counter()
        answer = browser.post_form("/essais", form)
        if answer.status != 303:
            waited = time.perf_counter() - begun
            return waited, waited, f"refused ({answer.status})"
        watch(browser, answer.headers["Location"])
        seen = time.perf_counter() - begun
        run = json.loads(browser.get(answer.headers["Location"] + ".json"))
        end = f"{run['status']} ({run['error']['code']})" if run["error"] else run["status"]
        return datetime.fromisoformat(run["timings"]["finished"]).timestamp() - sent, seen, end

    return visit


def form_of(browser: Browser, space: str, endpoint: str, name: str) -> dict[str, str]:
    """Open the page of an endpoint; the fields of its form, filled."""
    csrf = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(f"/espaces/{space}?endpoint=/{endpoint}"))
    assert csrf, "no form"
    return {"csrf_token": csrf[1], "space": space, "endpoint": f"/{endpoint}", "arg-name": name}


def cookie_maker(minutes: int | None) -> Callable[[], dict[str, str]]:
    """Return what makes cookies of visitors whom the site first saw so many minutes before; none where it is None."""
    app = Flask(__name__)
    app.secret_key = SITE_KEY
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer
    since = (int(time.time()) // 60 - (minutes or 0)) * 60

    def make() -> dict[str, str]:
        session = {"visitor": secrets.token_urlsafe(16), "since": since, "_permanent": True}
        return {} if minutes is None else {"hfcourse": str(serializer.dumps(session))}

    return make


def send_flood(site: str, flood: Flood) -> Counter[int]:
    """Send slow runs from each cookie; the statuses of the answers."""
    statuses: Counter[int] = Counter()
    make_cookie = cookie_maker(flood.jar_minutes)
    for _ in range(flood.jars):
        browser = Browser(site, flood.source)
        browser.keep_cookies(make_cookie())
        form = form_of(browser, flood.space, "tell", SLOW_CALL)
        statuses.update(browser.post_form("/essais", form).status for _ in range(RUNS_OF_A_JAR))
    return statuses


def fairness(folder: Path, space: str) -> None:
    """Print what the class waits without that student, and with them in each way; a fresh site for each."""
    print(f"\n{STUDENTS} students whose runs are quick, and one with {JARS} cookies and slow runs")
    print("the runs of that student         stored: median    p95    max   not ended   their answers")
    for number, flood in enumerate(FLOODS):
        port = free_port()
        site, settings = f"http://127.0.0.1:{port}", settled(folder / f"fair-{number}", space)
        with serving(flask_command("hfcourse", port), site + "/sante", **settings) as process:
            visit = student([site], QUICK_CALL if flood.endpoint == "tell" else "Awa", flood.class_minutes)
            contender = Contender(visit, [process])
            contender.visit(0, flood.endpoint)  # warm
            answers = send_flood(site, flood)
            found = measured(contender, STUDENTS, flood.endpoint)
        missed = found.ends.total() - found.ends["succeeded"]
        median, longest = statistics.median(found.stored), max(found.stored)
        print(
            f"{flood.title:32} {median:15.2f} {p95(found.stored):6.2f} {longest:6.2f}"
            f" {missed:11d}   {dict(answers) or ''}",
            flush=True,
        )


def watch(browser: Browser, run: str) -> None:
    """Return once the page would show the end; one that shows it from the beginning asks no more."""
    if is_over(browser.get(run)) or streamed(browser, f"{run}/flux"):
        return
    time.sleep(FIRST_LOOK_SECONDS)
    while True:
        answer, text = browser.ask("GET", f"{run}/statut")
        if answer.status == 200 and is_over(text):
            return
        time.sleep(LOOK_SECONDS)


def streamed(browser: Browser, path: str) -> bool:
    """Read a stream of events to its end; False if there is none to be had, or if it ends before the run."""
    answer = browser.open(path)
    if answer.status != 200:
        answer.read()
        return False
    told = False
    while line := answer.readline():
        told = told or is_over(line.decode())
    return told


def is_over(text: str) -> bool:
    found = STATUS.search(text)
    return bool(found) and found[1] in ENDS


def peer(caller: Callable[[], Callable[[str], float]]) -> Callable[[int, str], tuple[float, float, str]]:
    """Visitors who wait for one answer."""

    def visit(_: int, endpoint: str) -> tuple[float, float, str]:
        seconds = caller()(endpoint)
        return seconds, seconds, "succeeded"

    return visit


def family(process_id: int) -> list[int]:
    """A process and its children (Linux)."""
    found = [process_id]
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = status.read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if int(parent) in found:
            found.append(int(status.parent.name))
    return found


def measured(contender: Contender, count: int, endpoint: str) -> Outcome:
    """So many visitors who come at the same time, each once."""
    found, lock, ready = Outcome(), threading.Lock(), threading.Barrier(count)

    def visit(n: int) -> None:
        ready.wait(PATIENCE_SECONDS)
        begun = time.perf_counter()
        earlier = stored = seen = 0.0  # `earlier` is what lost tries took
        while earlier < PATIENCE_SECONDS:
            try:
                stored, seen, end = contender.visit(n, endpoint)
            except (OSError, http.client.HTTPException, AssertionError, KeyError, ValueError) as error:
                end = f"lost ({type(error).__name__})"
            with lock:
                found.ends[end] += 1
            if not end.startswith("lost"):
                break
            time.sleep(RELOAD_SECONDS)
            earlier = time.perf_counter() - begun
        with lock:
            found.stored.append(earlier + stored)
            found.seen.append(earlier + seen)

    before = sum(map(processor_seconds, contender.processes))
    with ExitStack() as peaks:
        looked = [peaks.enter_context(Peak(each)) for each in contender.processes]
        threads = [threading.Thread(target=visit, args=(n,)) for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found.processor = (sum(map(processor_seconds, contender.processes)) - before) / count
    found.peak_bytes = sum(each.bytes for each in looked)
    return found


def p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def table(contenders: dict[str, Contender], count: int, endpoint: str) -> None:
    """Print one block; what is added is above the Space's own time, and its ratio that to the naive view's."""
    print(f"\n{count} visitors at once, a Space that {SPACES[endpoint]}")
    print(
        "                 stored: median    p95   seen: median    p95   added p95   of naive   not ended   MB   ms CPU"
    )
    found = {name: measured(each, count, endpoint) for name, each in contenders.items()}
    own = p95(found["the Space"].stored)
    added = {name: max(p95(each.seen) - own, 0.001) for name, each in found.items()}
    for name, each in found.items():
        missed = each.ends.total() - each.ends["succeeded"]
        print(
            f"{name:16} {statistics.median(each.stored):14.2f} {p95(each.stored):6.2f}"
            f" {statistics.median(each.seen):14.2f} {p95(each.seen):6.2f}"
            f" {added[name]:11.2f} {added[name] / added['naive view']:10.2f} {missed:11d} {each.peak_bytes / 1e6:4.0f}"
            f" {each.processor * 1000:7.1f}"
        )
        if missed:
            print(f"{'':16} {dict(each.ends)}")


@contextmanager
def campus(folder: Path, space: str) -> Iterator[Contender]:
    """Two web processes and two workers, with all that they need."""
    folder.mkdir()
    redis, postgres = Redis(folder / "redis"), Postgres()
    ports = [free_port(), free_port()]
    with ExitStack() as running:
        for service in (redis, postgres):
            service.start()
        running.callback(redis.end)
        running.callback(postgres.discard)
        settings = settled(folder, space) | {"HFCOURSE_DATABASE_URL": postgres.url, "HFCOURSE_QUEUE_URL": redis.url}
        settings |= {"FLASK_APP": "hfcourse"}
        program = [sys.executable, "-m"]
        subprocess.run([*program, "flask", "migrate"], cwd=ROOT, env=os.environ | settings, check=True)  # noqa: S603
        workers = [running.enter_context(worker([*program, "flask", "worker"], settings)) for _ in range(2)]
        web = [*program, "gunicorn", "hfcourse:create_app()", "--threads", "64", "--bind"]
        webs = [
            running.enter_context(
                serving([*web, f"127.0.0.1:{port}"], f"http://127.0.0.1:{port}/sante", WEB_CONCURRENCY="1", **settings)
            )
            for port in ports
        ]
        processes = [each for process in (*webs, *workers) for each in family(process)]
        yield Contender(student([f"http://127.0.0.1:{port}" for port in ports]), processes)


@contextmanager
def worker(command: list[str], settings: dict[str, str]) -> Iterator[int]:
    """A worker in a process of its own; yields its process id."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=log, stderr=log)  # noqa: S603
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def settled(folder: Path, space: str) -> dict[str, str]:
    """The settings of a site whose catalogue has the Space."""
    folder.mkdir(parents=True, exist_ok=True)
    spaces = (f'[[space]]\nid = "bench/{name}"\nurl = "{space}"\n' for name in ("trivial", "other"))
    (folder / "spaces.toml").write_text("".join(spaces))
    return {"HFCOURSE_INSTANCE": str(folder), "HFCOURSE_SECRET_KEY": SITE_KEY}


def main() -> None:
    """Start the servers, print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--visitors", default="30,100,300")
    counts = [int(word) for word in options.parse_args().visitors.split(",")]
    ports = [free_port() for _ in range(3)]
    space, plain, site = (f"http://127.0.0.1:{port}" for port in ports)
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        own = running.enter_context(serving([sys.executable, "bench/trivial_app.py", str(ports[0])], space + "/config"))
        view = running.enter_context(serving(flask_command("bench/naive_view.py", ports[1]), plain, SPACE=space))
        settings = settled(folder / "class", space)
        process = running.enter_context(serving(flask_command("hfcourse", ports[2]), site + "/sante", **settings))
        contenders = {
            "the Space": Contender(peer(lambda: floor(space)), [own]),
            "naive view": Contender(peer(lambda: naive(plain)), [view]),
            "class": Contender(student([site]), [process]),
        }
        if path_of("postgres") and path_of("redis-server"):
            contenders["campus"] = running.enter_context(campus(folder / "campus", space))
        else:
            print("The campus needs PostgreSQL and Redis, which are not installed here.")
        for each in contenders.values():
            each.visit(0, "greet")  # warm
        for endpoint in SPACES:
            for count in counts:
                table(contenders, count, endpoint)
        fairness(folder, space)


if __name__ == "__main__":
    main()
