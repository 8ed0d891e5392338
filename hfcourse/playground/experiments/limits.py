"""Limits of experiments: how often a visitor and the whole site may make one, and one at a time for each visitor."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app, request

from hfcourse.error_messages import ErrorExplanation, make_explanation
from hfcourse.limits.rate_limits import FairTokenBucket, KeyedTokenBuckets

MAX_PER_VISITOR_PER_MINUTE = 12
# In total, and of one address while others make some too: a class of thirty shares one address.
MAX_PER_MINUTE, MAX_PER_ADDRESS_PER_MINUTE, RESERVE_TOKENS = 180, 60, 20
TURN_TIMEOUT_SECONDS = 5.0

TOO_MANY_EXPERIMENTS = make_explanation(
    "Trop d’expériences en une minute : celle-ci n’est pas partie.",
    "Chacune fait de vrais appels au Space d’entraînement, que toute la classe partage.",
    "Votre prédiction est encore là : attendez une minute, puis relancez.",
    status=429,
    practice=False,
)
EXPERIMENT_RUNNING = make_explanation(
    "Une autre de vos expériences est en cours : celle-ci n’est pas partie.",
    "Le serveur en mène une à la fois pour chacun.",
    "Votre prédiction est encore là : attendez quelques secondes, puis relancez.",
    status=429,
    practice=False,
)


class ExperimentRefused(Exception):
    """A limit is reached; `explanation` says which."""

    def __init__(self, explanation: ErrorExplanation) -> None:
        super().__init__(explanation.sentence)
        self.explanation = explanation


class ExperimentLimits:
    """Thread-safe limits of one process."""

    def __init__(self) -> None:
        self._visitor_buckets = KeyedTokenBuckets(MAX_PER_VISITOR_PER_MINUTE, refill_seconds=60)
        self._site_bucket = FairTokenBucket(
            MAX_PER_MINUTE, MAX_PER_ADDRESS_PER_MINUTE, RESERVE_TOKENS, time.monotonic()
        )
        self._active_visitors: set[str] = set()
        self._changed = threading.Condition()

    def count_experiment(self, visitor: str, address: str) -> None:
        """Count an experiment that is about to be made.

        Raises:
            ExperimentRefused: a rate limit is reached.
        """
        is_within = self._visitor_buckets.consume_token(visitor)
        with self._changed:
            is_within = is_within and self._site_bucket.consume_token(address, time.monotonic())
        if not is_within:
            raise ExperimentRefused(TOO_MANY_EXPERIMENTS)

    @contextmanager
    def hold_turn(self, visitor: str) -> Iterator[None]:
        """Make the one experiment of this visitor inside the block.

        A form that was sent twice waits for the first one, whose answer the browser no longer shows.

        Raises:
            ExperimentRefused: another one is still running after TURN_TIMEOUT_SECONDS.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: visitor not in self._active_visitors, TURN_TIMEOUT_SECONDS):
                raise ExperimentRefused(EXPERIMENT_RUNNING)
            self._active_visitors.add(visitor)
        try:
            yield
        finally:
            with self._changed:
                self._active_visitors.discard(visitor)
                self._changed.notify_all()


def get_limits() -> ExperimentLimits:
    """Return the limits of this process."""
    limits: ExperimentLimits = current_app.extensions["experiment_limits"]
    return limits


def count_request(visitor: str) -> None:
    """Count the experiment that this request asks for. Raises as `ExperimentLimits.count_experiment`."""
    get_limits().count_experiment(visitor, request.remote_addr or "")


def init_app(app: Flask) -> None:
    """Create the limits."""
    app.extensions["experiment_limits"] = ExperimentLimits()
