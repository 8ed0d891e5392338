"""The call of an endpoint as code to take away: Python, JavaScript, cURL. Pure.

Every name and value may be a stranger's: each is written by the language's own way of quoting, so that none
of it is ever read as code. Source of the forms: gradio_client 2, @gradio/client 2, and the REST routes of Gradio
(`gradio/routes.py`): `/call/v2/<name>`, which takes values by name, and `/call/<name>`, which takes them in a list.
"""

import json
import keyword
import mimetypes
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

# Names that `predict` of gradio_client keeps for itself.
RESERVED_ARGUMENTS = {"api_name", "fn_index", "headers", "self", "result_callbacks"}
MAX_ARGUMENTS_CHARACTERS = 20_000
JAVASCRIPT_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*", re.ASCII)
JAVASCRIPT_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@dataclass(frozen=True)
class PlaceholderFile:
    """Stands in a value for a file, which whoever takes the code away replaces by one of their own."""

    name: str = "votre_fichier.txt"

    @property
    def media_type(self) -> str:
        """The type that its name says: a gallery tells pictures from films."""
        return mimetypes.guess_type(self.name)[0] or ""


@dataclass(frozen=True)
class SnippetCall:
    """What is called.

    Args:
        space: `owner/name`, or an address; '' for a Space whose address is private (then SPACE_URL gives it).
        address: `https://<label>.hf.space`, or that of the practice Space; '' where it is private.
        endpoint: its name, with the slash.
        arguments: JSON values by parameter name, in the endpoint's order; a `PlaceholderFile` for each file.
        prefix: of the Space's API, `/gradio_api` since Gradio 5.
        needs_token: is the Space lent the token?
        is_positional: have two parameters one name, so that none can go by name?
        has_named_route: does the Space's Gradio have the route `/call/v2`?
    """

    space: str
    address: str
    endpoint: str
    arguments: Mapping[str, Any]
    prefix: str = "/gradio_api"
    needs_token: bool = False
    is_positional: bool = False
    has_named_route: bool = False


@dataclass(frozen=True)
class Snippet:
    """The call in one language: `value` is how the tabs name it, `lexer` how code_lexer.py does."""

    value: str
    lexer: str
    title: str
    code: str


def render_snippets(call: SnippetCall) -> tuple[Snippet, ...]:
    """The call in the three languages; none if its values are longer than what anybody copies."""
    if len(json.dumps(call.arguments, default=str)) > MAX_ARGUMENTS_CHARACTERS:
        return ()
    return (
        Snippet("python", "python", "Python", render_python(call)),
        Snippet("javascript", "javascript", "JavaScript", render_javascript(call)),
        Snippet("curl", "bash", "cURL", render_curl(call)),
    )


def collect_placeholder_files(value: Any) -> list[PlaceholderFile]:
    """The files of a value, each time they stand in it."""
    if isinstance(value, PlaceholderFile):
        return [value]
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [found for item in items for found in collect_placeholder_files(item)]


def render_python(call: SnippetCall) -> str:
    """A script for gradio_client. Parameters go by name where Python allows all of them, by position otherwise."""
    has_files = bool(collect_placeholder_files(call.arguments))
    uses_environment = call.needs_token or not call.space
    named = not call.is_positional and all(is_argument_name(name) for name in call.arguments)
    lines = [
        "# Une fois : pip install gradio_client",
        *(["import os", ""] if uses_environment else []),
        f"from gradio_client import Client{', handle_file' if has_files else ''}",
        "",
        f"client = Client({render_python_space(call)}, token={render_python_token(call)})",
        "result = client.predict(",
        *(
            f"    {name + '=' if named else ''}{to_literal(value, quote_python, render_python_file)},"
            for name, value in call.arguments.items()
        ),
        f"    api_name={quote_python(call.endpoint)},",
        ")",
        "print(result)",
    ]
    return "\n".join(lines) + "\n"


def is_argument_name(name: str) -> bool:
    """May this stand before an equals sign in a call of `predict`?"""
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and name not in RESERVED_ARGUMENTS


def render_python_space(call: SnippetCall) -> str:
    return quote_python(call.space) if call.space else 'os.environ["SPACE_URL"]'


def render_python_token(call: SnippetCall) -> str:
    """Never left out: gradio_client would send the token of the environment, to any host."""
    return 'os.environ["HF_TOKEN"]' if call.needs_token else "False"


def render_python_file(file: PlaceholderFile) -> str:
    return f"handle_file({quote_python(file.name)})"


def quote_python(value: Any) -> str:
    """A scalar as Python; a text in double quotes, as everybody writes it, where nothing in it asks for more."""
    written_by_python = repr(value)
    is_plain = isinstance(value, str) and written_by_python == f"'{value}'" and '"' not in value
    return f'"{value}"' if is_plain else written_by_python


def render_javascript(call: SnippetCall) -> str:
    """A module for Node and @gradio/client.

    Its own `handle_file("name")` uploads without the name (2.7.0, `process_single_command`), so that a Space which goes
    by the extension refuses the file: a `File` keeps it.
    """
    has_files = bool(collect_placeholder_files(call.arguments))
    options = ", { token: process.env.HF_TOKEN }" if call.needs_token else ""
    space = quote_javascript(call.space) if call.space else "process.env.SPACE_URL"
    keys = {name: "" if call.is_positional else f"{quote_javascript_key(name)}: " for name in call.arguments}
    values = [
        f"  {keys[name]}{to_literal(value, quote_javascript, render_javascript_file)},"
        for name, value in call.arguments.items()
    ]
    opening, closing = "[]" if call.is_positional else "{}"
    given = [opening, *values, closing] if values else [opening + closing]
    lines = [
        "// Une fois : npm install @gradio/client. Fichier : appel.mjs",
        *(['import { readFile } from "node:fs/promises";'] if has_files else []),
        'import { Client } from "@gradio/client";',
        "",
        *(["const read = async (name) => new File([await readFile(name)], name);"] if has_files else []),
        f"const client = await Client.connect({space}{options});",
        f"const result = await client.predict({quote_javascript(call.endpoint)}, {given[0]}",
        *given[1:],
    ]
    return "\n".join(lines) + ");\nconsole.log(result.data);\n"


def quote_javascript(value: Any) -> str:
    """A JSON value as JavaScript; nothing in it ends a script element or a line."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(JAVASCRIPT_ESCAPES.get(character, character) for character in text)


def quote_javascript_key(name: str) -> str:
    """The name of a property; in brackets where it would set the object's prototype instead."""
    if name == "__proto__":
        return f"[{quote_javascript(name)}]"
    return name if JAVASCRIPT_IDENTIFIER.fullmatch(name) else quote_javascript(name)


def render_javascript_file(file: PlaceholderFile) -> str:
    return f"await read({quote_javascript(file.name)})"


def render_curl(call: SnippetCall) -> str:
    """Commands for a shell, which run as they are: one for each file, then one to call and one to read the answer.

    Each puts what the next one needs, a path or the number of the call, into a variable. The answers are JSON of one
    line, `["<path>"]` and `{"event_id": "<number>"}`: `cut` takes the field between quotation marks.
    """
    names = list(dict.fromkeys(file.name for file in collect_placeholder_files(list(call.arguments.values()))))
    variables = {name: f"FILE_{number}" for number, name in enumerate(names, 1)}
    root = f"$SPACE{call.prefix}"
    name = quote(call.endpoint.removeprefix("/"), safe="")
    post_route = f"{root}/call/{'v2/' if has_json_object_body(call) else ''}{name}"
    key = ' \\\n  -H "Authorization: Bearer $HF_TOKEN"' if call.needs_token else ""
    steps = [
        *(
            (
                f"déposer {clean_shell_comment(name)}, dont la réponse donne le chemin",
                f'{variable}=$(curl -sS -F {shlex.quote(f"files=@{name}")} "{root}/upload"{key} | cut -d \'"\' -f 2)',
            )
            for name, variable in variables.items()
        ),
        (
            "créer l’appel, dont la réponse donne le numéro",
            f'EVENT_ID=$(curl -sS -X POST "{post_route}"{key} \\\n  -H "Content-Type: application/json" \\\n'
            f"  -d {render_curl_body(call, variables)} | cut -d '\"' -f 4)",
        ),
        ("lire la réponse", f'curl -N "{root}/call/{name}/$EVENT_ID"{key}'),
    ]
    space = f"SPACE={shlex.quote(call.address)}\n\n" if call.address else "# SPACE=… : l’adresse du Space\n\n"
    return space + "\n".join(f"# {number}. {comment}\n{step}\n" for number, (comment, step) in enumerate(steps, 1))


def has_json_object_body(call: SnippetCall) -> bool:
    """Does cURL post a JSON object of names and values, as Gradio's own panel shows it since 6.13?"""
    return call.has_named_route and not call.is_positional


def clean_shell_comment(name: str) -> str:
    """The name of a sample in a comment, which ends with its line."""
    return "".join(filter(str.isprintable, name))


def render_curl_body(call: SnippetCall, variables: Mapping[str, str]) -> str:
    """The JSON that is posted, as one word of the shell; each path of a file is the value of its variable."""
    mark = "FILE"
    while mark in json.dumps(call.arguments, ensure_ascii=False, default=str):  # no value of a stranger's may hold it
        mark += "_"
    marked = {name: f"{mark}{variable}{mark}" for name, variable in variables.items()}
    sent = {key: replace_placeholders_by_paths(value, marked) for key, value in call.arguments.items()}
    posted = sent if has_json_object_body(call) else {"data": [*sent.values()]}
    body = shlex.quote(json.dumps(posted, ensure_ascii=False))
    for name, variable in variables.items():
        body = body.replace(marked[name], f"'\"${variable}\"'")
    return body


def replace_placeholders_by_paths(value: Any, paths: Mapping[str, str]) -> Any:
    """The value with Gradio's own form of a file, the path of each by the name of its sample."""
    if isinstance(value, PlaceholderFile):
        return {"path": paths[value.name], "orig_name": value.name, "meta": {"_type": "gradio.FileData"}}
    if isinstance(value, Mapping):
        return {key: replace_placeholders_by_paths(item, paths) for key, item in value.items()}
    return [replace_placeholders_by_paths(item, paths) for item in value] if isinstance(value, list | tuple) else value


def to_literal(value: Any, quoted: Callable[[Any], str], file: Callable[[PlaceholderFile], str]) -> str:
    """A JSON value in a language that writes lists and objects as Python and JavaScript both do."""
    if isinstance(value, PlaceholderFile):
        return file(value)
    if isinstance(value, Mapping):
        pairs = (f"{quoted(key)}: {to_literal(item, quoted, file)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(to_literal(item, quoted, file) for item in value) + "]"
    return quoted(value)
