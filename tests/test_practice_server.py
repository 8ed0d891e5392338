"""When the practice app starts and ends; a stand-in wakes at once where Gradio itself is not the point."""

import json
import os
import re
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from hfcourse.practice import app_process as practice_child
from hfcourse.practice.server import PracticeServer
from tests.support.practice_space import WAKE_TIMEOUT_SECONDS
from tests.support.processes import is_process_running
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[1]
STAND_IN = """
    import http.server, json, os, sys, threading

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
        def log_message(self, *args):
            print("seen", self.path, file=sys.stderr, flush=True)

    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()
"""
# A site that wakes its practice app, says so, and waits to be killed.
SITE = """
    import json, os, sys, time
    from pathlib import Path
    from hfcourse.practice.server import PracticeServer

    server = PracticeServer(Path(sys.argv[1]))
    server.wake()
    assert server.wait_until_awake(90), server.failure
    worker = os.fork() if sys.argv[2:] == ["with a worker"] else None
    if worker == 0:
        told = {"state": server.state, "worker": os.getpid()}
    else:
        told = {"pid": server.pid}
    os.write(1, json.dumps(told).encode() + b"\\n")
    time.sleep(600)
"""


def write_script(folder: Path, code: str) -> tuple[str, str]:
    path = folder / "script.py"
    path.write_text(textwrap.dedent(code), encoding="utf-8")
    return sys.executable, str(path)


@pytest.fixture
def make(tmp_path):
    """Makes servers of the stand-in, or of another script, and stops them at the end."""
    made = []

    def make(code: str = STAND_IN, **options) -> PracticeServer:
        server = PracticeServer(tmp_path / "practice", command=write_script(tmp_path, code), **options)
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def start_site(tmp_path):
    """Starts a site of its own, which can be killed."""
    sites = []

    def start(*arguments: str) -> subprocess.Popen:
        command = [*write_script(tmp_path, SITE), str(tmp_path / "practice"), *arguments]
        site = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
                                stdout=subprocess.PIPE, text=True)  # fmt: skip
        sites.append(site)
        return site

    yield start
    for site in sites:
        site.kill()
        site.wait()
        site.stdout.close()


def temp_folders(server: PracticeServer) -> list[Path]:
    return list(server.folder.glob("practice-*"))


# --- waking


def test_server_starts_nothing_until_it_is_woken(make):
    server = make()

    assert (server.state, server.url, server.pid) == ("asleep", None, None)
    assert not server.folder.exists()
    assert server.wait_until_awake(5) is False


def test_server_goes_from_asleep_to_waking_to_awake(make):
    server = make()
    server.wake()

    assert (server.state, server.url) == ("waking", None)
    assert server.wait_until_awake(10) is True
    assert server.state == "awake"
    with urllib.request.urlopen(server.url) as answer:
        assert answer.status == 200


def test_many_threads_that_wake_it_start_one_process(make):
    server = make()
    pids, gate = set(), threading.Barrier(8)

    def wake():
        gate.wait()
        server.wake()
        server.wait_until_awake(10)
        pids.add(server.pid)

    threads = [threading.Thread(target=wake) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(pids) == 1
    assert len(temp_folders(server)) == 1


def test_waking_returns_at_once(make):
    server = make("import sys; sys.stdin.read()")
    server.wake()

    assert server.state == "waking"
    assert server.wait_until_awake(0.01) is False


def test_a_log_that_has_grown_too_large_starts_again(make):
    server = make()
    server.folder.mkdir()
    log = server.folder / "practice.log"
    log.write_bytes(b"x" * (practice_child.MAX_LOG_BYTES + 1))
    server.wake()
    server.wait_until_awake(10)

    assert log.stat().st_size < 1000


def test_folders_left_by_a_power_cut_are_removed(make):
    server = make()
    old, recent = server.folder / "practice-old", server.folder / "practice-recent"
    for folder in (old, recent):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    server.wake()

    assert (old.exists(), recent.exists()) == (False, True)


# --- failing


def test_an_app_that_ends_at_once_is_broken_and_its_last_words_are_kept(make):
    server = make("raise SystemExit('the sky fell')")
    server.wake()

    assert server.wait_until_awake(10) is False
    assert server.state == "broken"
    assert "code 1" in server.failure
    assert "the sky fell" in server.failure
    assert wait_until(lambda: not temp_folders(server))


def test_an_app_that_never_is_ready_is_broken_and_killed(make):
    server = make("import time; time.sleep(600)", start_seconds=0.2)
    server.wake()
    pid = server.pid

    assert server.wait_until_awake(10) is False
    assert server.state == "broken"
    assert wait_until(lambda: not is_process_running(pid))


@pytest.mark.parametrize("line", ["not JSON", "[]", "{}", '{"port": "x"}', '{"port": 1}'])
def test_an_app_that_says_nonsense_is_broken(make, line):
    server = make(f"import sys; print({line!r}, flush=True); sys.stdin.read()")
    server.wake()

    assert server.wait_until_awake(10) is False
    assert server.state == "broken"


def test_a_program_that_is_missing_is_broken(tmp_path):
    server = PracticeServer(tmp_path, command=("no-such-program",))
    server.wake()

    assert server.state == "broken"
    assert server.failure
    assert temp_folders(server) == []


def test_a_broken_app_is_tried_again(make, tmp_path):
    server = make("raise SystemExit(1)")
    server.wake()
    server.wait_until_awake(10)
    write_script(tmp_path, STAND_IN)
    server.wake()

    assert server.wait_until_awake(10) is True
    assert server.failure is None


# --- sleeping


def test_server_falls_asleep_when_nobody_uses_it(make):
    server = make(idle_seconds=0.2)
    server.wake()
    server.wait_until_awake(10)
    pid = server.pid

    assert wait_until(lambda: server.state == "asleep")
    assert wait_until(lambda: not is_process_running(pid))
    assert wait_until(lambda: not temp_folders(server))


def test_server_stays_awake_during_a_call_then_falls_asleep(make):
    server = make(idle_seconds=0.2)
    server.wake()
    with server.track_call():
        server.wait_until_awake(10)
        assert not wait_until(lambda: server.state != "awake", seconds=0.6)

    assert wait_until(lambda: server.state == "asleep")


def test_touching_it_pushes_its_sleep_back(make):
    server = make(idle_seconds=0.5)
    server.wake()
    server.wait_until_awake(10)
    stop_touching = time.monotonic() + 1.2
    while time.monotonic() < stop_touching:
        server.record_use()
        assert not wait_until(lambda: server.state != "awake", seconds=0.1)

    assert wait_until(lambda: server.state == "asleep")


def test_server_can_be_put_to_sleep_and_woken_again(make):
    server = make()
    server.wake()
    server.wait_until_awake(10)
    first = server.pid
    server.sleep()

    assert (server.state, server.url) == ("asleep", None)
    assert not is_process_running(first)
    server.wake()
    assert server.wait_until_awake(10) is True
    assert server.pid != first


def test_server_can_be_put_to_sleep_while_it_wakes(make):
    server = make("import sys; sys.stdin.read()")
    server.wake()
    pid = server.pid
    server.sleep()

    assert server.state == "asleep"
    assert not is_process_running(pid)


def test_an_app_that_died_is_seen_at_the_next_look_and_can_be_woken(make):
    server = make()
    server.wake()
    server.wait_until_awake(10)
    dead = server.pid
    os.kill(dead, 9)

    assert wait_until(lambda: server.state == "asleep")
    assert server.url is None
    server.wake()
    assert server.wait_until_awake(10) is True
    assert server.pid != dead


def test_no_thread_is_left_once_it_sleeps(make):
    before = set(threading.enumerate())
    server = make()
    server.wake()
    server.wait_until_awake(10)
    server.sleep()

    assert wait_until(lambda: set(threading.enumerate()) <= before)


# --- stopping


def test_stopping_is_for_good_and_can_be_repeated(make):
    server = make()
    server.wake()
    server.wait_until_awake(10)
    pid = server.pid
    server.stop()
    server.stop()
    server.wake()

    assert server.state == "asleep"
    assert not is_process_running(pid)
    assert temp_folders(server) == []


def test_an_app_that_does_not_leave_is_killed(make):
    stubborn = STAND_IN.replace("os._exit(0)", "None")
    server = make(stubborn)
    server.wake()
    server.wait_until_awake(10)
    pid = server.pid
    server.stop()

    assert not is_process_running(pid)


def test_the_environment_of_the_app_has_no_secret(monkeypatch):
    secrets = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY", "http_proxy"]
    ours = ["HFCOURSE_SECRET_KEY", "HFCOURSE_DATABASE_URL", "HFCOURSE_INSTRUCTOR_PASSWORD"]
    for name in secrets + ours:
        monkeypatch.setenv(name, "a-secret-value")

    environment = practice_child.build_app_environment()
    assert "a-secret-value" not in environment.values()
    assert environment["PATH"] == os.environ["PATH"]


# --- the real app


def test_the_real_app_ignores_the_proxy_and_leaves_nothing_behind(monkeypatch, tmp_path):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_TOKEN", "a-secret-value")
    server = PracticeServer(tmp_path)
    server.wake()
    try:
        assert server.wait_until_awake(WAKE_TIMEOUT_SECONDS), server.failure
        pid = server.pid
        environment = Path(f"/proc/{pid}/environ")
        assert not environment.exists() or b"a-secret-value" not in environment.read_bytes()
        assert (tmp_path / "practice.log").read_bytes() == b""
    finally:
        server.stop()

    assert not is_process_running(pid)
    assert [path.name for path in tmp_path.iterdir()] == ["practice.log"]


def count_context_switches(pid: int) -> int:
    """How often the threads of a process have waited for something, so far."""
    states = [task.joinpath("status").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(
        int(found) for state in states for found in re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", state, re.M)
    )


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux counts context switches in /proc")
def test_the_real_app_sleeps_while_nobody_calls(tmp_path):
    server = PracticeServer(tmp_path)
    server.wake()
    try:
        assert server.wait_until_awake(WAKE_TIMEOUT_SECONDS), server.failure
        before = count_context_switches(server.pid)
        threading.Event().wait(1)
        assert count_context_switches(server.pid) - before < 200  # Gradio alone: more than a thousand
    finally:
        server.stop()


def test_the_supervisor_never_imports_gradio():
    code = "import sys, hfcourse.practice.server; sys.exit('gradio' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL; closing the pipe is what is tested here")
def test_the_real_app_ends_with_a_site_killed_by_sigkill(start_site, tmp_path):
    site = start_site()
    pid = json.loads(site.stdout.readline())["pid"]
    assert is_process_running(pid)
    site.kill()

    assert wait_until(lambda: not is_process_running(pid), seconds=5)
    assert wait_until(lambda: not list((tmp_path / "practice").glob("practice-*")))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_worker_made_by_fork_neither_owns_the_app_nor_keeps_it_alive(start_site):
    site = start_site("with a worker")
    told = json.loads(site.stdout.readline()) | json.loads(site.stdout.readline())
    try:
        assert told["state"] == "asleep"
        assert is_process_running(told["pid"])
        site.kill()
        assert wait_until(lambda: not is_process_running(told["pid"]), seconds=5)
        assert is_process_running(told["worker"])
    finally:
        os.kill(told["worker"], 9)
