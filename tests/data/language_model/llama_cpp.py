"""A stand-in for llama_cpp: the calls of the real one, an answer drawn by lot from the seed, a trace of what it did.

Found by the practice Space through PYTHONPATH. The trace is the file `llama.log` of the temporary folder.
"""

import random
import tempfile
import time
from pathlib import Path

WORDS = ["le", "modèle", "écrit", "une", "suite", "de", "mots", "probables"]
SLOW_STEP_SECONDS = 0.1
# What a prompt that contains « complet » gets, whatever is asked.
COMPLETE_ANSWER_TOKENS = 3


def trace(event: str) -> None:
    with (Path(tempfile.gettempdir()) / "llama.log").open("a", encoding="utf-8") as log:
        log.write(f"{event}\n")


class Llama:
    def __init__(self, model_path: str, n_ctx: int, n_threads: int, n_threads_batch: int, verbose: bool) -> None:
        assert Path(model_path).is_file()
        assert not verbose
        self.n_ctx = n_ctx
        self.is_fresh = False
        trace(f"load threads={n_threads},{n_threads_batch}")

    def reset(self) -> None:
        self.is_fresh = True

    def create_chat_completion(self, messages, stream, temperature, max_tokens, seed):
        assert stream
        (message,) = messages
        assert message["role"] == "user"
        return self._stream(message["content"], temperature, max_tokens, seed)

    def _stream(self, prompt, temperature, max_tokens, seed):
        if len(prompt.split()) > self.n_ctx // 4:
            raise ValueError(f"Requested tokens exceed context window of {self.n_ctx}")
        assert self.is_fresh, "what is left of the last prompt changes the answer"
        self.is_fresh = False
        chance = random.Random(f"{seed} {prompt}") if temperature else random.Random(prompt)
        count = min(COMPLETE_ANSWER_TOKENS, max_tokens) if "complet" in prompt else max_tokens
        trace("start")
        try:
            yield self._chunk({"role": "assistant"})
            for _ in range(count):
                if "lent" in prompt:
                    time.sleep(SLOW_STEP_SECONDS)
                trace("token")
                yield self._chunk({"content": chance.choice(WORDS) + " "})
            yield self._chunk({}, "stop" if count < max_tokens else "length")
        finally:
            trace("end")

    @staticmethod
    def _chunk(delta: dict, finish_reason: str | None = None) -> dict:
        return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}
