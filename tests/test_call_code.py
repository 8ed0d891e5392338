"""Code of a call: it says what the form does, in each language, whatever a stranger wrote into it."""

import ast
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import nbformat
import pytest

from hfcourse.playground.code.changed_lines import MAX_COMPARED_LINES, digest_lines, find_changed_lines
from hfcourse.playground.code.languages.code_call import MAX_ARGUMENTS_CHARACTERS, CodeCall, CodeFile
from hfcourse.playground.code.languages.javascript_code import has_inexact_part
from hfcourse.playground.code.languages.listings import LANGUAGES, render_listings
from hfcourse.playground.code.languages.notebook_code import build_notebook
from hfcourse.practice.server import PracticeServer
from tests.support.node import find_node
from tests.support.optional_tools import require_program

NASTY = "a\"b'c\n$(id)`id`\\\u2028</script><b>é"
HOSTILE = {
    "plain": NASTY,
    "list": [NASTY, 1, 2.5, None, True, {NASTY: [NASTY]}],
    "image": CodeFile("votre_image.png"),
}
ODD_NAMES = ["self", "api_name", "class", "x y", NASTY, "été", "a=1); import os #"]


def codes(call: CodeCall) -> dict[str, str]:
    return {each.language.title: each.code for each in render_listings(call)}


def call_of(arguments: dict[str, Any], **changes: Any) -> CodeCall:
    given = {"space": "a/b", "address": "https://a-b.hf.space", "endpoint": "/go", "arguments": arguments}
    return CodeCall(**{**given, **changes})


def calls_in(code: str) -> list[str]:
    """What a Python script calls, by name."""
    return sorted(ast.unparse(node.func) for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))


def predicted(code: str) -> ast.Call:
    """The call of `predict` in a script."""
    return next(
        node
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "predict"
    )


def test_values_of_parameters_of_one_name_go_by_position() -> None:
    written = codes(call_of({"a": 1, "a__2": "deux"}, is_positional=True))
    assert [ast.unparse(each) for each in predicted(written["Python"]).args] == ["1", "'deux'"]
    assert 'client.predict("/go", [\n  1,\n  "deux",\n]);' in written["JavaScript"]
    assert 'client.predict("/go", []);' in codes(call_of({}, is_positional=True))["JavaScript"]
    assert '{"data": [1, "deux"]}' in written["cURL"]


class TestPython:
    def test_a_call_reads_as_one_would_write_it(self) -> None:
        assert codes(call_of({"name": "Awa", "n": 2}))["Python"] == (
            "# Une fois : pip install gradio_client\n"
            "from gradio_client import Client\n\n"
            'client = Client("a/b", token=False)\n'
            "result = client.predict(\n"
            '    name="Awa",\n'
            "    n=2,\n"
            '    api_name="/go",\n'
            ")\nprint(result)\n"
        )

    def test_hostile_values_stay_values(self) -> None:
        code = codes(call_of(HOSTILE))["Python"]
        assert calls_in(code) == ["Client", "client.predict", "handle_file", "print"]
        given = {keyword.arg: keyword.value for keyword in predicted(code).keywords}
        assert ast.literal_eval(given["plain"]) == HOSTILE["plain"]
        assert ast.literal_eval(given["list"]) == HOSTILE["list"]

    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_a_name_that_python_does_not_allow_leaves_all_by_position(self, name: str) -> None:
        call = predicted(codes(call_of({"first": 1, name: 2}))["Python"])
        assert [ast.literal_eval(argument) for argument in call.args] == [1, 2]
        assert [keyword.arg for keyword in call.keywords] == ["api_name"]

    @pytest.mark.parametrize("part", ["space", "endpoint"])
    def test_hostile_names_of_space_and_endpoint_stay_texts(self, part: str) -> None:
        assert calls_in(codes(call_of({}, **{part: NASTY}))["Python"]) == ["Client", "client.predict", "print"]

    def test_the_token_is_named_and_never_written(self) -> None:
        for title, code in codes(call_of({}, needs_token=True)).items():
            assert "HF_TOKEN" in code, title
            assert ".env" in code, title
            assert "hf_" not in code, title
        assert 'token=os.environ["HF_TOKEN"]' in codes(call_of({}, needs_token=True))["Python"]


class TestJavaScript:
    def test_a_call_reads_as_one_would_write_it(self) -> None:
        assert codes(call_of({"name": "Awa", "photo": CodeFile("votre_image.png")}))["JavaScript"] == (
            "// Une fois : npm install @gradio/client. Lancer : node appel.mjs\n"
            'import { readFile } from "node:fs/promises";\n'
            'import { Client } from "@gradio/client";\n\n'
            "const read = async (name) => new File([await readFile(name)], name);\n"
            'const client = await Client.connect("a/b");\n'
            'const result = await client.predict("/go", {\n'
            '  name: "Awa",\n'
            '  photo: await read("votre_image.png"),\n'
            "});\nconsole.log(JSON.stringify(result.data, null, 2));\nprocess.exit();\n"
        )

    @pytest.mark.parametrize("name", ["name", "__proto__", *ODD_NAMES])
    def test_hostile_names_and_values_arrive_as_they_are(self, name: str) -> None:
        code = codes(call_of({name: HOSTILE["list"], "last": NASTY}, endpoint=NASTY))["JavaScript"]
        stub = (
            "const Client = {connect: async () => ({predict: async (...given) =>"
            " ({data: [given[0], Object.entries(given[1])]})})};\n"
        )
        script = stub + re.sub(r"^(//|import).*\n", "", code, flags=re.MULTILINE)
        command = [find_node(), "--input-type=module", "-"]
        done = subprocess.run(command, input=script.encode(), capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr.decode()
        assert json.loads(done.stdout) == [NASTY, [[name, HOSTILE["list"]], ["last", NASTY]]]

    def test_nothing_ends_a_script_element_or_a_line(self) -> None:
        code = codes(call_of(HOSTILE))["JavaScript"]
        assert "</script" not in code
        assert "\u2028" not in code


def requests_of(code: str) -> list[Any]:
    """The JSON bodies that a shell posts when it runs this code with a `curl` that answers as Gradio does."""
    stand_in = """
        SPACE=https://a-b.hf.space
        curl() {
            while [ $# -gt 0 ]; do
                case $1 in
                    -F) printf '["/tmp/été.png"]' ;;
                    -d) printf '%s\\0' "$2" >&2; printf '{"event_id": "abc"}' ;;
                    */abc) printf 'lu' ;;
                esac
                shift
            done
        }
    """
    command = ["bash", "-c", f"{stand_in}\n{code}"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    assert done.stdout == b"lu"
    return [json.loads(line) for line in done.stderr.decode().split("\0") if line]


class TestCurl:
    def test_a_shell_reads_each_value_as_one_word(self) -> None:
        code = codes(call_of({"plain": NASTY, "n": 1}, endpoint="/a b$(id)/c"))["cURL"]
        assert requests_of(code) == [{"data": [NASTY, 1]}]
        assert "$SPACE/gradio_api/call/a%20b%24%28id%29%2Fc" in code

    def test_values_go_by_name_where_the_space_has_that_route(self) -> None:
        code = codes(call_of({"plain": NASTY, "n": 1}, endpoint="/go", has_named_route=True))["cURL"]
        assert requests_of(code) == [{"plain": NASTY, "n": 1}]
        assert '"$SPACE/gradio_api/call/v2/go"' in code
        assert '"$SPACE/gradio_api/call/go/$EVENT_ID"' in code

    @pytest.mark.parametrize("changes", [{}, {"has_named_route": True, "is_positional": True}])
    def test_values_go_in_a_list_where_none_can_go_by_name(self, changes: dict[str, Any]) -> None:
        code = codes(call_of({"a": 1, "b": 2}, **changes))["cURL"]
        assert requests_of(code) == [{"data": [1, 2]}]
        assert "/v2/" not in code

    @pytest.mark.parametrize("name", ["data", "__proto__", *ODD_NAMES])
    def test_hostile_names_stay_keys_of_the_posted_object(self, name: str) -> None:
        photo = CodeFile("votre_image.png")
        code = codes(call_of({name: NASTY, "FILE": photo}, has_named_route=True))["cURL"]
        sent = {"path": "/tmp/été.png", "orig_name": "votre_image.png", "meta": {"_type": "gradio.FileData"}}
        assert requests_of(code) == [{name: NASTY, "FILE": sent}]

    def test_a_file_is_uploaded_once_and_stands_wherever_its_path_is_wanted(self) -> None:
        photo = CodeFile("votre_image.png")
        code = codes(call_of({"photos": [photo], "mask": {NASTY: photo}}, prefix=""))["cURL"]
        assert code.count("files=@votre_image.png") == 1
        sent = {"path": "/tmp/été.png", "orig_name": "votre_image.png", "meta": {"_type": "gradio.FileData"}}
        assert requests_of(code) == [{"data": [[sent], {NASTY: sent}]}]

    def test_no_value_passes_for_the_path_of_a_file(self) -> None:
        code = codes(call_of({"text": "FILEFILE_1FILE FILE_FILE_1FILE_", "file": CodeFile("a.txt")}))["cURL"]
        assert requests_of(code)[0]["data"][0] == "FILEFILE_1FILE FILE_FILE_1FILE_"

    def test_an_address_that_is_told_to_nobody_is_left_to_the_reader(self) -> None:
        for code in codes(call_of({}, space="", address="")).values():
            assert "SPACE_URL" in code
            assert "hf.space" not in code


def test_values_that_nobody_would_copy_give_no_code() -> None:
    assert render_listings(call_of({"text": "x" * MAX_ARGUMENTS_CHARACTERS})) == ()


@pytest.mark.parametrize(
    ("value", "is_inexact"),
    [
        (0, False), (2**53 - 1, False), (2**53, True), (-(2**60), True), (True, False),
        (0.5, False), (1.0, True), (-0.0, True), (1e20, True), (1e21, False), (1e-7, False),
        ({"a": 1, "b": [2.0]}, True), ({"1": "un"}, False), ({"b": 1, "1": 2}, True), ("1.0", False),
    ],
)  # fmt: skip
def test_value_that_javascript_would_alter_is_known(value: Any, is_inexact: bool) -> None:
    assert has_inexact_part(value) is is_inexact
    assert ("EXACT:" in codes(call_of({"x": value}))["JavaScript"]) is is_inexact


def test_exact_value_beside_a_file_leaves_the_file_a_file() -> None:
    written = codes(call_of({"x": {"f": CodeFile("a.txt"), "n": [1.0, {"__proto__": 2}]}}))["JavaScript"]
    assert """x: {"f": await read("a.txt"), "n": "EXACT:[1.0, {\\"__proto__\\": 2}]"},""" in written


def test_nested_key_cannot_set_the_prototype_of_an_object() -> None:
    assert 'x: {["__proto__"]: [1]},' in codes(call_of({"x": {"__proto__": [1]}}))["JavaScript"]


@pytest.mark.parametrize("language", [each.title for each in LANGUAGES])
def test_code_has_no_character_that_cannot_be_seen(language: str) -> None:
    hidden = "".join(map(chr, [0x202E, 0x2066, 0x200B, 0xFEFF, 0x85, 0x7F, 0x1B, 0xD800, 0xE0001]))
    code = codes(call_of({"x": hidden, "y": {hidden: [hidden]}}, has_named_route=True))[language]
    assert {character for character in code if not character.isprintable()} == {"\n"}


def test_name_of_a_file_is_one_field_of_curl() -> None:
    def field_of(name: str) -> str:
        written = codes(call_of({"x": CodeFile(name)}))["cURL"]
        found = re.search(r"curl -sS -F (.+?) \"\$SPACE", written)
        assert found
        return found[1]

    assert field_of("note.txt") == "files=@note.txt"
    assert field_of("a b.txt") == "'files=@a b.txt'"
    assert field_of('a;"b\\.txt') == """'files=@"a;\\"b\\\\.txt"'"""
    assert field_of("-") == "files=@./-"


def test_call_without_long_defaults_passes_odd_names_from_a_dictionary() -> None:
    call = predicted(codes(call_of({"class": 1, "a": 2}, omits_defaults=True))["Python"])
    unpacked = next(each.value for each in call.keywords if each.arg is None)
    assert ast.literal_eval(unpacked) == {"class": 1, "a": 2}


class TestNotebook:
    def test_file_is_a_valid_notebook_of_plain_python_cells(self) -> None:
        notebook = nbformat.reads(build_notebook(call_of(HOSTILE, needs_token=True)), as_version=4)
        nbformat.validate(notebook)
        assert [each.cell_type for each in notebook.cells] == ["markdown", "code", "code", "code", "code"]
        for cell in notebook.cells[1:]:
            ast.parse(cell.source)

    def test_same_call_gives_the_same_file(self) -> None:
        assert build_notebook(call_of(HOSTILE)) == build_notebook(call_of(HOSTILE))


class TestFlask:
    def test_view_is_short_and_has_the_token_from_the_environment(self) -> None:
        tree = ast.parse(codes(call_of({"a": 1, "b": 2}, needs_token=True))["Flask"])
        view = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
        assert (view.end_lineno or 0) - view.lineno + 1 <= 10
        assert 'token=os.environ["HF_TOKEN"]' in ast.unparse(view).replace("'", '"')


class TestChangedLines:
    def changed(self, before: str, after: str) -> list[int]:
        return [*find_changed_lines(digest_lines(before), digest_lines(after))]

    def test_lines_of_the_last_change_are_found(self) -> None:
        assert self.changed("a\nb\nc\n", "a\nB\nc\n") == [1]
        assert self.changed("a\nb\nc\n", "a\nb\nx\ny\nc\n") == [2, 3]
        assert self.changed("a\nb\n", "a\nb\n") == []
        assert self.changed("a\nb\nc\n", "a\nc\n") == []

    @pytest.mark.parametrize("previous", ["", "x", "zz" * 9, "é" * 16, "0" * 8 * (MAX_COMPARED_LINES + 1)])
    def test_what_a_page_posts_may_be_anything(self, previous: str) -> None:
        assert set(find_changed_lines(previous, digest_lines("a\nb\n"))) <= {0, 1}

    def test_long_listing_is_not_compared(self) -> None:
        assert self.changed("a\n" * (MAX_COMPARED_LINES + 1), "b\n" * (MAX_COMPARED_LINES + 1)) == []


class TestAgainstTheRealThing:
    """The code, run as it stands against the practice Space."""

    @pytest.fixture
    def call(self, practice: PracticeServer) -> CodeCall:
        return CodeCall(
            space="", address=practice.url or "", endpoint="/saluer", arguments={"prenom": "Zoé", "tutoyer": False}
        )

    def test_the_python_answers(self, call: CodeCall) -> None:
        environment = os.environ | {"SPACE_URL": call.address}
        command = [sys.executable, "-W", "ignore", "-c", codes(call)["Python"]]
        done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
        assert "Bonjour Zoé" in done.stdout.decode(), done.stderr.decode()

    @pytest.mark.parametrize("has_named_route", [False, True])
    def test_the_commands_answer(self, call: CodeCall, has_named_route: bool) -> None:
        require_program("curl")
        call = replace(call, has_named_route=has_named_route)
        command = ["bash", "-c", codes(call)["cURL"]]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        answered = done.stdout.decode().partition("data: ")[2]
        assert "Bonjour Zoé" in json.loads(answered.splitlines()[0])[0], done
