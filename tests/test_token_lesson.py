"""Lesson 3.2 followed to the letter, in its own order, against a stand-in for the Hub that checks the token."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.lesson_blocks import LessonBlock
from tests.support.shell_session import ShellSession
from tests.support.typed_lessons import TOKEN_BLOCKS, is_typed_token_block

HUB = "https://huggingface.co"
TOKEN, MASKED = "hf_" + "e" * 34, "hf_••••••••"
REVOCATION = "Annuler, et recommencer"  # the heading under which the lesson has the token revoked


class Hub:
    """Answers `whoami-v2` as the lesson records it: 200 to the one token, 401 to any other, or to none."""

    def __init__(self, account: dict[str, Any]) -> None:
        self.token, self.asked = TOKEN, list[str]()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.asked.append(self.path)
                is_known = self.headers.get("Authorization") == f"Bearer {hub.token}"
                answer = account if is_known else {"error": "Invalid credentials in Authorization header"}
                body = json.dumps(answer, separators=(",", ":")).encode()
                self.send_response(200 if is_known else 401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def revoke(self) -> None:
        """The token has another value from now on."""
        self.token = "hf_" + "n" * 34

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def account_of_the_lesson() -> dict[str, Any]:
    """The recorded answer that the lesson prints."""
    (block,) = [block for block in TOKEN_BLOCKS if block.language == "json"]
    return json.loads(block.code)


@pytest.fixture
def fake_hub() -> Iterator[Hub]:
    with closing(Hub(account_of_the_lesson())) as made:
        yield made


@pytest.fixture
def terminal(fake_hub: Hub, tmp_path: Path) -> Iterator[ShellSession]:
    with closing(ShellSession(tmp_path, HF_ENDPOINT=fake_hub.url)) as opened:
        yield opened


def make_file(folder: Path, block: LessonBlock) -> None:
    """Make the file as the lesson says: `.env` holds the student's own token."""
    name = ".env" if block.name == ".env.exemple" else block.name
    (folder / name).write_text(block.code.replace(MASKED, TOKEN), encoding="utf-8")


def test_lesson_works_as_typed_up_to_the_refusal(fake_hub: Hub, terminal: ShellSession, tmp_path: Path) -> None:
    printed, compared, folder = "", 0, tmp_path / "jeton"
    for block in filter(is_typed_token_block, TOKEN_BLOCKS):
        if block.heading == REVOCATION:
            fake_hub.revoke()
        if block.file:
            make_file(folder, block)
        elif block.language == "bash":
            printed = terminal.run_lines(block.code.replace(HUB, fake_hub.url), TOKEN)
            assert terminal.status == 0, terminal.read_stderr()
        elif block.language == "text":
            assert printed == block.code.strip("\n"), terminal.read_stderr()
            compared += 1
        elif block.language == "json":
            assert json.loads(printed) == account_of_the_lesson()
            compared += 1
    assert compared == 3
    assert "Refusé" in printed
    assert set(fake_hub.asked) == {"/api/whoami-v2"}
    # The exercise, in the folder and the environment of the lesson: before, then as its solution has it.
    fake_hub.token = TOKEN
    before, after = [block for block in TOKEN_BLOCKS if block.is_in("exercice") and block.language == "python"]
    assert MASKED in before.code
    (folder / "nom.py").write_text(before.code.replace(MASKED, TOKEN), encoding="utf-8")
    make_file(folder, after)
    assert terminal.run_lines("python nom.py") == terminal.run_lines(f"python {after.name}") == "awa-diallo"
    assert "hf_" not in after.code


def test_missing_file_gives_the_error_that_the_lesson_names(terminal: ShellSession, tmp_path: Path) -> None:
    (program,) = [block for block in TOKEN_BLOCKS if block.name == "qui_suis_je.py"]
    make_file(tmp_path, program)
    terminal.run_lines("python3 qui_suis_je.py")
    assert terminal.read_stderr().strip().endswith("KeyError: 'HF_TOKEN'")


def test_powershell_commands_ask_for_the_same(fake_hub: Hub, terminal: ShellSession) -> None:
    """No PowerShell is needed: the line uses only what it and bash read alike, but for the name of the variable."""
    (block,) = [block for block in TOKEN_BLOCKS if block.language == "powershell" and "curl.exe" in block.code]
    ask, call = block.code.strip().split("\n")
    assert ask == '$env:HF_TOKEN = Read-Host "Jeton"'
    assert not {"`", "'", "\\"} & {*call}
    typed = call.replace("curl.exe", "curl").replace("$env:HF_TOKEN", "$HF_TOKEN").replace(HUB, fake_hub.url)
    assert json.loads(terminal.run_lines(f"read -rs HF_TOKEN\n{typed}", TOKEN)) == account_of_the_lesson()


def test_no_file_of_the_lesson_holds_a_token() -> None:
    for block in TOKEN_BLOCKS:
        assert "hf_" not in block.code.replace(MASKED, ""), block
