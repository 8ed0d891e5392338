"""Waiting times of a class, compared with a naive Flask view and with a campus deployment, in one run.

    python bench/class.py [--visitors 30,100,300]

Each visitor opens the page of a Space, submits its form, and follows the run to its end as a page does: over an event
stream, or by polling the fragment every two seconds if no stream is available. The Space responds at once, or takes a
second for ten visitors at a time. Its own latency is measured over its REST route with as many visitors; the rest is
added: by the site, or by a view that creates a Client for each request. Time is counted from the submission. A visitor
with an error (a connection that is reset) is counted as lost and retries a second later, as by a reload: otherwise a
server that loses many would seem quick. The campus is two web processes under gunicorn and two workers, on PostgreSQL
and Redis if they are installed. Processes are terminated by their id.

Then the waiting times of twenty-nine students beside one who submits two slow runs from each of a hundred cookies: see
bench/fairness.py.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from call import make_naive_view_caller, make_rest_caller
from fairness import print_fairness
from harness import ROOT, find_free_port, flask_command, run_server
from visitors import Contender, Visit, make_settings, make_student_visit, measure_visits, p95

sys.path.insert(0, str(ROOT))

from tests.support.services import Postgres, Redis, find_program

SPACES = {"greet": "answers at once", "think": "takes 1 s, ten at a time"}


def make_peer_visit(caller: Callable[[], Callable[[str], float]]) -> Visit:
    """Return a visit that waits for one response."""

    def visit(_: int, endpoint: str) -> tuple[float, float, str]:
        seconds = caller()(endpoint)
        return seconds, seconds, "succeeded"

    return visit


def find_process_tree(process_id: int) -> list[int]:
    """Return the ids of a process and its descendants (Linux)."""
    found = [process_id]
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = status.read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if int(parent) in found:
            found.append(int(status.parent.name))
    return found


def print_table(contenders: dict[str, Contender], count: int, endpoint: str) -> None:
    """Print one table; added time is above the Space's own, and its ratio is to that of the naive view."""
    print(f"\n{count} visitors at once, a Space that {SPACES[endpoint]}")
    print(
        "                 stored: median    p95   seen: median    p95   added p95   of naive   not ended   MB   ms CPU"
    )
    found = {name: measure_visits(each, count, endpoint) for name, each in contenders.items()}
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
def run_campus(folder: Path, space: str) -> Iterator[Contender]:
    """Start two web processes and two workers, with their services."""
    folder.mkdir()
    redis, postgres = Redis(folder / "redis"), Postgres()
    ports = [find_free_port(), find_free_port()]
    with ExitStack() as running:
        for service in (redis, postgres):
            service.start()
        running.callback(redis.stop)
        running.callback(postgres.discard)
        settings = make_settings(folder, space) | {
            "HFCOURSE_DATABASE_URL": postgres.url,
            "HFCOURSE_QUEUE_URL": redis.url,
        }
        settings |= {"FLASK_APP": "hfcourse"}
        program = [sys.executable, "-m"]
        subprocess.run([*program, "flask", "migrate"], cwd=ROOT, env=os.environ | settings, check=True)  # noqa: S603
        workers = [running.enter_context(run_worker([*program, "flask", "worker"], settings)) for _ in range(2)]
        web = [*program, "gunicorn", "hfcourse:create_app()", "--threads", "64", "--bind"]
        webs = [
            running.enter_context(
                run_server(
                    [*web, f"127.0.0.1:{port}"], f"http://127.0.0.1:{port}/sante", WEB_CONCURRENCY="1", **settings
                )
            )
            for port in ports
        ]
        processes = [each for process in (*webs, *workers) for each in find_process_tree(process)]
        yield Contender(make_student_visit([f"http://127.0.0.1:{port}" for port in ports]), processes)


@contextmanager
def run_worker(command: list[str], settings: dict[str, str]) -> Iterator[int]:
    """Run a worker process inside the block; yields its process id."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=log, stderr=log)  # noqa: S603
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def main() -> None:
    """Start the servers and print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--visitors", default="30,100,300")
    counts = [int(word) for word in options.parse_args().visitors.split(",")]
    ports = [find_free_port() for _ in range(3)]
    space, plain, site = (f"http://127.0.0.1:{port}" for port in ports)
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        own = running.enter_context(
            run_server([sys.executable, "bench/trivial_app.py", str(ports[0])], space + "/config")
        )
        view = running.enter_context(run_server(flask_command("bench/naive_view.py", ports[1]), plain, SPACE=space))
        settings = make_settings(folder / "class", space)
        process = running.enter_context(run_server(flask_command("hfcourse", ports[2]), site + "/sante", **settings))
        contenders = {
            "the Space": Contender(make_peer_visit(lambda: make_rest_caller(space)), [own]),
            "naive view": Contender(make_peer_visit(lambda: make_naive_view_caller(plain)), [view]),
            "class": Contender(make_student_visit([site]), [process]),
        }
        if find_program("postgres") and find_program("redis-server"):
            contenders["campus"] = running.enter_context(run_campus(folder / "campus", space))
        else:
            print("The campus needs PostgreSQL and Redis, which are not installed here.")
        for each in contenders.values():
            each.visit(0, "greet")  # warm
        for endpoint in SPACES:
            for count in counts:
                print_table(contenders, count, endpoint)
        print_fairness(folder, space)


if __name__ == "__main__":
    main()
