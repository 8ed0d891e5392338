"""Listings of a call run as a student runs them, many in one process of each language."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT
from tests.support.processes import build_environment

RUN_SECONDS = 240
# A program ends itself by process.exit(), and answers by console.log().
NODE_DRIVER = """
import { readFile, writeFile } from "node:fs/promises";
const count = Number(process.argv[2]), answers = [], exit = process.exit;
process.exit = () => {};
const log = console.log;
for (let number = 0; number < count; number++) {
  const printed = [];
  console.log = (text) => printed.push(text);
  try {
    await import(`./case${number}.mjs`);
    answers.push({ printed: printed.at(-1) });
  } catch (error) {
    answers.push({ failure: String(error) });
  }
}
await writeFile("answers.json", JSON.stringify(answers));
exit(0);
"""
SHIM = '#!/usr/bin/env bash\nprintf "%s\\0" "$HF_HUB_DISABLE_IMPLICIT_TOKEN" "$@" > "$GRADIO_WORDS"\n'


def run_python_listings(programs: Sequence[tuple[str, str]], folder: Path) -> list[Any]:
    """The answers of programs, pairs of a language and a text, with `folder` as theirs."""
    (folder / "programs.json").write_text(json.dumps(programs))
    command = [sys.executable, "-W", "ignore", "-m", "tests.support.python_listings", str(folder)]
    settings = build_environment(PYTHONPATH=str(ROOT), GRADIO_ANALYTICS_ENABLED="False")
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, timeout=RUN_SECONDS, check=False)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return [unwrap(each) for each in json.loads((folder / "answers.json").read_text())]


def run_node_listings(codes: Sequence[str], folder: Path, **variables: str) -> list[Any]:
    """What modules print; `folder` is one in which Node finds @gradio/client."""
    for number, code in enumerate(codes):
        (folder / f"case{number}.mjs").write_text(code, encoding="utf-8")
    (folder / "driver.mjs").write_text(NODE_DRIVER)
    command = ["node", "driver.mjs", str(len(codes))]
    settings = build_environment(**variables)
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, timeout=RUN_SECONDS, check=False)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    answers = json.loads((folder / "answers.json").read_text())
    return [bare(json.loads(each["printed"])) if "printed" in each else each["failure"] for each in answers]


def run_curl_listings(codes: Sequence[str], folder: Path) -> list[Any]:
    """What the last command of each script reads: the first value of the event `complete`.

    After the outputs that are shown come those that are not, session state as null.
    """
    return [run_curl(code, folder) for code in codes]


def run_curl(code: str, folder: Path) -> Any:
    done = run_bash(code, folder, {})
    event = done.stdout.partition("event: complete\ndata: ")[2]
    return json.loads(event.splitlines()[0])[0] if event else f"{done.stdout} {done.stderr}"


def read_command_words(codes: Sequence[str], folder: Path) -> list[list[str]]:
    """The words that a shell passes to `gradio`, the first of them the variable before it."""
    shim = folder / "bin" / "gradio"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(SHIM)
    shim.chmod(0o755)
    words = []
    for code in codes:
        found = folder / "words"
        found.unlink(missing_ok=True)
        path = f"{shim.parent}{os.pathsep}{os.environ['PATH']}"
        done = run_bash(code, folder, {"PATH": path, "GRADIO_WORDS": str(found)})
        assert done.returncode == 0, done.stderr
        words.append(found.read_bytes().decode().split("\0")[:-1])
    return words


def run_bash(code: str, folder: Path, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script that is saved in the folder."""
    (folder / "appel.sh").write_text(code, encoding="utf-8")
    command = ["bash", "appel.sh"]
    return subprocess.run(
        command,
        cwd=folder,
        env=build_environment(**settings),
        capture_output=True,
        encoding="utf-8",
        timeout=RUN_SECONDS,
        check=False,
    )


def unwrap(answer: Mapping[str, Any]) -> Any:
    return answer["answer"] if "answer" in answer else answer["failure"]


def bare(values: list[Any]) -> Any:
    """One output as it is, as gradio_client gives it."""
    return values[0] if len(values) == 1 else values
