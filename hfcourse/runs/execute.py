"""Executing one run, from its claim to its final status, in whatever thread or process is asked to."""

import json
import logging
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from hfcourse import tokens
from hfcourse.errors import CallFailed, CourseError, NotTaken, Refused, Stopped
from hfcourse.runs import store
from hfcourse.runs.models import Run
from hfcourse.runs.references import FILE
from hfcourse.runs.store import Told
from hfcourse.spaces import files, location
from hfcourse.spaces.description import Endpoint
from hfcourse.spaces.events import Event, Log, Output, Partial, Progress, Queued, Started
from hfcourse.spaces.files import KeptFile
from hfcourse.spaces.leash import Leash
from hfcourse.spaces.location import LAST_SECONDS

TOLD_SECONDS = 0.1
# Of its time, storing partial outputs takes one part in so many at most: a large value is stored less often.
STORE_SHARE = 5
OUTPUT_BYTES = 2_000_000  # as much as one message of a Space; partial outputs grow from message to message
MOST_MESSAGES = 100
MOST_FILES, MOST_FILE_BYTES = 10, 50_000_000
KINDS = {Queued: "queued", Started: "started", Progress: "progress", Log: "log"}
# A dict that looks like file data is a file only where the component is one; elsewhere it is somebody's JSON.
HOLDS_FILES = {
    "image",
    "audio",
    "video",
    "file",
    "model3d",
    "gallery",
    "imageeditor",
    "imageslider",
    "annotatedimage",
    "chatbot",
    "multimodaltextbox",
    "uploadbutton",
    "downloadbutton",
}

log = logging.getLogger(__name__)


def execute(run_id: str, leash: Leash) -> None:
    """Claim the run, call the Space, store what happens. Raises nothing: every end is a status of the run."""
    run = store.claim(run_id)
    if run is None:
        return
    recorder = Recorder(run)
    try:
        with location.awake(run.space, leash):
            call(run, recorder, leash)
    except Stopped:
        recorder.finish_early("stopped")
    except CourseError as error:
        log.info("Run %s failed: %s", run_id, error.code)
        recorder.finish_early("failed", error.code, recorder.masked(error.said))
    except Exception as error:  # a fault of ours must not leave a run without an end
        log.error("Run %s met an unforeseen %s", run_id, type(error).__name__, exc_info=current_app.debug)
        recorder.finish_early("failed", "bad-answer")


def call(run: Run, recorder: "Recorder", leash: Leash) -> None:
    """Call the Space and record each event; the last one finishes the run."""
    connection = location.connect(run.space, within=leash)
    endpoint = connection.description.find(run.endpoint)
    recorder.endpoint, recorder.address = endpoint, connection.url
    try:
        if endpoint is None:
            raise Refused("endpoint-gone")
        session = session_of(run, endpoint)
        # Closed here and now whatever happens to an event: the Space is then told that nobody waits.
        with closing(connection.call(run.endpoint, arguments(run, endpoint), leash, session)) as events:
            for event in events:
                if isinstance(event, Output):
                    recorder.finish(event.values, lambda path: connection.fetch(path, leash))
                else:
                    recorder.record(event)
    except CourseError as error:
        if error.code in ("endpoint-gone", "connection-lost") or isinstance(error, NotTaken):
            location.directory().forget(connection)
        if isinstance(error, NotTaken) and is_gone(run, leash):
            raise Refused("endpoint-gone") from None
        raise


def is_gone(run: Run, leash: Leash) -> bool:
    """Does the Space, asked to describe itself anew, no longer have the endpoint of this run?"""
    try:
        if leash.remaining() < LAST_SECONDS:
            return False
        return location.connect(run.space, within=leash).description.find(run.endpoint) is None
    except CourseError:
        return False


def arguments(run: Run, endpoint: Endpoint) -> list[Any]:
    """One value per declared parameter, in order; our own files where some were sent."""
    sent = store.sent_values(run, lambda item: KeptFile.of(item.file))
    return [sent.get(parameter.name) for parameter in endpoint.parameters]


def session_of(run: Run, endpoint: Endpoint) -> str | None:
    """The name of the visitor's session at a Space that keeps one; it never leaves the server for a browser."""
    if not endpoint.keeps_state:
        return None
    return store.session_hash(run.visitor, run.space)


class Recorder:
    """Stores the events of one run: at most ten of a kind a second, a hundred messages of the author in all."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.endpoint: Endpoint | None = None
        self.address = ""
        self._token = tokens.current()
        self._latest: tuple[Any, ...] | None = None
        self._stored: list[dict[str, Any]] | None = None
        self._received = 0
        self._told_at: dict[type, float] = {}
        self._messages = 0
        self._held: dict[str, Told] = {}
        self._is_waiting = False

    def record(self, event: Event) -> None:
        """Store an event that is not the last, unless the Space says more than anybody reads."""
        if isinstance(event, Partial):
            self._latest, self._received = event.values, self._received + 1
        if not self._is_worth_storing(event):
            return
        if isinstance(event, Partial):
            self._record_partial(event)
            return
        self._held[KINDS[type(event)]] = Told(KINDS[type(event)], self.masked(asdict(event)))
        if self._changes_the_page(event):
            store.append(self.run.id, self._released())

    def _record_partial(self, event: Partial) -> None:
        """Store the outputs so far, and the next ones not before several times what that took.

        Raises:
            CallFailed: `answer-too-large`; those stored before are kept.
        """
        begun = time.monotonic()
        self._stored = self._fitting(event.values)
        told = Told("partial", {"outputs": self._stored})
        store.append_partial(self.run.id, [*self._released(), told], self._received)
        taken = time.monotonic() - begun
        self._told_at[Partial] = begun + max(TOLD_SECONDS, STORE_SHARE * taken) - TOLD_SECONDS

    def _fitting(self, values: Sequence[Any]) -> list[dict[str, Any]]:
        """The described outputs, if they are no more than what one message may hold."""
        described = self._described(values)
        if len(json.dumps(described, ensure_ascii=False).encode()) > OUTPUT_BYTES:
            self._latest = None
            raise CallFailed("answer-too-large")
        return described

    def _changes_the_page(self, event: Event) -> bool:
        """Has somebody who looks something new to see? If not, the event is stored with the next one that has."""
        if not isinstance(event, Queued | Started):
            return True
        was_waiting, self._is_waiting = self._is_waiting, isinstance(event, Queued) and bool(event.rank)
        return was_waiting or self._is_waiting

    def _released(self) -> list[Told]:
        """The events that were held back."""
        held, self._held = list(self._held.values()), {}
        return held

    def _is_worth_storing(self, event: Event) -> bool:
        if isinstance(event, Log):
            self._messages += 1
            return self._messages <= MOST_MESSAGES
        before, now = self._told_at.get(type(event), 0.0), time.monotonic()
        if now - before < TOLD_SECONDS:
            return False
        self._told_at[type(event)] = now
        return True

    def finish(self, values: Sequence[Any], fetch) -> None:
        """Store the outputs, with the files that came with them, and the run's success."""
        collected = FileCollector(self.run, fetch)
        kept = [
            collected.replace(value) if holds else value
            for value, holds in zip(values, self._holds_files(), strict=False)
        ]
        store.finish(self.run.id, "succeeded", self._described(kept), partials=self._received, told=self._released())

    def finish_early(self, status: str, error: str | None = None, said: str = "") -> None:
        """Store the end of a call that gave no result, with the outputs that had arrived, if any had."""
        arrived = self._stored
        with suppress(CallFailed):  # the latest may have grown too large since those that are stored
            arrived = arrived if self._latest is None else self._fitting(self._latest)
        store.finish(self.run.id, status, arrived, error, said, partials=self._received, told=self._released())

    def masked(self, value: Any) -> Any:
        """A JSON value without the token, and without the address of the Space."""
        written = tokens.redact(json.dumps(value, ensure_ascii=False), self._token)
        if self.address and not self.address.endswith(".hf.space"):
            parts = urlsplit(self.address)
            for told in (self.address, f"{parts.scheme}://{parts.netloc}", parts.netloc):
                written = written.replace(told, "[adresse du Space]")
        return json.loads(written)

    def _holds_files(self) -> list[bool]:
        return [item.component.lower() in HOLDS_FILES for item in self.endpoint.returns] if self.endpoint else []

    def _described(self, values: Sequence[Any]) -> list[dict[str, Any]]:
        """Label, component and value of each declared output."""
        returns = self.endpoint.returns if self.endpoint else ()
        missing = [None] * (len(returns) - len(values))
        return [
            {
                "label": item.label,
                "component": item.component,
                "value": self.masked(without_paths(value, item.component)),
            }
            for item, value in zip(returns, [*values, *missing], strict=False)
        ]


class FileCollector:
    """Fetches the files of a value from the Space, within a run's share, and puts our own references in place."""

    def __init__(self, run: Run, fetch) -> None:
        self.run, self._fetch = run, fetch
        self._count = self._bytes = 0

    def replace(self, value: Any) -> Any:
        """The value with `{FILE: number}` for each file, or `{FILE: None}` for one that could not be fetched."""
        if is_file_data(value):
            return {FILE: self._kept(value)}
        if isinstance(value, dict):
            return {key: self.replace(item) for key, item in value.items()}
        return [self.replace(item) for item in value] if isinstance(value, list) else value

    def _kept(self, data: dict[str, Any]) -> int | None:
        if self._count >= MOST_FILES or data.get("is_stream"):
            return None
        self._count += 1
        try:
            content = self._fetch(data.get("path"))
        except CallFailed as failed:
            if failed.code in ("timeout", "stopped"):
                raise
            return None
        self._bytes += len(content)
        if self._bytes > MOST_FILE_BYTES:
            return None
        kept = files.keep(self.run.visitor, name_of(data), content)
        return store.add_output_file(self.run.id, kept.id)


def is_file_data(value: Any) -> bool:
    """Is this the file data of Gradio (FileData, ImageData)?"""
    return isinstance(value, dict) and isinstance(value.get("path"), str) and ("meta" in value or "orig_name" in value)


def without_paths(value: Any, component: str) -> Any:
    """The value of a partial output: its files are not fetched, and their paths tell about the Space's machine."""
    if component.lower() not in HOLDS_FILES:
        return value
    if is_file_data(value):
        return {FILE: None}
    if isinstance(value, dict):
        return {key: without_paths(item, component) for key, item in value.items()}
    return [without_paths(item, component) for item in value] if isinstance(value, list) else value


def name_of(data: dict[str, Any]) -> str:
    """The name that the Space gives to a file, else the last part of its path."""
    given = data.get("orig_name")
    return given if isinstance(given, str) and given else PurePosixPath(data["path"]).name
