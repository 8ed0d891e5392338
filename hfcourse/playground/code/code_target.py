"""Space that the code of a call names: how its reader reaches it, and what its Gradio accepts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hfcourse.playground import practice_url
from hfcourse.playground.code.languages.code_call import CodeCall
from hfcourse.spaces import catalogue
from hfcourse.spaces.catalogue import CatalogueEntry
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.parameters.fixed_inputs import FixedInputs, insert_fixed_inputs

if TYPE_CHECKING:  # gradio_client takes half a second to import
    from hfcourse.spaces.client.space_client import SpaceClient

# First Gradio version with the route `/call/v2`, which accepts values by name (gradio's changelog, April 2026).
NAMED_ROUTE_VERSION = (6, 13)
HUB_ADDRESS = re.compile(r"https://[a-z0-9-]+\.hf\.space", re.ASCII)


@dataclass(frozen=True)
class CodeTarget:
    """Space to call; its first fields are those of `CodeCall`.

    Attributes:
        states: whether each input of the endpoint is session state, in order; () if unknown.
        fixed_inputs: the inputs that /info omits, by position (see fixed_inputs.py).
    """

    space: str
    address: str
    prefix: str = "/gradio_api"
    needs_token: bool = False
    has_named_route: bool = False
    states: Sequence[bool] = ()
    fixed_inputs: FixedInputs = field(default_factory=dict)


def make_target(entry: CatalogueEntry, url: str = "", gradio: str = "") -> CodeTarget:
    """Return the target of a Space; the URL of one outside the Hub is not revealed.

    Args:
        url: where the site reaches it, '' if that is not known now.
        gradio: Gradio version of the Space, which decides the API's URL; '' if it is not known now.
    """
    is_practice = entry.id == catalogue.PRACTICE_SPACE_ID
    has_public_url = HUB_ADDRESS.fullmatch(url) is not None
    is_hub_space = not (entry.url or is_practice)
    public_address = practice_url.get_reachable_url().rstrip("/") if is_practice else ""
    address = url if has_public_url else public_address
    return CodeTarget(
        space=entry.id if has_public_url or (is_hub_space and not url) else address,
        address=address,
        prefix="" if gradio.startswith("4.") else "/gradio_api",
        needs_token=entry.token,
        has_named_route=parse_version(gradio) >= NAMED_ROUTE_VERSION,
    )


def make_endpoint_target(entry: CatalogueEntry, connection: "SpaceClient", endpoint: Endpoint) -> CodeTarget:
    """Return the target of an endpoint, with the inputs that callers of gradio_client do not send."""
    target = make_target(entry, connection.url, connection.description.gradio_version)
    if not (endpoint.fixed_inputs or endpoint.has_session_state):
        return target
    known = connection.described_client.get_named_endpoint(endpoint.name)
    states = [kind.is_state for kind in known.input_component_types]
    return replace(target, fixed_inputs=endpoint.fixed_inputs, states=states)


def make_call(target: CodeTarget, endpoint: str, values: Mapping[str, Any], *, is_named: bool = True) -> CodeCall:
    """Return the call of an endpoint with these values, in its order.

    gradio_client inserts session state, and no other input that /info omits: those are passed among
    the values, which then go by position.

    Args:
        is_named: does each parameter have a name of its own?
    """
    arguments = dict(values)
    if target.fixed_inputs:
        complete = insert_fixed_inputs([*values.values()], target.fixed_inputs, target.states)
        sent = [value for value, is_state in zip(complete, target.states, strict=False) if not is_state]
        arguments = {str(place): value for place, value in enumerate(sent)}
    return CodeCall(
        space=target.space,
        address=target.address,
        endpoint=endpoint,
        arguments=arguments,
        prefix=target.prefix,
        needs_token=target.needs_token,
        is_positional=not is_named or bool(target.fixed_inputs),
        has_named_route=target.has_named_route,
        state_places=tuple(place for place, is_state in enumerate(target.states) if is_state),
    )


def parse_version(gradio: str) -> tuple[int, ...]:
    """Parse at most two leading numbers of a version: (6, 31) of « 6.31.0 », () of anything else."""
    match = re.match(r"(\d{1,4})(?:\.(\d{1,4}))?", gradio, re.ASCII)
    return tuple(int(number) for number in match.groups() if number) if match else ()
