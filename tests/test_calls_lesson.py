"""Lesson 3.3 followed to the letter, in its own order, in front of the practice Space; and its eight failed calls."""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hfcourse.practice.server import PracticeServer
from tests.support.lesson_blocks import LessonBlock
from tests.support.optional_tools import skip_or_fail
from tests.support.processes import build_environment
from tests.support.shell_session import ShellSession
from tests.support.typed_lessons import (
    BROKEN_CALLS,
    CALLS_BLOCKS,
    GRADIO_JS_VERSION,
    PAGE_HEADING,
    is_typed_calls_block,
)

ADDRESS, SERVER_PORT = "http://127.0.0.1:7861", "8000"
RUN_SECONDS = 60


def pattern_of(printed: str, address: str) -> str:
    """What the lesson prints, as a pattern: numbers of calls and durations differ each time, the address is ours."""
    escaped = re.escape(printed.strip("\n").replace(ADDRESS, address))
    return re.sub(r"\b\d{4}(?=\\ milliseconds)", r"\\d+", re.sub(r"[0-9a-f]{32}", "[0-9a-f]{32}", escaped))


@pytest.fixture
def address(practice: PracticeServer) -> str:
    assert practice.url
    return practice.url


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[ShellSession]:
    with closing(ShellSession(tmp_path)) as opened:
        yield opened


def has_javascript(terminal: ShellSession) -> bool:
    """Install the client as the lesson does, in the version that it was checked with."""
    if not (shutil.which("node") and shutil.which("npm")):
        skip_or_fail("Node is not installed (on Debian and Ubuntu: apt install nodejs npm)")
    terminal.run_lines(f"npm install @gradio/client@{GRADIO_JS_VERSION}")
    return terminal.status == 0 or skip_or_fail(f"npm could not install the client: {terminal.read_stderr()[-300:]}")


def test_three_languages_work_as_typed_in_the_order_of_the_lesson(
    terminal: ShellSession, address: str, tmp_path: Path
) -> None:
    event_id, printed, compared = "", "", list[str]()
    start = next(place for place, block in enumerate(CALLS_BLOCKS) if block.heading == "Préparer un dossier")
    page = next(
        place for place, block in enumerate(CALLS_BLOCKS) if block.heading == PAGE_HEADING
    )  # the browser's tests follow it
    for block in filter(is_typed_calls_block, CALLS_BLOCKS[start:page]):
        code = block.code.replace(ADDRESS, address)
        if block.file:
            (tmp_path / "appels" / block.name).write_text(code, encoding="utf-8")
        elif code.startswith("npm install"):
            assert has_javascript(terminal)
        elif block.language == "bash":
            printed = terminal.run_lines(code.replace("EVENT_ID", event_id))
            assert terminal.status == 0, terminal.read_stderr()
        elif block.language == "text":
            assert re.fullmatch(pattern_of(block.code, address), printed), (printed, terminal.read_stderr())
            compared.append(block.heading)
            event_id = printed.split('"')[3] if "event_id" in printed else ""
    assert compared == ["En Python", "En JavaScript", "Avec cURL", "Avec cURL"]


def test_exercise_ends_as_its_solution_says(terminal: ShellSession, address: str, tmp_path: Path) -> None:
    program, message = [block for block in CALLS_BLOCKS if block.is_in("solution")]
    (tmp_path / program.name).write_text(program.code.replace(ADDRESS, address), encoding="utf-8")
    assert terminal.run_lines(f"python3 {program.name}").split("\n")[-1] == "3.5"
    assert terminal.read_stderr().strip().split("\n")[-1] == message.code.strip()


def test_powershell_commands_make_the_same_call(terminal: ShellSession, address: str, tmp_path: Path) -> None:
    """No PowerShell is needed: the lines of curl.exe use only what it and bash read alike."""
    sent, read = [block for block in CALLS_BLOCKS if block.language == "powershell" and "curl.exe" in block.code]
    store, call = sent.code.strip().split("\n")
    body = re.fullmatch(r"'(\{.*\})' \| Set-Content -Encoding ascii valeurs\.json", store)
    assert body
    assert not {"`", "'", "\\", "$"} & {*call}
    assert not re.search(r'[{}]|\\"', call)  # quotation marks inside an argument are what PowerShell takes away
    (tmp_path / "valeurs.json").write_text(body[1], encoding="ascii")
    event = terminal.run_lines(call.replace("curl.exe", "curl").replace(ADDRESS, address)).split('"')[3]
    typed = read.code.replace("curl.exe", "curl").replace(ADDRESS, address).replace("EVENT_ID", event)
    answered = terminal.run_lines(typed)
    assert answered.startswith("event: complete")
    assert "allez-vous" in answered


class TestGallery:
    """Each call fails as the lesson says it does."""

    @staticmethod
    def message_of(block: LessonBlock) -> str:
        """The message that the lesson prints for this call; a call to repair has it in its question."""
        if found := re.search(r"`(\w+Error: .*?)`\.", block.question):
            return found[1]
        place = CALLS_BLOCKS.index(block)
        return CALLS_BLOCKS[place + 1].code

    @staticmethod
    def run(folder: Path, *command: str, **settings: str) -> str:
        """What a command that fails prints on standard error, or on standard output if it says nothing there."""
        ended = subprocess.run(
            command,
            cwd=folder,
            env=build_environment(PYTHONIOENCODING="utf-8", GRADIO_ANALYTICS_ENABLED="False", **settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=RUN_SECONDS,
            check=False,
        )
        return (ended.stderr or ended.stdout).strip()

    def expect(self, block: LessonBlock, printed: str, address: str) -> None:
        wanted = pattern_of(self.message_of(block), address)
        assert any(re.fullmatch(wanted, line) for line in printed.split("\n")), (wanted, printed)

    def test_gallery_has_eight_calls_each_a_question(self) -> None:
        assert len(BROKEN_CALLS) == 8
        assert {block.containers[-1] for block in BROKEN_CALLS} == {"quiz traceback", "quiz correction"}

    @pytest.mark.parametrize(
        "block", [block for block in BROKEN_CALLS if block.language == "python"], ids=lambda block: block.question[:12]
    )
    def test_python_call_fails_with_the_printed_message(self, block: LessonBlock, address: str, tmp_path: Path) -> None:
        code = block.code
        if "import" not in code:
            client = "" if "Client(" in code else f'client = Client("{ADDRESS}", token=False)\n'
            code = f"from gradio_client import Client\n\n{client}{code}"
        (tmp_path / ".env").write_text("HF_TOKEN=hf_" + "e" * 34)  # which nothing loads
        (tmp_path / "appel.py").write_text(code.replace(ADDRESS, address), encoding="utf-8")
        printed = self.run(tmp_path, sys.executable, "appel.py")
        assert "Traceback" in printed
        self.expect(block, printed.split("\n")[-1], address)

    def test_javascript_call_fails_with_the_printed_message(
        self, terminal: ShellSession, address: str, tmp_path: Path
    ) -> None:
        (block,) = [block for block in BROKEN_CALLS if block.language == "javascript"]
        assert has_javascript(terminal)
        code = 'import { Client } from "@gradio/client";\n\n' + block.code
        (tmp_path / "appel.mjs").write_text(code.replace(ADDRESS, address), encoding="utf-8")
        self.expect(block, self.run(tmp_path, "node", "appel.mjs"), address)

    def test_second_reading_of_a_call_stays_without_an_answer(
        self, terminal: ShellSession, address: str, tmp_path: Path
    ) -> None:
        (block,) = [block for block in BROKEN_CALLS if "EVENT_ID" in block.code]
        post = 'curl -sS -X POST "$S/v2/saluer" -H "Content-Type: application/json" -d \'{"prenom": "Awa"}\''
        event = terminal.run_lines(f"S={address}/gradio_api/call\n{post}").split('"')[3]
        assert "event: complete" in terminal.run_lines(f'curl -sS -N "$S/saluer/{event}"')
        code = block.code.replace(ADDRESS, address).replace("EVENT_ID", event).replace("--max-time 5", "--max-time 1")
        self.expect(block, self.run(tmp_path, "bash", "-c", code), address)

    def test_old_address_is_not_found(self, address: str, tmp_path: Path) -> None:
        (block,) = [block for block in BROKEN_CALLS if "/call/saluer" in block.code and "EVENT_ID" not in block.code]
        self.expect(block, self.run(tmp_path, "bash", "-c", block.code.replace(ADDRESS, address)), address)

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the number of the error is Linux's")
    def test_port_that_is_taken_is_said(self, tmp_path: Path) -> None:
        (block,) = [block for block in BROKEN_CALLS if "http.server" in block.code]
        with socket.create_server(("0.0.0.0", 0)) as holder:
            port = str(holder.getsockname()[1])
            _, *words = block.code.split()
            printed = self.run(tmp_path, sys.executable, *[word.replace(SERVER_PORT, port) for word in words])
        self.expect(block, printed.split("\n")[-1], "")
