"""The selection of `make quick`: what a test refers to, and the guard against processes."""

import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from tests.spaces import fake_servers
from tests.support import site_process
from tests.support.apps import open_app
from tests.support.practice_space import practice
from tests.support.quick_tests import ProcessGuard, get_plain_code, is_slow
from tests.support.site_process import run_site

SLOW_FIXTURES = {"app", "bucket", "browser", "practice", "s3_server", "served_apps", "site"}


def start() -> None:
    subprocess.run(["true"], check=True)


class Starter:
    """Refers to a process in one of its methods."""

    def start(self) -> None:
        start()


class Child(Starter):
    """Inherits it."""


@contextmanager
def started():
    yield Starter()


def import_late() -> object:
    from playwright import sync_api

    return sync_api


SLOW = {
    "a function": start,
    "a class": Starter,
    "a subclass": Child,
    "what calls a class": lambda: [Child()],
    "a function inside another": lambda: [start for _ in range(2)],
    "a context manager": started,
    "an import in a function": import_late,
    "a helper of the tests": run_site,
    "what takes a helper from its module": lambda: site_process.run_site,
    "what makes a site": open_app,
    "a fixture": practice,
}


@pytest.mark.parametrize("code", SLOW.values(), ids=SLOW)
def test_code_that_refers_to_something_slow_is_slow(code: object) -> None:
    assert is_slow(get_plain_code(code))


@pytest.mark.parametrize("code", [lambda: fake_servers.FakeSpace, lambda: site_process.PRACTICE_PATH, ProcessGuard])
def test_code_that_refers_to_nothing_slow_is_not(code: object) -> None:
    assert not is_slow(code)


def test_selected_tests_have_no_slow_fixture(request: pytest.FixtureRequest) -> None:
    selected = [item for item in request.session.items if item.get_closest_marker("quick")]
    assert request.node in selected
    for item in selected:
        given = set(item.callspec.params) if hasattr(item, "callspec") else set()
        assert not SLOW_FIXTURES & set(item.fixturenames) - given, item.nodeid  # type: ignore[attr-defined]


def test_guard_rejects_a_process_of_a_selected_test_alone() -> None:
    guard = ProcessGuard()
    guard("subprocess.Popen", ())
    guard.is_active = True
    guard("open", ())
    for event in ("subprocess.Popen", "os.fork", "os.posix_spawn"):
        with pytest.raises(AssertionError, match="starts a process"):
            guard(event, ())
    other = threading.Thread(target=guard, args=("subprocess.Popen", ()))
    other.start()
    other.join()


def test_guard_hears_of_every_way_to_start_a_process() -> None:
    code = (
        "import os, subprocess, sys; from tests.support.quick_tests import ProcessGuard; guard = ProcessGuard();"
        "sys.addaudithook(guard); guard.is_active = True\n"
        "for way in (lambda: subprocess.run(['true']), os.fork, lambda: os.posix_spawn('/bin/true', ['true'], {})):\n"
        "    try:\n        way()\n    except AssertionError as error:\n        print(error)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.count("starts a process") == 3
