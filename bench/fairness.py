"""Waiting times of a class beside one student who submits two slow runs from each of a hundred cookies.

Run by bench/class.py. The slow runs are at the endpoint of the class, at another one of its Space, or at another Space;
from its address or from another (127.0.0.2, which Linux has); with cookies created in the minute in which the class
opened the form, or a minute later. The cookies of students who opened it earlier are signed with the site's key, and
contain their creation time.
"""

import statistics
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from harness import Browser, find_free_port, flask_command, run_server
from visitors import Contender, load_form, make_cookie_factory, make_settings, make_student_visit, measure_visits, p95

STUDENTS, COOKIES, RUNS_PER_COOKIE = 29, 100, 2
SLOW_CALL = "1 20"  # the endpoint `tell` sends the time once, after 20 s
QUICK_CALL = "1 0"
CLASS_ADDRESS, OTHER_ADDRESS = "127.0.0.1", "127.0.0.2"


@dataclass(frozen=True)
class Flood:
    """Slow runs of one person from many cookies, and the endpoint that the class calls at the same time."""

    title: str
    space: str = "bench/trivial"
    source: str = CLASS_ADDRESS
    endpoint: str = "greet"
    cookies: int = COOKIES
    class_minutes: int | None = None  # age of the class's cookies; None for new ones
    cookie_minutes: int | None = None


FLOODS = [
    Flood("none", cookies=0),
    Flood("same Space, same address"),
    Flood("same Space, another address", source=OTHER_ADDRESS),
    Flood("another Space, same address", "bench/other"),
    Flood("another Space, another address", "bench/other", OTHER_ADDRESS),
    Flood("same endpoint, same minute", endpoint="tell", class_minutes=2, cookie_minutes=2),
    Flood("same endpoint, class came before", endpoint="tell", class_minutes=2),
    Flood("the same, 200 cookies", endpoint="tell", cookies=200, class_minutes=2),
    Flood("another endpoint, 200 cookies", cookies=200),
]


def send_flood(site: str, flood: Flood) -> Counter[int]:
    """Submit slow runs from each cookie; return the statuses of the responses."""
    statuses: Counter[int] = Counter()
    make_cookie = make_cookie_factory(flood.cookie_minutes)
    for _ in range(flood.cookies):
        browser = Browser(site, flood.source)
        browser.add_cookies(make_cookie())
        form = load_form(browser, flood.space, "tell", SLOW_CALL)
        statuses.update(browser.post_form("/essais", form).status for _ in range(RUNS_PER_COOKIE))
    return statuses


def print_fairness(folder: Path, space: str) -> None:
    """Print how long the class waits without that student, and with each flood, on a new site each."""
    print(f"\n{STUDENTS} students whose runs are quick, and one with {COOKIES} cookies and slow runs")
    print("the runs of that student         stored: median    p95    max   not ended   their answers")
    for number, flood in enumerate(FLOODS):
        port = find_free_port()
        site, settings = f"http://127.0.0.1:{port}", make_settings(folder / f"fair-{number}", space)
        with run_server(flask_command("hfcourse", port), site + "/sante", **settings) as process:
            visit = make_student_visit([site], QUICK_CALL if flood.endpoint == "tell" else "Awa", flood.class_minutes)
            contender = Contender(visit, [process])
            contender.visit(0, flood.endpoint)  # warm
            answers = send_flood(site, flood)
            found = measure_visits(contender, STUDENTS, flood.endpoint)
        missed = found.ends.total() - found.ends["succeeded"]
        median, longest = statistics.median(found.stored), max(found.stored)
        print(
            f"{flood.title:32} {median:15.2f} {p95(found.stored):6.2f} {longest:6.2f}"
            f" {missed:11d}   {dict(answers) or ''}",
            flush=True,
        )
