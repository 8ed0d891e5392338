"""Call as shell commands: cURL, and `gradio predict`. Pure.

Sources: the REST routes of Gradio (`gradio/routes.py`): `/call/v2/<name>`, which accepts values by
name, and `/call/<name>`, which accepts a list; the command of Gradio 6 (`hf_gradio/cli.py`).
"""

from collections.abc import Mapping
from urllib.parse import quote

from hfcourse.playground.code.languages.code_call import (
    HUB_VARIABLE,
    SPACE_VARIABLE,
    CodeCall,
    find_unused_marker,
    list_call_file_names,
    make_file_data,
    replace_files,
)
from hfcourse.playground.code.languages.quoting import (
    quote_json,
    quote_json_members,
    quote_shell_json,
    quote_shell_word,
)

# Characters that curl gives a meaning in the name of a file to send (curl's manual, « --form »).
CURL_SPECIAL_CHARACTERS = frozenset('",;\\')
LOAD_ENVIRONMENT = "[ -f .env ] && . ./.env  # lit {} dans le fichier .env, que git ignore"
MISSING_ADDRESS = '"${SPACE_URL:?mettez-y l’adresse du Space}"'
DEFAULTS_NEEDED = (
    "# Une valeur par défaut de ce Space est trop longue pour tenir ici, et son Gradio les veut toutes :\n"
    "# prenez le programme en Python.\n"
)
NAMES_NEEDED = (
    "# La commande « gradio predict » passe chaque valeur par son nom, ce que ce point d’accès ne permet pas :\n"
    "# prenez Python ou cURL.\n"
)
IMPLICIT_LOGIN_COMMENT = "# Sans cette variable, le jeton enregistré sur votre machine partirait avec l’appel."


def render_curl(call: CodeCall) -> str:
    """Render commands for a shell, which run unchanged: one per file, then one to call and one to read the response.

    Each stores what the next one needs, a path or the event id, in a variable. The responses are
    JSON of one line, `["<path>"]` and `{"event_id": "<number>"}`: `cut` extracts the field between
    quotation marks, still escaped as JSON.
    """
    if call.omits_defaults and not has_json_object_body(call):
        return DEFAULTS_NEEDED
    variables = {name: f"FILE_{number}" for number, name in enumerate(list_call_file_names(call), 1)}
    root, name = f"$SPACE{call.prefix}", quote(call.endpoint.removeprefix("/"), safe="")
    key = ' \\\n  -H "Authorization: Bearer $HF_TOKEN"' if call.needs_token else ""
    route = f"{root}/call/{'v2/' if has_json_object_body(call) else ''}{name}"
    steps = [
        *(
            (
                f"déposer {clean_shell_comment(file_name)}, dont la réponse donne le chemin",
                f'{variable}=$(curl -sS -F {quote_upload(file_name)} "{root}/upload"{key} | cut -d \'"\' -f 2)',
            )
            for file_name, variable in variables.items()
        ),
        (
            "créer l’appel, dont la réponse donne le numéro",
            f'EVENT_ID=$(curl -sS -X POST "{route}"{key} \\\n  -H "Content-Type: application/json" \\\n'
            f"  -d {render_curl_body(call, variables)} | cut -d '\"' -f 4)",
        ),
        ("lire la réponse", f'curl -N "{root}/call/{name}/$EVENT_ID"{key}'),
    ]
    commands = [f"# {number}. {comment}\n{step}\n" for number, (comment, step) in enumerate(steps, 1)]
    return "\n".join([render_shell_space(call), *commands])


def render_shell_space(call: CodeCall) -> str:
    """Render the lines that read `.env` and set SPACE."""
    variables = [*([] if call.address else [SPACE_VARIABLE]), *([HUB_VARIABLE] if call.needs_token else [])]
    load = [LOAD_ENVIRONMENT.format(" et ".join(variables))] if variables else []
    space = quote_shell_word(call.address) if call.address else MISSING_ADDRESS
    return "\n".join([*load, f"SPACE={space}"]) + "\n"


def has_json_object_body(call: CodeCall) -> bool:
    """Does cURL post a JSON object of names and values, as Gradio's own panel shows it since 6.13?"""
    return call.has_named_route and not call.is_positional


def clean_shell_comment(name: str) -> str:
    """Return the name of a file for a comment, which ends with its line."""
    return "".join(filter(str.isprintable, name))


def quote_upload(name: str) -> str:
    """Return curl's form field for a file of this name, as one word of the shell."""
    path = f"./{name}" if name == "-" else name
    if CURL_SPECIAL_CHARACTERS & {*path}:
        escaped = path.replace("\\", "\\\\").replace('"', '\\"')
        path = f'"{escaped}"'
    return quote_shell_word(f"files=@{path}")


def render_curl_body(call: CodeCall, variables: Mapping[str, str]) -> str:
    """Return the JSON body as one word of the shell, with a variable for the path of each file."""
    marker = find_unused_marker(call, "FILE")
    markers = {name: f"{marker}{variable}{marker}" for name, variable in variables.items()}
    arguments = {
        key: replace_files(value, lambda file: make_file_data(file.name, markers[file.name]))
        for key, value in call.arguments.items()
    }
    if has_json_object_body(call):
        body = quote_json_members([*arguments.items()])
    else:
        data = [*arguments.values()]
        for place in call.state_places:
            data.insert(place, None)
        body = f'{{"data": {quote_json(data)}}}'
    word = quote_shell_json(body)
    for name, variable in variables.items():
        word = word.replace(markers[name], f"'\"${variable}\"'")
    return word


def render_command_line(call: CodeCall) -> str:
    """Render the command `gradio predict`, which prints the response as JSON.

    Its client sends the token saved on the reader's machine to any address, unless this is disabled
    by the variable of huggingface_hub.
    """
    if call.is_positional or call.has_reserved_name:
        return NAMES_NEEDED
    variables = call.environment_variables
    payload = [
        (name, replace_files(value, lambda file: make_file_data(file.name, file.name)))
        for name, value in call.arguments.items()
    ]
    words = [
        *([] if call.needs_token else ["HF_HUB_DISABLE_IMPLICIT_TOKEN=1"]),
        "gradio predict",
        quote_shell_word(call.space) if call.space else MISSING_ADDRESS,
        quote_shell_word(call.endpoint),
        quote_shell_json(quote_json_members(payload)),
        *(['--token "$HF_TOKEN"'] if call.needs_token else []),
    ]
    lines = [
        '# Une fois : pip install "gradio>=6.10"',
        *([LOAD_ENVIRONMENT.format(" et ".join(variables))] if variables else []),
        *([] if call.needs_token else [IMPLICIT_LOGIN_COMMENT]),
        " ".join(words),
    ]
    return "\n".join(lines) + "\n"
