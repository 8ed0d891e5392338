"""What a Space answers, through the site and to gradio_client, in one form that can be compared."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio_client
import httpx

from tests.spaces.served_apps import ServedApps
from tests.support.form_filling import Upload
from tests.support.http_browser import HttpBrowser
from tests.support.samples import write_sample

Fetch = Callable[[dict[str, Any]], bytes | None]
FILE_KEYS = {"file", "name", "bytes", "media_type"}


def normalize_value(value: Any, fetch: Fetch) -> Any:
    """A value with each file as the digest of its bytes; booleans, which equal numbers in Python, as words.

    `fetch` gives the bytes of a dict that stands for a file, None for any other dict.
    """
    if isinstance(value, dict):
        content = fetch(value)
        if content is not None:
            return {"sha256": hashlib.sha256(content).hexdigest()}
        return {key: normalize_value(item, fetch) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [normalize_value(item, fetch) for item in value]
    return str(value) if isinstance(value, bool) else value


def collect_site_outputs(visitor: HttpBrowser, run: dict[str, Any]) -> list[Any]:
    """The outputs of a run, their files fetched from the site."""

    def fetch(value: dict[str, Any]) -> bytes | None:
        if set(value) != FILE_KEYS:
            return None
        assert value["file"], "a file of this answer could not be fetched"
        answer = visitor.get(value["file"])
        assert answer.status_code == 200
        assert len(answer.content) == value["bytes"]
        return answer.content

    return [normalize_value(output["value"], fetch) for output in run["outputs"]]


class DirectClient:
    """gradio_client, as on another machine: the files that it sends are uploaded, those that come are fetched."""

    def __init__(self, served: ServedApps) -> None:
        self._served = served
        self._clients: dict[str, gradio_client.Client] = {}

    def get_client(self, app: str) -> gradio_client.Client:
        """The client of an app, with a new session: it takes half a second to make."""
        if app == "chemin" and self._served.gradio.startswith("4."):
            app = "sans-chemin"  # gradio_client asks for `/path//info` there: it cannot call a Gradio 4 under a path
        if app not in self._clients:
            self._clients[app] = gradio_client.Client(
                self._served.addresses[app], token=False, download_files=False, verbose=False, ssl_verify=False
            )
        self._clients[app].reset_session()
        return self._clients[app]

    def close(self) -> None:
        for each in self._clients.values():
            each.close()

    def fetch_endpoint_info(self, app: str, endpoint: str) -> dict[str, Any]:
        """What the Space itself says of an endpoint."""
        return self._served.fetch_endpoints(app)[f"/{endpoint}"]

    def call_endpoint(self, app: str, endpoint: str, sent: Sequence[Any], folder: Path) -> list[Any]:
        """The outputs for these values; files to send are made in `folder`.

        Raises:
            gradio_client.exceptions.AppError: the author's function failed.
        """
        count = len(self.fetch_endpoint_info(app, endpoint)["returns"])
        answer = self.get_client(app).predict(
            *(replace_uploads(value, folder) for value in sent), api_name=f"/{endpoint}"
        )
        values = [answer] if count == 1 else list(answer)
        return [normalize_value(value, make_file_fetcher(self._served.get_api_root(app))) for value in values]


def replace_uploads(value: Any, folder: Path) -> Any:
    """The value as gradio_client takes it: a file of this machine, which it uploads, where one is to be sent."""
    if isinstance(value, Upload):
        return gradio_client.handle_file(write_sample(folder, value.name))
    if isinstance(value, dict):
        return {key: replace_uploads(item, folder) for key, item in value.items()}
    return [replace_uploads(item, folder) for item in value] if isinstance(value, list) else value


def make_file_fetcher(root: str) -> Fetch:
    """Fetches what Gradio's file data names."""

    def fetch(value: dict[str, Any]) -> bytes | None:
        if not (isinstance(value.get("path"), str) and ("meta" in value or "orig_name" in value)):
            return None
        answer = httpx.get(f"{root}/file={value['path']}", trust_env=False, verify=False)
        assert answer.status_code == 200, value
        return answer.content

    return fetch
