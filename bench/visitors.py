"""Concurrent visitors of a site: each opens a form, submits it, and follows the run to its end."""

import http.client
import json
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from harness import Browser, Peak, processor_seconds

FIRST_POLL_SECONDS, POLL_SECONDS = 0.7, 2
END_STATUSES = ("succeeded", "failed", "stopped", "interrupted")
STATUS = re.compile(r'data-status="(\w+)"')
TIMEOUT_SECONDS, RELOAD_SECONDS = 300, 1
SITE_KEY = "the bench's own secret key"

Visit = Callable[[int, str], tuple[float, float, str]]  # (number of the visitor, endpoint) -> (stored, seen, end)


@dataclass
class Outcome:
    """Results of a group of visitors: seconds until the end was stored and was seen, and how their attempts ended."""

    stored: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    processor: float = 0
    peak_bytes: int = 0


@dataclass
class Contender:
    """A way to call the Space; CPU time and memory are those of `processes`."""

    visit: Visit
    processes: Sequence[int]


def make_student_visit(sites: Sequence[str], name: str = "Awa", minutes: int | None = None) -> Visit:
    """Return a visit of the site, with visitors distributed over its web processes.

    Args:
        minutes: age of the visitors' cookies; None for new ones.
    """
    make_cookie = make_cookie_factory(minutes)

    def visit(n: int, endpoint: str) -> tuple[float, float, str]:
        browser = Browser(sites[n % len(sites)])
        browser.add_cookies(make_cookie())
        form = load_form(browser, "bench/trivial", endpoint, name)
        sent, begun = time.time(), time.perf_counter()
        answer = browser.post_form("/essais", form)
        if answer.status != 303:
            waited = time.perf_counter() - begun
            return waited, waited, f"refused ({answer.status})"
        follow_run(browser, answer.headers["Location"])
        seen = time.perf_counter() - begun
        run = json.loads(browser.get(answer.headers["Location"] + ".json"))
        end = f"{run['status']} ({run['error']['code']})" if run["error"] else run["status"]
        return datetime.fromisoformat(run["timings"]["finished"]).timestamp() - sent, seen, end

    return visit


def load_form(browser: Browser, space: str, endpoint: str, name: str) -> dict[str, str]:
    """Open the page of an endpoint; return the fields of its form, filled in."""
    csrf = re.search(r'name="csrf_token"\s+value="([^"]+)"', browser.get(f"/espaces/{space}?endpoint=/{endpoint}"))
    assert csrf, "no form"
    return {"csrf_token": csrf[1], "space": space, "endpoint": f"/{endpoint}", "arg-name": name}


def make_cookie_factory(minutes: int | None) -> Callable[[], dict[str, str]]:
    """Return a factory of cookies of visitors first seen `minutes` ago; without it, of empty ones."""
    app = Flask(__name__)
    app.secret_key = SITE_KEY
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer
    since = (int(time.time()) // 60 - (minutes or 0)) * 60

    def make() -> dict[str, str]:
        session = {"visitor": secrets.token_urlsafe(16), "since": since, "_permanent": True}
        return {} if minutes is None else {"hfcourse": str(serializer.dumps(session))}

    return make


def follow_run(browser: Browser, run: str) -> None:
    """Wait until the page would show the end of the run."""
    if is_over(browser.get(run)) or follow_stream(browser, f"{run}/flux"):
        return
    time.sleep(FIRST_POLL_SECONDS)
    while True:
        answer, text = browser.request("GET", f"{run}/statut")
        if answer.status == 200 and is_over(text):
            return
        time.sleep(POLL_SECONDS)


def follow_stream(browser: Browser, path: str) -> bool:
    """Read an event stream to its end; False if none is available, or if it ends before the run."""
    answer = browser.open(path)
    if answer.status != 200:
        answer.read()
        return False
    has_ended = False
    while line := answer.readline():
        has_ended = has_ended or is_over(line.decode())
    return has_ended


def is_over(text: str) -> bool:
    found = STATUS.search(text)
    return bool(found) and found[1] in END_STATUSES


def measure_visits(contender: Contender, count: int, endpoint: str) -> Outcome:
    """Run `count` concurrent visitors, each once."""
    found, lock, ready = Outcome(), threading.Lock(), threading.Barrier(count)

    def visit(n: int) -> None:
        ready.wait(TIMEOUT_SECONDS)
        begun = time.perf_counter()
        earlier = stored = seen = 0.0  # `earlier` is the time of lost attempts
        while earlier < TIMEOUT_SECONDS:
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
        samplers = [peaks.enter_context(Peak(each)) for each in contender.processes]
        threads = [threading.Thread(target=visit, args=(n,)) for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found.processor = (sum(map(processor_seconds, contender.processes)) - before) / count
    found.peak_bytes = sum(each.bytes for each in samplers)
    return found


def p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def make_settings(folder: Path, space: str) -> dict[str, str]:
    """Return the settings of a site whose catalogue has the Space."""
    folder.mkdir(parents=True, exist_ok=True)
    spaces = (f'[[space]]\nid = "bench/{name}"\nurl = "{space}"\n' for name in ("trivial", "other"))
    (folder / "spaces.toml").write_text("".join(spaces))
    return {"HFCOURSE_INSTANCE": str(folder), "HFCOURSE_SECRET_KEY": SITE_KEY}
