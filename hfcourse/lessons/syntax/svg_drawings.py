"""The SVG drawings of figures: wide ones, and narrow variants for less than 42 rem. Pure.

`X.narrow.svg` in static/figures is the narrow variant of `X.svg`. Both are in the page, and the
style sheet hides one of them with `display: none`, so that a screen reader meets each figure once.
"""

import re
from collections.abc import Mapping

from hfcourse.lessons.syntax.context import DID_YOU_MEAN, LintError, find_near, make_fault

WIDE_SUFFIX, NARROW_SUFFIX = ".svg", ".narrow.svg"
SVG_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
FALLBACK_COLOUR = re.compile(r"(var\(--[\w-]+), [^()\"]*\)")
OPENING_TAG = re.compile(r"<svg\b[^>]*>")
CLASS_ATTRIBUTE = re.compile(r'\sclass="[^"]*"')
SVG_ID = re.compile(r'\sid="([^"]*)"')
# Markers are drawn in the colour of text on amber; other texts of a drawing may be digits too.
MARKER_GROUP = re.compile(r'<g\b[^>]*\bfill="var\(--on-amber\b[^>]*>(.*?)</g>', re.DOTALL)
MARKER_NUMBER = re.compile(r">\s*(\d+)\s*</text>")


def minify_drawing(source: str) -> str:
    """Remove what only a stand-alone SVG needs: prolog, namespace, fallback colours, line breaks.

    A lesson may weigh 40 kB, and its drawings are a sixth of that.
    """
    source = source[max(source.find("<svg"), 0) :].strip().replace(SVG_NAMESPACE, "", 1)
    return re.sub(r">\s*\n\s*<", "><", FALLBACK_COLOUR.sub(r"\1)", source))


def add_narrow_class(drawing: str) -> str:
    """Add the class `narrow`, which the style sheet selects, to a drawing."""

    def write_class(tag: re.Match[str]) -> str:
        return '<svg class="figure-narrow"' + CLASS_ATTRIBUTE.sub("", tag[0]).removeprefix("<svg")

    return OPENING_TAG.sub(write_class, drawing, count=1)


def has_narrow_drawing(html: str) -> bool:
    """Does the HTML of a figure contain a narrow drawing?"""
    return '<svg class="figure-narrow"' in html


def list_marker_numbers(html: str) -> list[list[str]]:
    """Return the marker numbers of each drawing of a figure, without duplicates, sorted."""
    drawings = [piece for piece in re.split(r"(?=<svg\b)", html) if piece.startswith("<svg")]
    found = [
        {number for group in MARKER_GROUP.findall(piece) for number in MARKER_NUMBER.findall(group)}
        for piece in drawings
    ]
    return [sorted(numbers, key=int) for numbers in found]


def find_wrong_numbers(html: str, caption_numbers: list[str]) -> list[str] | None:
    """Return the first drawing's numbers that differ from the caption's.

    Returns:
        None if all are the same, or no drawing has any.
    """
    numbers = list_marker_numbers(html)
    return next((each for each in numbers if each != caption_numbers), None) if any(numbers) else None


def pair_drawings(sources: Mapping[str, str], folder: str) -> tuple[dict[str, str], list[LintError]]:
    """Pair each wide drawing with its narrow variant.

    Args:
        sources: the text of each SVG file, by its name.
        folder: the path of their folder, for lint errors.

    Returns:
        The HTML of each figure by the name of its wide drawing, and the lint errors.
    """
    wide = {name: minify_drawing(text) for name, text in sources.items() if not name.endswith(NARROW_SUFFIX)}
    paired, faults = dict(wide), []
    for name in sorted(sources.keys() - wide.keys()):
        of_wide, narrow = name.removesuffix(NARROW_SUFFIX) + WIDE_SUFFIX, minify_drawing(sources[name])
        path = f"{folder}/{name}"
        if of_wide not in wide:
            near = find_near(of_wide, wide)
            advice = DID_YOU_MEAN if near else "Dessinez {of_wide}, ou retirez celui-ci."
            near = near.removesuffix(WIDE_SUFFIX) + NARROW_SUFFIX
            problem = "ce dessin étroit n'a pas de dessin large."
            faults.append(make_fault(path, 1, problem, advice, near=near, of_wide=of_wide))
            continue
        if shared := sorted(set(SVG_ID.findall(narrow)) & set(SVG_ID.findall(wide[of_wide]))):
            problem = "le dessin large a les mêmes id : {ids}."
            advice = "Les deux sont dans une même page : donnez à celui-ci des id à lui."
            faults.append(make_fault(path, 1, problem, advice, ids=", ".join(shared)))
        paired[of_wide] += add_narrow_class(narrow)
    return paired, faults
