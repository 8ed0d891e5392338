"""Call as a Python script for gradio_client. Pure."""

import keyword
from collections.abc import Sequence

from hfcourse.playground.code.languages.code_call import RESERVED_ARGUMENTS, CodeCall, CodeFile
from hfcourse.playground.code.languages.quoting import quote_python, to_literal


def render_python(call: CodeCall) -> str:
    """Render a script that prints the response."""
    lines = [render_install_comment(call), *render_python_imports(call), "", *render_python_call(call), "print(result)"]
    return "\n".join(lines) + "\n"


def render_install_comment(call: CodeCall, *packages: str) -> str:
    """Render the command that installs what the program imports."""
    environment = ["python-dotenv"] if call.environment_variables else []
    return f"# Une fois : pip install {' '.join([*packages, 'gradio_client', *environment])}"


def render_python_imports(call: CodeCall, *others: str) -> list[str]:
    """Render the imports in their usual order: the standard library, then the installed packages by name."""
    names = "Client, handle_file" if call.has_files else "Client"
    installed = [*others, f"from gradio_client import {names}"]
    if not call.environment_variables:
        return sorted(installed)
    return ["import os", "", *sorted([*installed, "from dotenv import load_dotenv"])]


def render_load_environment(call: CodeCall) -> list[str]:
    """Render the line that reads `.env`, as the lesson on tokens teaches; none if the code needs no variable."""
    variables = " et ".join(call.environment_variables)
    return [f"load_dotenv()  # lit {variables} dans le fichier .env, que git ignore"] if variables else []


def render_python_call(call: CodeCall) -> list[str]:
    """Render the environment, the client and its call."""
    environment = render_load_environment(call)
    return [*environment, *([""] if environment else []), *render_client_and_predict(call)]


def render_client_and_predict(call: CodeCall) -> list[str]:
    """Render the client, and the call whose response is `result`."""
    space = quote_python(call.space) if call.space else 'os.environ["SPACE_URL"]'
    # Always: the default sends the token of the environment to any host.
    token = 'os.environ["HF_TOKEN"]' if call.needs_token else "False"
    return [
        f"client = Client({space}, token={token})",
        "result = client.predict(",
        *(f"    {line}" for line in render_python_arguments(call)),
        f"    api_name={quote_python(call.endpoint)},",
        ")",
    ]


def render_python_arguments(call: CodeCall) -> Sequence[str]:
    """Render one line for each value: by name where Python allows all of them, by position otherwise.

    A call that omits values passes the others by name: those that Python does not allow as keywords
    come from a dictionary.
    """
    values = {name: to_literal(value, quote_python, render_python_file) for name, value in call.arguments.items()}
    if call.is_positional or call.has_reserved_name:
        return [f"{value}," for value in values.values()]
    if all(is_argument_name(name) for name in values):
        return [f"{name}={value}," for name, value in values.items()]
    if call.omits_defaults:
        return ["**{", *(f"    {quote_python(name)}: {value}," for name, value in values.items()), "},"]
    return [f"{value}," for value in values.values()]


def is_argument_name(name: str) -> bool:
    """Can this be a keyword argument in a call of `predict`?"""
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and name not in RESERVED_ARGUMENTS


def render_python_file(file: CodeFile) -> str:
    """Render a file as `handle_file` of gradio_client."""
    return f"handle_file({quote_python(file.name)})"
