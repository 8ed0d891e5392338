"""The code of a call, run in every language against real Spaces: each program gets the answer that the form gets."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hfcourse.files.file_store import FileHandle
from hfcourse.files.storage_backends import LocalBackend
from hfcourse.limits.deadline import CancelScope
from hfcourse.playground.code.code_target import NAMED_ROUTE_VERSION, CodeTarget, parse_version
from hfcourse.playground.code.form_code import build_form_call
from hfcourse.playground.code.languages.code_call import CodeCall
from hfcourse.playground.code.languages.listings import LANGUAGES_BY_VALUE
from hfcourse.playground.code.languages.notebook_code import build_notebook
from hfcourse.spaces.client.call_events import OutputEvent
from hfcourse.spaces.client.http_client import HttpClient
from hfcourse.spaces.client.space_client import SpaceClient
from hfcourse.spaces.form import forms
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.registry.space_registry import open_space_client
from tests.spaces.served_apps import run_apps
from tests.support.listing_runs import (
    read_command_words,
    run_bash,
    run_curl_listings,
    run_node_listings,
    run_python_listings,
)
from tests.support.optional_tools import require_gradio_python, require_program

CALL_SECONDS = 30
TOKEN = "hf_" + "e" * 34
EXPECTED_BUTTON = json.dumps(["avant", "Étiquette « à part »", "après"])
NASTY_TEXTS = [
    "",
    'Zoé, « l\'été » dit "non"',
    "un\ndeux\r\ntrois\ttab",
    "a\\b\\n\\\\'",
    "$(id) `id` ${HOME} $HOME !! !x",
    "👨‍👩‍👧 é e\u0301 \u202e\u2028\u2029\u0085\ufeff",
    "\x01\x1b[31m\x7f",
    "</script><!-- ]]> &amp;",
    "%s {0} #{x} \\u0041",
    "'; DROP TABLE élèves; --",
    "EXACT:1 EXACT: FILE FILE_1",
    "@/etc/passwd",
    "-d x --help",
]
NASTY_NUMBERS = [
    None,
    0,
    -0.0,
    2.5,
    1e-7,
    5e-324,
    1.7976931348623157e308,
    1e21,
    2**53 + 1,
    10**40,
    -12345678901234567890,
]
NASTY_JSON = [
    {"class": 1, "lambda": None, "__proto__": {"x": [1.0]}, "constructor": []},
    {"10": "dix", "2": "deux", "1": [True, False, None]},
    [[[[]]], {}, [{}], 1.0, -0.0, 1e22, 0.1, 2**63, 10**25, "1"],
    {"l'été": '"\\\n\u2028</script>$(id)`id`!', "": ""},
]
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
    | st.sampled_from(NASTY_TEXTS),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "1", "10", "__proto__", "é'\"", ""]), inner, max_size=4)
    ),
    max_leaves=12,
)


@dataclass(frozen=True)
class Called:
    """An app in one version of Gradio, as the site sees it, and the folder of the programs that call it."""

    client: SpaceClient
    folder: Path

    @property
    def target(self) -> CodeTarget:
        gradio = self.client.description.gradio_version
        return CodeTarget(
            space=self.client.url,
            address=self.client.url,
            prefix="" if gradio.startswith("4.") else "/gradio_api",
            has_named_route=parse_version(gradio) >= NAMED_ROUTE_VERSION,
        )

    def fill(self, name: str, *values: Any) -> Form:
        """The form of an endpoint with these values, all valid."""
        endpoint = self.client.description.find_endpoint(name)
        assert endpoint is not None, name
        given = dict(zip([each.name for each in endpoint.parameters], values, strict=False))
        form = forms.rebind_form(endpoint, given)
        assert not form.invalid_fields, [(each.name, each.error) for each in form.invalid_fields]
        return form

    def answer(self, form: Form) -> Any:
        """What the site gets for this form."""
        scope = CancelScope(CALL_SECONDS)
        events = self.client.call_endpoint(form.endpoint.name, [*form.values.values()], scope)
        values = next(event.values for event in events if isinstance(event, OutputEvent))
        return values[0] if len(values) == 1 else [*values]

    def call(self, form: Form) -> CodeCall:
        return build_form_call(self.target_of(form), form)

    def target_of(self, form: Form) -> CodeTarget:
        known = self.client.described_client.get_named_endpoint(form.endpoint.name)
        states = [kind.is_state for kind in known.input_component_types]
        return replace(self.target, states=states, fixed_inputs=form.endpoint.fixed_inputs)


@pytest.fixture(scope="module")
def called_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Called]]:
    """The app in the Gradio of a version, started when first asked for."""
    with ExitStack() as until_the_end:

        @cache
        def serve(version: int) -> Called:
            folder = tmp_path_factory.mktemp("programs")
            python = require_gradio_python(version)
            found = until_the_end.enter_context(run_apps(folder, python, "tests.spaces.serve_programs"))
            wire = HttpClient()
            until_the_end.callback(wire.close)
            client = open_space_client(found["addresses"]["programmes"], wire, CancelScope(CALL_SECONDS))
            (folder / "essais").mkdir()
            return Called(client, folder / "essais")

        yield serve


def render(call: CodeCall, language: str) -> str:
    return LANGUAGES_BY_VALUE[language].render(call)


def run_everywhere(called: Called, calls: Sequence[CodeCall], node: Path, *languages: str) -> dict[str, list[Any]]:
    """The answers of the calls by language."""
    answers: dict[str, list[Any]] = {}
    if "curl" in languages:
        answers["curl"] = run_curl_listings([render(each, "curl") for each in calls], called.folder)
    if "javascript" in languages:
        answers["javascript"] = run_node_listings([render(each, "javascript") for each in calls], node)
    programs = [(language, render(each, language)) for language in ("python", "flask") for each in calls]
    programs += [("notebook", build_notebook(each)) for each in calls]
    if "terminal" in languages:
        words = read_command_words([render(each, "terminal") for each in calls], called.folder)
        programs += [("terminal", json.dumps(each[1:])) for each in words]
    found = run_python_listings(programs, called.folder)
    for place, (language, _) in enumerate(programs):
        answers.setdefault(language, []).append(found[place])
    return answers


EVERYWHERE = ("curl", "javascript", "terminal")


def expect_same(called: Called, filled: Sequence[Form], node: Path, *languages: str) -> None:
    """Each program answers as the form does."""
    expected = [called.answer(form) for form in filled]
    for language, answers in run_everywhere(called, [called.call(form) for form in filled], node, *languages).items():
        for form, answer, wanted in zip(filled, answers, expected, strict=True):
            assert answer == wanted, (language, form.values)


@pytest.fixture(params=[6, 5, 4])
def called(request: pytest.FixtureRequest, called_in: Callable[[int], Called]) -> Called:
    return called_in(request.param)


@pytest.fixture
def latest(called_in: Callable[[int], Called]) -> Called:
    return called_in(6)


@pytest.fixture(autouse=True)
def curl() -> None:
    require_program("curl")


def is_latest(called: Called) -> bool:
    return called.client.description.gradio_version.startswith("6.")


def test_programs_send_nasty_values_as_the_form_does(called: Called, node_client_folder: Path) -> None:
    texts = NASTY_TEXTS if is_latest(called) else NASTY_TEXTS[1:6]
    numbers = NASTY_NUMBERS if is_latest(called) else NASTY_NUMBERS[2:5]
    filled = [called.fill("/dire", text, 1, True, "d'abord", {"t": text}) for text in texts]
    filled += [called.fill("/dire", "x", number, False, None, [number]) for number in numbers]
    filled += [called.fill("/dire", "x", 0, False, 'puis "après"', value) for value in NASTY_JSON]
    expect_same(called, filled, node_client_folder, *EVERYWHERE)


@given(st.lists(JSON_VALUES, min_size=20, max_size=20))
@settings(max_examples=1, phases=[Phase.generate])
def test_programs_send_any_json_as_the_form_does(
    called_in: Callable[[int], Called],
    node_client_folder: Path,
    values: list[Any],
) -> None:
    latest = called_in(6)
    expect_same(
        latest, [latest.fill("/dire", "x", 0, False, None, value) for value in values], node_client_folder, "javascript"
    )
    together = [latest.fill("/dire", "x", 0, False, None, values)]
    expect_same(latest, together, node_client_folder, *EVERYWHERE)


def test_programs_call_endpoints_with_odd_names_states_and_long_defaults(
    called: Called, node_client_folder: Path
) -> None:
    filled = [
        called.fill("/noms_etranges", "un", "deux"),
        called.fill("/compter", "un"),
        called.fill("/aucun"),
        called.fill("/a b$(id)é", "l'été"),
    ]
    expect_same(called, filled, node_client_folder, *(EVERYWHERE if is_latest(called) else ("curl",)))


def test_programs_call_by_position_where_names_are_reserved_or_values_have_none(
    called: Called,
    node_client_folder: Path,
) -> None:
    filled = [called.fill("/noms", "en-tête", 3), called.fill("/bouton", "avant", "après")]
    assert [called.answer(form) for form in filled] == ['["en-t\\u00eate", 3]', EXPECTED_BUTTON]
    expect_same(called, filled, node_client_folder, "curl", "javascript")
    for form in filled:
        assert "prenez Python ou cURL" in render(called.call(form), "terminal")


def test_long_default_of_the_space_is_left_to_it(latest: Called, node_client_folder: Path) -> None:
    form = called_form = latest.fill("/long", "court")
    assert list(latest.call(called_form).arguments) == ["short"]
    expect_same(latest, [form], node_client_folder, *EVERYWHERE)


def test_curl_says_what_to_do_where_it_cannot_leave_out_a_default(called_in: Callable[[int], Called]) -> None:
    older = called_in(5)
    form = older.fill("/long", "court")
    assert "prenez le programme en Python" in render(older.call(form), "curl")
    (answer,) = run_python_listings([("python", render(older.call(form), "python"))], older.folder)
    assert answer == older.answer(form)


def kept(called: Called, name: str, content: bytes) -> FileHandle:
    """A file that the form holds, and that the reader has in the folder of the programs."""
    storage, number = LocalBackend(called.folder / "kept"), sha256(content).hexdigest()[:32]
    storage.write_bytes(number, content)
    (called.folder / name).write_bytes(content)
    return FileHandle(number, name, "text/plain", len(content), storage)


def test_programs_send_the_readers_files_as_the_form_does(called: Called, node_client_folder: Path) -> None:
    names = ["note.txt", "l'été à Noël, n° 2;x.txt", 'a"b.txt', "$(id) `x`.txt"]
    files = [kept(called, name, name.encode()) for name in names]
    for file in called.folder.glob("*.txt"):
        shutil.copy(file, node_client_folder)
    filled = [
        called.fill("/fichiers", files[0], files, {"text": "deux", "files": files[1:3]}),
        called.fill("/fichiers", files[3], None, {"text": "", "files": []}),
    ]
    expect_same(called, filled, node_client_folder, *(EVERYWHERE if is_latest(called) else ("curl", "javascript")))


def test_programs_read_the_token_from_env_and_send_it(latest: Called, node_client_folder: Path) -> None:
    call = replace(latest.call(latest.fill("/jeton", "mot")), needs_token=True)
    (latest.folder / ".env").write_text(f"HF_TOKEN={TOKEN}\n")
    answers = run_everywhere(latest, [call], node_client_folder, "curl", "terminal")
    answers["javascript"] = run_node_listings([render(call, "javascript")], node_client_folder, HF_TOKEN=TOKEN)
    (latest.folder / ".env").unlink()
    assert answers == {
        each: [f'["mot", "{TOKEN}"]'] for each in ("curl", "python", "flask", "notebook", "terminal", "javascript")
    }


def test_no_program_sends_the_readers_token_to_a_space_that_is_not_lent_it(
    latest: Called, node_client_folder: Path
) -> None:
    """gradio_client takes the token of the machine unless it is told not to."""
    call = latest.call(latest.fill("/jeton", "mot"))
    words = read_command_words([render(call, "terminal")], latest.folder)
    assert words[0][0] == "1"
    (latest.folder / ".env").write_text(f"HF_TOKEN={TOKEN}\n")
    answers = run_everywhere(latest, [call], node_client_folder, "curl")
    answers["javascript"] = run_node_listings([render(call, "javascript")], node_client_folder, HF_TOKEN=TOKEN)
    (latest.folder / ".env").unlink()
    assert {answer for found in answers.values() for answer in found} == {'["mot", ""]'}


def test_gradio_predict_answers_as_a_student_types_it(latest: Called) -> None:
    form = latest.fill("/dire", "l'été", 2.5, True, "a,b;c", {"a": 1.0})
    gradio = Path(sys.executable).parent
    settings = {"PATH": f"{gradio}{os.pathsep}{os.environ['PATH']}"}
    done = run_bash(render(latest.call(form), "terminal"), latest.folder, settings)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"Vu par le Space": latest.answer(form)}
