"""Sanitized HTML page of a Space, for a sandboxed preview: its styles stay, all that opens a connection goes. Pure."""

import re
from itertools import islice

from hfcourse.runs.outputs.html_sanitizer import TEXT_TAGS, HtmlPolicy
from hfcourse.runs.outputs.untrusted_markdown import EXTERNAL_URL
from hfcourse.text.typography import typeset_french

# Elements of a Space's page that affect its appearance. A frame, an object or a `link` opens a connection before the
# CSP of the response blocks it; `base`, `meta` and forms are useless in a preview.
PREVIEW_TAGS = (TEXT_TAGS | {
    *("style", "section", "main", "address", "font", "big", "button", "label", "progress", "meter"),
    *("svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "title", "desc"),
    *("defs", "linearGradient", "radialGradient", "stop", "clipPath", "marker", "symbol"),
}) - {"map", "area"}  # fmt: skip
PREVIEW_ATTRIBUTES = {
    "*": {"style", "class", "id", "title", "lang", "dir", "role", "align", "valign", "width", "height", "bgcolor",
          "border", "cellpadding", "cellspacing", "colspan", "rowspan", "open", "value", "max", "min", "start", "color",
          "viewBox", "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "points", "fill", "stroke",
          "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray", "opacity", "fill-opacity", "offset",
          "stop-color", "transform", "text-anchor", "clip-path", "gradientUnits",
          "font-size", "font-family", "font-weight", "dx", "dy"},
    "img": {"src", "alt"},
    "a": {"href"},
}  # fmt: skip
# An address in a style, in any notation: a backslash begins an escape, a comment is allowed anywhere.
STYLE_ADDRESS = re.compile(r"url|@import|image(?:-set)?\s*\(|src\s*\(|//|\\", re.IGNORECASE)
STYLE_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
LOCAL_REFERENCE = re.compile(r"\s*url\(#[\w-]+\)\s*", re.ASCII)
STYLE_SHEET = re.compile(r"<style[^<>]*>(.*?)(?:</style>|\Z)", re.IGNORECASE | re.DOTALL)
STYLE_ATTRIBUTES = ("style", "fill", "stroke", "clip-path")
MAX_PREVIEW_CHARACTERS = 500_000
# Limit of elements that can nest. 100,000 of them take half a minute to sanitize, 10,000 a quarter second.
MAX_PREVIEW_ELEMENTS = 8_000
NESTING_TAG = re.compile(r"<(?!(?:p|br|hr|img|li|dt|dd|tr|t[dh]|tbody|thead|option)\b)[a-z]", re.IGNORECASE | re.ASCII)
PREVIEW_CUT_NOTICE = typeset_french(
    "<p><em>La suite n’est pas montrée : cette page est trop longue pour un aperçu.</em></p>"
)


def filter_preview_attribute(tag: str, name: str, value: str) -> str | None:
    """Drop attributes that would send a request: images other than `data:`, addresses in styles."""
    if name == "src":
        return value if value.lstrip().lower().startswith("data:image/") else None
    if name == "href":
        return value if EXTERNAL_URL.match(value) or value.startswith("#") else None
    if name == "style":
        value = STYLE_COMMENT.sub(" ", value)
    elif LOCAL_REFERENCE.fullmatch(value):
        return value
    return None if name in STYLE_ATTRIBUTES and STYLE_ADDRESS.search(value) else value


PREVIEW_POLICY = HtmlPolicy(
    tags=PREVIEW_TAGS,
    attributes=PREVIEW_ATTRIBUTES,
    url_schemes=frozenset({"http", "https", "data"}),
    dropped_content_tags=frozenset({"script"}),
    filter_attribute=filter_preview_attribute,
)


def clean_preview(html: str) -> str:
    """Sanitize the HTML page of a Space: remove all that opens a connection, retain its styles."""
    excerpt = cut_preview(html)
    cleaned = STYLE_SHEET.sub(filter_style_sheet, PREVIEW_POLICY.sanitize(excerpt))
    return cleaned + PREVIEW_CUT_NOTICE if len(excerpt) < len(html) else cleaned


def cut_preview(html: str) -> str:
    """Truncate a page so that it is sanitized in a fraction of a second: the time is quadratic in its depth."""
    openings = NESTING_TAG.finditer(html, 0, MAX_PREVIEW_CHARACTERS)
    beyond = next(islice(openings, MAX_PREVIEW_ELEMENTS, None), None)
    return html[: beyond.start() if beyond else MAX_PREVIEW_CHARACTERS]


def filter_style_sheet(found: re.Match[str]) -> str:
    """Return a style sheet without its comments, '' if it contains an address."""
    rules = STYLE_COMMENT.sub(" ", found[1])
    return "" if STYLE_ADDRESS.search(rules) else f"<style>{rules}</style>"
