"""Code snippets for the call of an endpoint: Python, JavaScript, cURL. Pure.

Every name and value is untrusted: each is escaped by the quoting rules of its language, so that
none of it is parsed as code. Sources: gradio_client 2, @gradio/client 2, and the REST routes of
Gradio (`gradio/routes.py`): `/call/v2/<name>`, which accepts values by name, and `/call/<name>`,
which accepts a list.
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

# Parameter names that `predict` of gradio_client reserves.
RESERVED_ARGUMENTS = {"api_name", "fn_index", "headers", "self", "result_callbacks"}
MAX_ARGUMENTS_CHARACTERS = 20_000
JAVASCRIPT_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*", re.ASCII)
JAVASCRIPT_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@dataclass(frozen=True)
class PlaceholderFile:
    """Placeholder of a file in a value, which readers replace by a file of their own."""

    name: str = "votre_fichier.txt"

    @property
    def media_type(self) -> str:
        """Media type guessed from its name: a gallery distinguishes pictures and films."""
        return mimetypes.guess_type(self.name)[0] or ""


@dataclass(frozen=True)
class SnippetCall:
    """Call to render as code.

    Args:
        space: `owner/name`, or a URL; '' for a Space whose URL is private (then read from
            SPACE_URL).
        address: `https://<label>.hf.space`, or that of the practice Space; '' where it is private.
        endpoint: its name, with the slash.
        arguments: JSON values by parameter name, in the endpoint's order; a `PlaceholderFile` for
            each file.
        prefix: of the Space's API, `/gradio_api` since Gradio 5.
        needs_token: does the Space receive the token?
        is_positional: do two parameters share a name, so that none can be passed by name?
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
    """Call in one language: `value` is the id of its tab, `lexer` its name in code_lexer.py."""

    value: str
    lexer: str
    title: str
    code: str


def render_snippets(call: SnippetCall) -> tuple[Snippet, ...]:
    """Render the call in the three languages; none if its values are too long to copy."""
    if len(json.dumps(call.arguments, default=str)) > MAX_ARGUMENTS_CHARACTERS:
        return ()
    return (
        Snippet("python", "python", "Python", render_python(call)),
        Snippet("javascript", "javascript", "JavaScript", render_javascript(call)),
        Snippet("curl", "bash", "cURL", render_curl(call)),
    )


def collect_placeholder_files(value: Any) -> list[PlaceholderFile]:
    """Return the placeholders in a value, repeated ones included."""
    if isinstance(value, PlaceholderFile):
        return [value]
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [found for item in items for found in collect_placeholder_files(item)]


def render_python(call: SnippetCall) -> str:
    """Render a script for gradio_client.

    Parameters are passed by name where Python allows all of them, by position otherwise.
    """
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
    """Can this be a keyword argument in a call of `predict`?"""
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and name not in RESERVED_ARGUMENTS


def render_python_space(call: SnippetCall) -> str:
    """Render the Space, or the environment variable with its URL."""
    return quote_python(call.space) if call.space else 'os.environ["SPACE_URL"]'


def render_python_token(call: SnippetCall) -> str:
    """Render the token argument, always: the default sends the token of the environment to any host."""
    return 'os.environ["HF_TOKEN"]' if call.needs_token else "False"


def render_python_file(file: PlaceholderFile) -> str:
    return f"handle_file({quote_python(file.name)})"


def quote_python(value: Any) -> str:
    """Return a scalar as Python source; a text in double quotes where it needs no escape."""
    representation = repr(value)
    is_plain = isinstance(value, str) and representation == f"'{value}'" and '"' not in value
    return f'"{value}"' if is_plain else representation


def render_javascript(call: SnippetCall) -> str:
    """Render a module for Node and @gradio/client.

    Its own `handle_file("name")` uploads without the name (2.7.0, `process_single_command`), so
    that a Space that checks the extension rejects the file: a `File` preserves it.
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
    argument_lines = [opening, *values, closing] if values else [opening + closing]
    lines = [
        "// Une fois : npm install @gradio/client. Fichier : appel.mjs",
        *(['import { readFile } from "node:fs/promises";'] if has_files else []),
        'import { Client } from "@gradio/client";',
        "",
        *(["const read = async (name) => new File([await readFile(name)], name);"] if has_files else []),
        f"const client = await Client.connect({space}{options});",
        f"const result = await client.predict({quote_javascript(call.endpoint)}, {argument_lines[0]}",
        *argument_lines[1:],
    ]
    return "\n".join(lines) + ");\nconsole.log(result.data);\n"


def quote_javascript(value: Any) -> str:
    """Return a JSON value as JavaScript; characters that could end a script element or a line are escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(JAVASCRIPT_ESCAPES.get(character, character) for character in text)


def quote_javascript_key(name: str) -> str:
    """Return a property name; in brackets where it would set the object's prototype instead."""
    if name == "__proto__":
        return f"[{quote_javascript(name)}]"
    return name if JAVASCRIPT_IDENTIFIER.fullmatch(name) else quote_javascript(name)


def render_javascript_file(file: PlaceholderFile) -> str:
    return f"await read({quote_javascript(file.name)})"


def render_curl(call: SnippetCall) -> str:
    """Render commands for a shell, which run unchanged: one per file, then one to call and one to read the response.

    Each stores what the next one needs, a path or the event id, in a variable. The responses are
    JSON of one line, `["<path>"]` and `{"event_id": "<number>"}`: `cut` extracts the field between
    quotation marks.
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
    """Return the name of a placeholder for a comment, which ends with its line."""
    return "".join(filter(str.isprintable, name))


def render_curl_body(call: SnippetCall, variables: Mapping[str, str]) -> str:
    """Return the JSON body as one word of the shell, with a variable for the path of each file."""
    marker = "FILE"
    while marker in json.dumps(call.arguments, ensure_ascii=False, default=str):  # must not occur in an untrusted value
        marker += "_"
    markers = {name: f"{marker}{variable}{marker}" for name, variable in variables.items()}
    arguments = {key: replace_placeholders_by_paths(value, markers) for key, value in call.arguments.items()}
    request_body = arguments if has_json_object_body(call) else {"data": [*arguments.values()]}
    body = shlex.quote(json.dumps(request_body, ensure_ascii=False))
    for name, variable in variables.items():
        body = body.replace(markers[name], f"'\"${variable}\"'")
    return body


def replace_placeholders_by_paths(value: Any, paths: Mapping[str, str]) -> Any:
    """Replace each placeholder by Gradio's file data, with the path by its name."""
    if isinstance(value, PlaceholderFile):
        return {"path": paths[value.name], "orig_name": value.name, "meta": {"_type": "gradio.FileData"}}
    if isinstance(value, Mapping):
        return {key: replace_placeholders_by_paths(item, paths) for key, item in value.items()}
    return [replace_placeholders_by_paths(item, paths) for item in value] if isinstance(value, list | tuple) else value


def to_literal(value: Any, quoted: Callable[[Any], str], file: Callable[[PlaceholderFile], str]) -> str:
    """Render a JSON value in a language whose lists and objects are written as in Python and JavaScript."""
    if isinstance(value, PlaceholderFile):
        return file(value)
    if isinstance(value, Mapping):
        pairs = (f"{quoted(key)}: {to_literal(item, quoted, file)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(to_literal(item, quoted, file) for item in value) + "]"
    return quoted(value)
