"""Grouped list of a Space's endpoints: one item per chain and per family, twins omitted. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfcourse.spaces.schema.page.endpoint_families import MIN_FAMILY_SIZE
from hfcourse.spaces.schema.page.ranking import UNNAMED_ENDPOINT

if TYPE_CHECKING:
    from hfcourse.spaces.schema.endpoints.space_description import Endpoint


@dataclass(frozen=True)
class EndpointListItem:
    """List item: an endpoint and the endpoints nested under it.

    Attributes:
        before: the earlier steps of its chain.
        after: the later steps of its chain.
        family: the items of the same function on other components.
        twins: the duplicate endpoints, rendered only if one of them is open.
    """

    endpoint: "Endpoint"
    before: tuple["Endpoint", ...] = ()
    after: tuple["Endpoint", ...] = ()
    twins: tuple["Endpoint", ...] = ()
    family: tuple["EndpointListItem", ...] = ()

    @property
    def title(self) -> str:
        """Title of the item; a family of unnamed functions has a generic one."""
        return (
            "Fonctions sans nom"
            if self.family and UNNAMED_ENDPOINT.fullmatch(self.endpoint.name)
            else self.endpoint.title
        )

    def contains_endpoint(self, name: str) -> bool:
        """Is the endpoint with this name this item or nested under it?"""
        alone = (self.endpoint, *self.before, *self.after, *self.twins)
        return any(each.name == name for each in alone) or self.family_contains_endpoint(name)

    def family_contains_endpoint(self, name: str) -> bool:
        """Is the endpoint with this name in another item of the family?"""
        return any(line.contains_endpoint(name) for line in self.family)


def build_endpoint_list(heads: Sequence["Endpoint"], endpoints: Iterable["Endpoint"]) -> tuple[EndpointListItem, ...]:
    """Build an item for each of `heads`, in order, with the `endpoints` nested under it."""
    folded: dict[str, list[Endpoint]] = {}
    for each in endpoints:
        folded.setdefault(each.lead_name or each.twin_name, []).append(each)
    return tuple(gather_families([build_list_item(each, folded.get(each.name, ())) for each in heads]))


def build_list_item(head: "Endpoint", under: Sequence["Endpoint"]) -> EndpointListItem:
    """Build the item of an endpoint with its nested steps and twins."""
    return EndpointListItem(
        endpoint=head,
        before=tuple(each for each in under if each.lead_name and each.is_before_lead),
        after=tuple(each for each in under if each.lead_name and not each.is_before_lead),
        twins=tuple(each for each in under if not each.lead_name),
    )


def gather_families(lines: Sequence[EndpointListItem]) -> Iterator[EndpointListItem]:
    """Yield the items, those of a family of at least MIN_FAMILY_SIZE nested under its first item."""
    sizes = Counter(get_family_key(line) for line in lines)
    gathered: dict[tuple[str, str], list[EndpointListItem]] = {}
    for line in lines:
        gathered.setdefault(get_family_key(line), []).append(line)
    for line in lines:
        first, *others = gathered[get_family_key(line)]
        if sizes[get_family_key(line)] < MIN_FAMILY_SIZE:
            yield line
        elif line is first:
            yield EndpointListItem(line.endpoint, line.before, line.after, line.twins, tuple(others))


def get_family_key(line: EndpointListItem) -> tuple[str, str]:
    """Return the grouping key of a family: the name of the function, and the reason to collapse it."""
    return line.endpoint.base_name, line.endpoint.blocked_reason or line.endpoint.internal_reason
