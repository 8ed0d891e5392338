"""Adapter of gradio_client, which knows the endpoints of a Space; the only importer of that library.

Its own transport is not used: it sends the token to any host, follows redirects with it, waits
without a timeout, and spends most of a call's time on new connections. Measured in the notes on
gradio_client 2.7.2, whose version is pinned because the names overridden here are private.
"""

from dataclasses import dataclass
from typing import Any

from hfcourse import tokens

tokens.hide_from_libraries()  # before the import below, which would read the token

import gradio_client  # noqa: E402
from gradio_client.client import Endpoint as KnownEndpoint  # noqa: E402

from hfcourse.errors import FormRejected  # noqa: E402

__all__ = ["DescribedClient", "KnownEndpoint", "UnlistedFunction"]


class DescribedClient(gradio_client.Client):  # type: ignore[misc]  # gradio_client has no types
    """gradio_client's view of a Space, built from its description; it never opens a connection.

    It is shared by all calls and holds nothing of a visitor, whose session is named in each call.
    """

    def __init__(self, url: str, config: dict[str, Any], info: dict[str, Any]) -> None:
        self._config_and_info = {**config, "connect_heartbeat": False}, info
        super().__init__(
            url,
            token=False,
            download_files=False,
            analytics_enabled=False,
            verbose=False,
            max_workers=1,
        )

    def _get_config(self) -> dict[str, Any]:
        return self._config_and_info[0]

    def _get_api_info(self) -> dict[str, Any]:
        return self._config_and_info[1]

    def _get_space_state(self) -> None:
        return None

    def _space_name_to_src(self, space: str) -> str | None:
        raise AssertionError("the address of a Space is found by resolver.py")

    def get_named_endpoint(self, name: str) -> KnownEndpoint:
        """Return the endpoint of this name.

        Raises:
            FormRejected: `endpoint-gone`.
        """
        for endpoint in self.endpoints.values():
            if endpoint.api_name == name and endpoint.is_valid:
                return endpoint
        raise FormRejected("endpoint-gone")


@dataclass(frozen=True)
class UnlistedFunction:
    """Function that `/info` does not document, called by its index; its values are passed unchanged."""

    fn_index: int
    api_name: str = ""
    input_component_types: tuple[()] = ()

    @staticmethod
    def remove_skipped_components(*values: Any) -> tuple[Any, ...]:
        return values
