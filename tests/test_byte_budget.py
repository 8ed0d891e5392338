"""The budget of bytes in flight: never exceeded, fair, without deadlock; and what a process takes with many calls."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hfcourse.errors import CallCancelled, CallError, CourseError
from hfcourse.limits.byte_budget import MAX_UNCOUNTED_BYTES, ByteBudget, estimate_parsed_bytes
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces.client.message_memory import MessageMemoryReservation
from tests.support.calls import ThreadedCall
from tests.support.waiting import WAIT_TIMEOUT_SECONDS, wait_until

ROOT = Path(__file__).parents[1]


@pytest.fixture
def budget() -> ByteBudget:
    return ByteBudget(total_bytes=100, largest_bytes=40)


class Caller:
    """A thread that reserves, and holds until it is told to go."""

    def __init__(self, budget: ByteBudget, *sizes: int, seconds: float = WAIT_TIMEOUT_SECONDS) -> None:
        self.leash, self.has_all, self.may_go = CancelScope(seconds), threading.Event(), threading.Event()
        self._thread = ThreadedCall(lambda: self._hold(budget, sizes))

    def _hold(self, budget: ByteBudget, sizes: tuple[int, ...]) -> str:
        with self.leash.activate(), budget.reserve() as reservation:
            for size in sizes:
                reservation.resize(size)
            self.has_all.set()
            self.may_go.wait(WAIT_TIMEOUT_SECONDS)
        return "done"

    def has_them(self) -> bool:
        return self.has_all.wait(WAIT_TIMEOUT_SECONDS)

    def end(self) -> object:
        self.may_go.set()
        return self._thread.end(WAIT_TIMEOUT_SECONDS)


def test_a_budget_gives_back_what_a_block_held_whatever_happens(budget: ByteBudget) -> None:
    def hold_and_fail() -> None:
        with budget.reserve(10) as reservation:
            reservation.resize(30)
            assert budget.used_bytes == 30
            raise ValueError("whatever")

    with pytest.raises(ValueError, match="whatever"):
        hold_and_fail()
    assert budget.used_bytes == 0


def test_a_thread_never_holds_more_than_the_largest_reservation(budget: ByteBudget) -> None:
    with budget.reserve(30), budget.reserve(30), budget.reserve(1_000):
        assert budget.used_bytes == 40
    assert budget.used_bytes == 0


def test_a_caller_waits_for_bytes_and_gets_them_in_order(budget: ByteBudget) -> None:
    first, second = Caller(budget, 40), Caller(budget, 20)
    assert first.has_them()
    assert second.has_them()
    third = Caller(budget, 30)
    assert wait_until(lambda: budget.waiting_count == 1)
    fourth = Caller(budget, 1)  # it would fit, and does not overtake
    assert wait_until(lambda: budget.waiting_count == 2)
    assert not third.has_all.is_set()
    assert not fourth.has_all.is_set()
    assert first.end() == "done"
    assert third.has_them()
    assert fourth.has_them()
    assert [each.end() for each in (second, third, fourth)] == ["done"] * 3
    assert budget.used_bytes == 0


def test_a_caller_whose_deadline_passes_fails_with_server_busy(budget: ByteBudget) -> None:
    holders = [Caller(budget, 30), Caller(budget, 30)]
    assert all(each.has_them() for each in holders)
    late = Caller(budget, 30, seconds=0.3)
    failed = late.end()
    assert isinstance(failed, CallError)
    assert failed.code == "server-busy"
    assert (budget.used_bytes, budget.waiting_count) == (60, 0)
    assert [each.end() for each in holders] == ["done"] * 2


def test_a_caller_that_waits_can_be_stopped(budget: ByteBudget) -> None:
    holders = [Caller(budget, 30), Caller(budget, 30)]
    assert all(each.has_them() for each in holders)
    stopped = Caller(budget, 30)
    assert wait_until(lambda: budget.waiting_count == 1)
    stopped.leash.cancel()
    assert isinstance(stopped.end(), CallCancelled)
    assert [each.end() for each in holders] == ["done"] * 2


def test_callers_that_all_hold_some_and_want_more_all_finish(budget: ByteBudget) -> None:
    """Each holds a little, so that none of them could grow if it had to wait for the others."""
    all_hold, most = threading.Barrier(6), []

    def grow() -> str:
        with CancelScope(WAIT_TIMEOUT_SECONDS).activate(), budget.reserve(10) as reservation:
            all_hold.wait(WAIT_TIMEOUT_SECONDS)
            for size in (20, 30, 40):
                reservation.resize(size)
                most.append(budget.used_bytes)
        return "done"

    threads = [ThreadedCall(grow) for _ in range(6)]
    assert [thread.end(WAIT_TIMEOUT_SECONDS) for thread in threads] == ["done"] * 6
    assert max(most) <= budget.total_bytes
    assert budget.used_bytes == 0


def test_a_budget_is_never_exceeded_by_many_threads_at_once(budget: ByteBudget) -> None:
    def work(number: int) -> int:
        most = 0
        with CancelScope(WAIT_TIMEOUT_SECONDS).activate():
            for step in range(50):
                with budget.reserve((number * 7 + step * 13) % 41) as outer, budget.reserve(step % 5):
                    outer.resize((number + step * 3) % 41)
                    most = max(most, budget.used_bytes)
        return most

    threads = [ThreadedCall(lambda number=number: work(number)) for number in range(20)]
    assert max(thread.end(WAIT_TIMEOUT_SECONDS) for thread in threads) <= budget.total_bytes  # type: ignore[type-var]
    assert (budget.used_bytes, budget.waiting_count) == (0, 0)


def test_a_budget_that_one_thread_could_empty_is_refused() -> None:
    with pytest.raises(ValueError, match="half"):
        ByteBudget(total_bytes=100, largest_bytes=51)


@pytest.mark.parametrize(
    "value", ["x" * 500_000, "é" * 200_000, "x" * 400_000 + "😀", [[]] * 100_000, [{"a": 1}] * 50_000]
)
def test_an_estimate_is_more_than_the_parsed_value_takes(value: object) -> None:
    for ascii_only in (True, False):
        raw = json.dumps(value, ensure_ascii=ascii_only).encode()
        assert estimate_parsed_bytes(raw) >= memory_of(json.loads(raw)) * 2


def memory_of(value: object) -> int:
    """Bytes of a value and of all that is in it, each object counted each time."""
    inner = list(value) + list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sys.getsizeof(value) + sum(map(memory_of, inner))


class TestMessageMemory:
    @pytest.fixture
    def sizes(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
        budget = ByteBudget()
        monkeypatch.setattr("hfcourse.limits.byte_budget._process_budget", budget)
        return lambda: budget.used_bytes

    def test_a_message_is_counted_until_the_next_one_comes(self, sizes: Callable[[], int]) -> None:
        with MessageMemoryReservation.reserve() as memory:
            memory.count_buffer(100_000)
            assert sizes() >= 100_000
            memory.count_message(b'"' + b"x" * 1_000_000 + b'"')
            assert sizes() >= 5_000_000
            memory.count_buffer(0)
            assert sizes() == 0
            memory.count_message(b"x" * MAX_UNCOUNTED_BYTES)
            assert sizes() == 0

    def test_a_value_that_grows_by_small_diffs_is_counted_to_the_end(self, sizes: Callable[[], int]) -> None:
        with MessageMemoryReservation.reserve() as memory:
            for step in range(1, 101):
                memory.count_message(b"x" * 10_000)
                memory.count_partial(["x" * 10_000 * step])
            memory.count_buffer(0)
            assert sizes() >= 500_000
        assert sizes() == 0

    def test_a_value_that_is_replaced_again_and_again_is_not_counted_each_time(self, sizes: Callable[[], int]) -> None:
        raw = json.dumps(["x" * 100_000]).encode()
        with MessageMemoryReservation.reserve() as memory:
            for _ in range(50):
                memory.count_message(raw)
                memory.count_partial(["x" * 100_000])
            memory.count_buffer(0)
            assert sizes() <= 2 * estimate_parsed_bytes(raw)


# Many calls at once, in a process that tells how much memory it had at most

MANY = """
import os, sys, threading
from contextlib import ExitStack
from hfcourse import create_app
from hfcourse.files import file_store
from hfcourse.limits.deadline import CancelScope
from hfcourse.runs.execution import execute
from hfcourse.runs.store import run_store
from hfcourse.spaces.registry import resolver
folder, calls, is_file_schema = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "file"
app = create_app({"INSTANCE": folder, "TESTING": True})

def megabytes(line):
    return int(next(each for each in open("/proc/self/status") if each.startswith(line)).split()[1]) / 1024

def run(run_id):
    with app.app_context():
        execute.execute_run(run_id, CancelScope(400))

with app.app_context():
    ids = []
    for number in range(calls):
        kept = file_store.save_file("v", "in.bin", [bytes(1_000_000)] * 19) if is_file_schema else None
        sent = {"words": {"$file": 0} if kept else "x"}
        ids.append(run_store.create_run("v", space="many/calls", endpoint="/echo", title="t", inputs=sent,
                                file_names=[], parameters=[{"name": "words", "label": "w"}],
                                files=[("words", kept.id)] if kept else []))
    resolver.connect_to_space("many/calls", within=CancelScope(60))
    idle = megabytes("VmRSS")
    threads = [threading.Thread(target=run, args=(each,)) for each in ids]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    ends = [run_store.find_run(each, "v").status for each in ids]
    print(ends.count("succeeded"), round(megabytes("VmHWM") - idle))
"""
SPACE = """
import json, sys
from http.server import BaseHTTPRequestHandler
from tests.spaces import fake_servers
from tests.spaces.hostile_spaces import build_description, file_data
kind = sys.argv[1]
value = {"file": file_data("/tmp/x.bin"), "text": "x" * 1_900_000, "lists": [[]] * 190_000}[kind]
takes, gives = ("file", "file") if kind == "file" else ("textbox", "json")
space = build_description((takes, "words", {}), outputs=((gives, "s"),))
class Discarding(fake_servers.FakeSpace):
    def behave(self, exchange):
        self.requests.clear()
        super().behave(exchange)
server = Discarding(messages=[fake_servers.make_completed([value])], file_content=bytes(19_000_000), **space)
print(server.url, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def serve_many(request: pytest.FixtureRequest) -> Iterator[str]:
    command = [sys.executable, "-c", SPACE, request.param]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as server:  # type: ignore[call-overload]
        yield server.stdout.readline().decode().strip()
        server.stdin.close()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for the memory of a process")
@pytest.mark.parametrize(
    ("serve_many", "kind", "calls", "most_megabytes"),
    [("file", "file", 32, 200), ("text", "text", 48, 450), ("lists", "lists", 24, 450)],
    indirect=["serve_many"],
)
def test_many_large_calls_at_once_all_succeed_in_little_memory(
    tmp_path: Path, serve_many: str, kind: str, calls: int, most_megabytes: int
) -> None:
    (tmp_path / "spaces.toml").write_text(f'[[space]]\nid = "many/calls"\nurl = "{serve_many}"\n')
    command = [sys.executable, "-c", MANY, str(tmp_path), str(calls), kind]
    environment = os.environ | {"HFCOURSE_CALL_DEADLINE_SECONDS": "400"}
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, env=environment, check=True)
    succeeded, peak_megabytes = map(int, ended.stdout.split())
    assert succeeded == calls
    assert peak_megabytes < most_megabytes


def test_a_call_that_found_no_memory_says_so_in_french() -> None:
    explanation = CourseError("server-busy").explanation
    assert "mémoire" in explanation.sentence
    assert explanation.status == 503
