"""Call to render as code in any language: its Space, its endpoint and its values. Pure."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hfcourse.spaces.untrusted.json_tree import DESCEND, contains_node, find_nodes, map_nodes

# Parameter names that `predict` of gradio_client reserves.
RESERVED_ARGUMENTS = {"api_name", "fn_index", "headers", "self", "result_callbacks"}
# Variables of the reader's environment; this site reads neither for them.
SPACE_VARIABLE, HUB_VARIABLE = "SPACE_URL", "HF_TOKEN"
MAX_ARGUMENTS_CHARACTERS = 20_000


@dataclass(frozen=True)
class CodeFile:
    """File in a value: the name that the reader's own file has, in the folder of the program."""

    name: str = "votre_fichier.txt"
    media_type: str = ""


@dataclass(frozen=True)
class CodeCall:
    """Call to render as code.

    Args:
        space: `owner/name`, or a URL; '' for a Space whose URL is private (then read from
            SPACE_URL).
        address: `https://<label>.hf.space`, or that of the practice Space; '' where it is private.
        endpoint: its name, with the slash.
        arguments: JSON values by parameter name, in the endpoint's order; a `CodeFile` for each
            file.
        prefix: of the Space's API, `/gradio_api` since Gradio 5.
        needs_token: does the Space receive the token?
        is_positional: must all values be passed by position, because two parameters share a name
            or a value has none?
        has_named_route: does the Space's Gradio have the route `/call/v2`?
        omits_defaults: are long defaults of the Space left out, which it inserts itself?
        state_places: the indexes of session state among all inputs, where a list of values for the
            REST route needs null; the clients insert it.
    """

    space: str
    address: str
    endpoint: str
    arguments: Mapping[str, Any]
    prefix: str = "/gradio_api"
    needs_token: bool = False
    is_positional: bool = False
    has_named_route: bool = False
    omits_defaults: bool = False
    state_places: tuple[int, ...] = ()

    @cached_property
    def arguments_text(self) -> str:
        """Names and values as one JSON text, to be measured and searched."""
        return json.dumps([*self.arguments.items()], ensure_ascii=False, default=str)

    @property
    def has_files(self) -> bool:
        return contains_file([*self.arguments.values()])

    @property
    def environment_variables(self) -> list[str]:
        """Names of the environment variables that the code reads."""
        return [*([SPACE_VARIABLE] if not self.space else []), *([HUB_VARIABLE] if self.needs_token else [])]

    @property
    def has_reserved_name(self) -> bool:
        """Does a parameter have a name that `predict` of gradio_client reserves?"""
        return not RESERVED_ARGUMENTS.isdisjoint(self.arguments)

    @property
    def is_too_long(self) -> bool:
        """Are its values too long for a program that is read and copied?"""
        return len(self.arguments_text) > MAX_ARGUMENTS_CHARACTERS


def iter_files(value: Any) -> Iterator[CodeFile]:
    """Yield the files in a value, in order, repeated ones included."""
    return find_nodes(value, is_code_file)


def contains_file(value: Any) -> bool:
    """Does this value contain a file?"""
    return contains_node(value, is_code_file)


def is_code_file(node: Any) -> bool:
    """Is this node of a value a file?"""
    return isinstance(node, CodeFile)


def list_call_file_names(call: CodeCall) -> list[str]:
    """Return the name of each file of the call, once."""
    return list(dict.fromkeys(file.name for file in iter_files([*call.arguments.values()])))


def replace_files(value: Any, replace: Callable[[CodeFile], Any]) -> Any:
    """Return the value with `replace(file)` in place of each file."""
    return map_nodes(value, lambda node: replace(node) if is_code_file(node) else DESCEND)


def make_file_data(name: str, path: str) -> dict[str, Any]:
    """Return Gradio's JSON for a file: the one at `path` on the Space, or on this machine for gradio_client."""
    return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}


def find_unused_marker(call: CodeCall, marker: str) -> str:
    """Return `marker`, lengthened until no untrusted name or value contains it."""
    while marker in call.arguments_text:
        marker += "_"
    return marker
