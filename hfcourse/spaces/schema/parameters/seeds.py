"""Pairing of a random seed with the checkbox that randomizes it. Pure.

Nearly every image Space has both: « Seed » and « Randomize seed ». While the box is ticked, the seed is ignored,
and a beginner who changes it sees no effect.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.sections import CAPTION_KIND, FormSection

SEED_KIND = "seed"
SEED_WORD = re.compile(r"(?<![^\W_])(seeds?|graines?)(?![^\W_])", re.IGNORECASE)
RANDOM_WORD = re.compile(r"(?<![^\W_])(rand|random|randomi[sz]ed?|shuffle|aléatoires?|hasard)(?![^\W_])", re.IGNORECASE)
# Between a seed and its checkbox, in fields of the same group.
MAX_DISTANCE = 3

SectionParts = tuple[str | FormSection, ...]


@dataclass(frozen=True)
class SeedPair:
    """Names of a seed and of the checkbox that randomizes it."""

    seed: str
    box: str


def pair_seeds(section: FormSection, parameters: Mapping[str, Parameter]) -> FormSection:
    """Group each seed and its checkbox in a section, if they are in the same group and close to each other.

    A checkbox whose label mentions a seed but not randomness (« Fixed seed ») has the opposite meaning and is
    not paired.
    """
    pairs = {pair.seed: pair for pair in find_seed_pairs(section, parameters)}
    boxes = {pair.box for pair in pairs.values()}
    return replace(section, parts=rebuild_parts(section.parts, pairs, boxes)) if pairs else section


def find_seed_pairs(section: FormSection, parameters: Mapping[str, Parameter]) -> Iterator[SeedPair]:
    """Yield the pairs in each group: in an accordion, in a tab, and outside of them."""
    for group in iter_parameter_groups(section):
        seeds = [place for place, name in enumerate(group) if is_seed(parameters[name])]
        for place, name in enumerate(group):
            if not is_randomize_checkbox(parameters[name], has_one_seed=len(seeds) == 1):
                continue
            nearest = min(seeds, key=lambda seed: abs(seed - place), default=None)
            if nearest is not None and abs(nearest - place) <= MAX_DISTANCE:
                seeds.remove(nearest)
                yield SeedPair(group[nearest], name)


def iter_parameter_groups(section: FormSection) -> Iterator[list[str]]:
    """Yield groups of parameter names: labelled sections separate groups, rows and columns do not."""
    own: list[str] = []

    def collect(parts: SectionParts) -> Iterator[FormSection]:
        for part in parts:
            if isinstance(part, str):
                own.append(part)
            elif part.has_label:
                yield part
            else:
                yield from collect(part.parts)

    inner = [*collect(section.parts)]
    yield own
    for each in inner:
        yield from iter_parameter_groups(each)


def is_seed(parameter: Parameter) -> bool:
    """Is this a number whose label or name mentions a seed?"""
    return parameter.control in ("number", "slider") and any(map(SEED_WORD.search, get_label_and_name(parameter)))


def is_randomize_checkbox(parameter: Parameter, has_one_seed: bool) -> bool:
    """Is this a checkbox that mentions randomness, and a seed unless the group has only one?"""
    words = get_label_and_name(parameter)
    is_of_seed = has_one_seed or any(map(SEED_WORD.search, words))
    return parameter.control == "checkbox" and is_of_seed and any(map(RANDOM_WORD.search, words))


def get_label_and_name(parameter: Parameter) -> tuple[str, str]:
    """Return the two texts that are searched for keywords."""
    return parameter.label, parameter.name


def rebuild_parts(parts: SectionParts, pairs: Mapping[str, SeedPair], boxes: set[str]) -> SectionParts:
    """Replace each paired seed by a section of kind SEED_KIND with the seed and its checkbox."""
    found: list[str | FormSection] = []
    for part in parts:
        if isinstance(part, FormSection):
            inner = rebuild_parts(part.parts, pairs, boxes)
            is_section = len(inner) > 1 or part.has_label or part.kind == CAPTION_KIND
            found += [replace(part, parts=inner)] if is_section else inner
        elif part in pairs:
            found.append(FormSection(SEED_KIND, parts=(part, pairs[part].box)))
        elif part not in boxes:
            found.append(part)
    return tuple(found)
