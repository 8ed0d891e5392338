"""Run programs of Python, Flask, a notebook and `gradio predict` one after another: what each answers, as JSON.

`python -m tests.support.python_listings FOLDER` reads FOLDER/programs.json, pairs of a language and a text, with the
folder of the programs' files as working directory, and writes FOLDER/answers.json.
"""

import io
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import nbformat
from click.testing import CliRunner
from hf_gradio.cli import app as command_line
from typer.main import get_command


def run_python(code: str) -> Any:
    """The value of `result` after a script."""
    return execute(code, "appel.py")["result"]


def execute(code: str, file_name: str) -> dict[str, Any]:
    """The names of a program after its end; it is saved, as python-dotenv looks for `.env` beside the program."""
    path = Path(file_name).absolute()
    path.write_text(code, encoding="utf-8")
    names: dict[str, Any] = {"__name__": "__main__"}
    with redirect_stdout(io.StringIO()):
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    return names


def run_flask(code: str) -> Any:
    """What the view of an application answers."""
    names = execute(code, "app.py")
    with redirect_stdout(io.StringIO()):
        answer = names["app"].test_client().get("/")
    assert answer.status_code == 200, answer.text
    return answer.get_json()["result"]


def run_notebook(text: str) -> Any:
    """The value of `result` after the code cells of a notebook, in their order."""
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    return run_python("\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code"))


def run_command(words: str) -> Any:
    """What `gradio predict` prints: the values of its object, bare if there is one."""
    given = json.loads(words)
    assert given[:1] == ["predict"]
    done = CliRunner().invoke(get_command(command_line), given)
    assert done.exit_code == 0, (done.output, done.exception)
    values = [*json.loads(done.stdout).values()]
    return values[0] if len(values) == 1 else values


RUNNERS = {"python": run_python, "flask": run_flask, "notebook": run_notebook, "terminal": run_command}


def run(language: str, text: str) -> dict[str, Any]:
    """The answer of a program, or how it failed."""
    try:
        return {"answer": RUNNERS[language](text)}
    except Exception as error:
        return {"failure": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    programs = json.loads((folder / "programs.json").read_text())
    answers = [run(language, text) for language, text in programs]
    (folder / "answers.json").write_text(json.dumps(answers))
