"""The seed of a random generator, and the box beside it that has the Space draw another each time. Pure.

Nearly every image Space has both: « Seed » and « Randomize seed ». While the box is ticked the seed is not used, and a
beginner who changes it sees nothing change.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.sections import CAPTION_KIND, FormSection

SEED_KIND = "seed"
SEED_WORD = re.compile(r"(?<![^\W_])(seeds?|graines?)(?![^\W_])", re.IGNORECASE)
RANDOM_WORD = re.compile(r"(?<![^\W_])(rand|random|randomi[sz]ed?|shuffle|aléatoires?|hasard)(?![^\W_])", re.IGNORECASE)
# How far from its seed, in fields of the same part of the page, a box may be.
MAX_DISTANCE = 3

SectionParts = tuple[str | FormSection, ...]


@dataclass(frozen=True)
class SeedPair:
    """The names of a seed and of the box that replaces it by chance."""

    seed: str
    box: str


def pair_seeds(section: FormSection, parameters: Mapping[str, Parameter]) -> FormSection:
    """Put each seed and its box side by side: in one section of the page, near each other, named as such.

    A label that speaks of a seed but not of chance (« Fixed seed ») is no such box: it means the contrary.
    """
    pairs = {pair.seed: pair for pair in find_seed_pairs(section, parameters)}
    boxes = {pair.box for pair in pairs.values()}
    return replace(section, parts=rebuild_parts(section.parts, pairs, boxes)) if pairs else section


def find_seed_pairs(section: FormSection, parameters: Mapping[str, Parameter]) -> Iterator[SeedPair]:
    """Yield the pairs of each part of the page on its own: of an accordion, of a tab, of what is in neither."""
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
    """Yield the names of the parameters that stand together: rows and columns are no borders, labels are."""
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
    return parameter.control in ("number", "slider") and any(map(SEED_WORD.search, get_label_and_name(parameter)))


def is_randomize_checkbox(parameter: Parameter, has_one_seed: bool) -> bool:
    """Is it a box that speaks of chance, and of a seed unless there is only one?"""
    words = get_label_and_name(parameter)
    is_of_seed = has_one_seed or any(map(SEED_WORD.search, words))
    return parameter.control == "checkbox" and is_of_seed and any(map(RANDOM_WORD.search, words))


def get_label_and_name(parameter: Parameter) -> tuple[str, str]:
    return parameter.label, parameter.name


def rebuild_parts(parts: SectionParts, pairs: Mapping[str, SeedPair], boxes: set[str]) -> SectionParts:
    """The parts with each seed followed by its box, in a section of the kind SEED_KIND."""
    found: list[str | FormSection] = []
    for part in parts:
        if isinstance(part, FormSection):
            inner = rebuild_parts(part.parts, pairs, boxes)
            is_kept = len(inner) > 1 or part.has_label or part.kind == CAPTION_KIND
            found += [replace(part, parts=inner)] if is_kept else inner
        elif part in pairs:
            found.append(FormSection(SEED_KIND, parts=(part, pairs[part].box)))
        elif part not in boxes:
            found.append(part)
    return tuple(found)
