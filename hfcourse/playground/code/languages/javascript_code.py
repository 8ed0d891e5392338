"""Call as a JavaScript module for Node and @gradio/client. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from hfcourse.playground.code.languages.code_call import CodeCall, CodeFile, contains_file, find_unused_marker
from hfcourse.playground.code.languages.quoting import quote_javascript, quote_json, to_literal

JAVASCRIPT_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*", re.ASCII)
# JavaScript moves keys that look like indexes to the front of an object.
ARRAY_INDEX = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)
MAX_SAFE_INTEGER = 2**53 - 1
FIRST_EXPONENT = 1e21  # from here on JavaScript writes a number with an exponent, which JSON reads as a float


def render_javascript(call: CodeCall) -> str:
    """Render a module that prints the response.

    `handle_file("name")` of the client uploads without the name (2.7.0, `process_single_command`),
    so that a Space that checks the extension rejects the file: a `File` preserves it.

    The client measures connections of a Space with session state by a request that never ends: the
    program ends itself.
    """
    marker = find_unused_marker(call, "EXACT:")
    values = {name: render_javascript_value(value, marker) for name, value in call.arguments.items()}
    has_exact_values = any(map(has_inexact_part, call.arguments.values()))
    options = ", { token: process.env.HF_TOKEN }" if call.needs_token else ""
    space = quote_javascript(call.space) if call.space else "process.env.SPACE_URL"
    start = "node --env-file=.env appel.mjs" if call.environment_variables else "node appel.mjs"
    arguments = render_javascript_arguments(call, values)
    lines = [
        f"// Une fois : npm install @gradio/client. Lancer : {start}",
        *(['import { readFile } from "node:fs/promises";'] if call.has_files else []),
        'import { Client } from "@gradio/client";',
        "",
        *(["const read = async (name) => new File([await readFile(name)], name);"] if call.has_files else []),
        f"const client = await Client.connect({space}{options});",
        *(render_exact_sender(marker) if has_exact_values else []),
        f"const result = await client.predict({quote_javascript(call.endpoint)}, {arguments});",
        "console.log(JSON.stringify(result.data, null, 2));",
        "process.exit();",
    ]
    return "\n".join(lines) + "\n"


def render_javascript_arguments(call: CodeCall, values: Mapping[str, str]) -> str:
    """Render the values by name, or in a list.

    The client asks the object of names itself for its own method `hasOwnProperty`, which a
    parameter of this name would replace.
    """
    is_list = call.is_positional or "hasOwnProperty" in values
    opening, closing = ("[", "]") if is_list else ("{", "}")
    keys = {name: "" if is_list else f"{quote_javascript_key(name)}: " for name in values}
    lines = [f"\n  {keys[name]}{value}," for name, value in values.items()]
    return "".join([opening, *lines, "\n" if lines else "", closing])


def quote_javascript_key(name: str) -> str:
    """Return a property name; in brackets where it would set the object's prototype instead."""
    if name == "__proto__":
        return f"[{quote_javascript(name)}]"
    return name if JAVASCRIPT_IDENTIFIER.fullmatch(name) else quote_javascript(name)


def quote_javascript_member(name: str) -> str:
    """Return a key of an object in a value, quoted as in JSON."""
    return f"[{quote_javascript(name)}]" if name == "__proto__" else quote_javascript(name)


def render_javascript_value(value: Any, marker: str) -> str:
    """Render a value; what JavaScript would alter is a text of JSON, which `client.fetch` inserts as it is."""
    if not has_inexact_part(value):
        return to_literal(value, quote_javascript, render_javascript_file, quote_javascript_member)
    if not contains_file(value):
        return quote_javascript(marker + quote_json(value))
    if isinstance(value, Mapping):
        members = (
            f"{quote_javascript_member(key)}: {render_javascript_value(item, marker)}" for key, item in value.items()
        )
        return "{" + ", ".join(members) + "}"
    return "[" + ", ".join(render_javascript_value(item, marker) for item in value) + "]"


def has_inexact_part(value: Any) -> bool:
    """Would JSON that JavaScript parses and writes again be another text: a rounded number, `1.0`, keys in an order?"""
    if isinstance(value, Mapping):
        is_reordered = len(value) > 1 and any(ARRAY_INDEX.fullmatch(key) for key in value)
        return is_reordered or any(map(has_inexact_part, value.values()))
    if isinstance(value, list | tuple):
        return any(map(has_inexact_part, value))
    if isinstance(value, bool):
        return False
    if isinstance(value, float):
        return value.is_integer() and abs(value) < FIRST_EXPONENT
    return isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER


def render_exact_sender(marker: str) -> list[str]:
    """Render the lines by which the client sends texts that begin with the marker as JSON."""
    start = quote_javascript(marker)[1:-1]
    return [
        "// JavaScript arrondirait ou réécrirait ces valeurs : elles partent telles quelles.",
        f'const exact = /"{start}(?:[^"\\\\]|\\\\.)*"/g;',
        "const send = client.fetch.bind(client);",
        "client.fetch = (url, init = {}) =>",
        '  send(url, typeof init.body !== "string" ? init : {',
        f"    ...init, body: init.body.replace(exact, (text) => JSON.parse(text).slice({len(marker)})),",
        "  });",
    ]


def render_javascript_file(file: CodeFile) -> str:
    """Render a file as one that the program reads."""
    return f"await read({quote_javascript(file.name)})"
