"""The classes of the style sheets are those of the markup: no dead rule, no class without a meaning."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from pygments.token import STANDARD_TYPES

from hfcourse.config import ROOT

STYLE_SHEETS = sorted(ROOT.glob("static/css/*.css"))
SCRIPTS = sorted(ROOT.glob("static/js/**/*.js"))
MARKUP = [
    *ROOT.glob("templates/**/*.html"),
    *ROOT.glob("static/figures/*.svg"),
    *(path for path in ROOT.glob("hfcourse/**/*.py") if "content" not in path.relative_to(ROOT).parts),
]
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SELECTOR = re.compile(r"([^{};]*)\{")
CLASS_SELECTOR = re.compile(r"\.([A-Za-z_][\w-]*)")
CLASS_ATTRIBUTE = re.compile(r"(?<![\w-])class=([\"'])")
# A quoted class of an expression; not a key or what is compared: {"row": "field-row"}[kind], 'a' if x == 'b'
QUOTED = re.compile(r"""(?P<before>[=!]=\s*|[{,]\s*)?(["'])(?P<names>(?:(?!\2).)*)\2(?P<after>\s*(?::|[=!]=))?""")
NAME = re.compile(r"(?<![\w-])[A-Za-z][\w-]*")
SET_BY_CODE = re.compile(
    r"""(?:className\s*=|classList\.(?:add|toggle)\()([^;\n]*)|(?:className:|attrSet\("class",|"class":)([^,;)}\n]*)"""
)
PYGMENTS_CLASSES = set(STANDARD_TYPES.values())
# Found again in the HTML by html_blocks.py, for the single page.
HOOKS_OF_CODE = {"download-link"}
# Put into an attribute by variables: the verdicts of exercises and the kinds of JSON values.
NAMED_BY_VARIABLES = {
    "hfcourse/lessons/exercises/quiz.py": {"correct", "incorrect"},
    "hfcourse/lessons/exercises/ordering.py": {"correct", "incorrect", "message--success", "message--error"},
    "hfcourse/runs/outputs/json_tree.py": {"string", "number", "word"},
}


def read_selector_classes(paths: list[Path]) -> set[str]:
    """Return the classes that style sheets select."""
    sources = (COMMENT.sub("", path.read_text("utf-8")) for path in paths)
    return {name for css in sources for selector in SELECTOR.findall(css) for name in CLASS_SELECTOR.findall(selector)}


def has_rule(name: str) -> bool:
    """Does a style sheet select this class, by its name or by its prefix?"""
    return name in SELECTED or name.startswith(SELECTED_PREFIXES)


def read_attribute(source: str, start: int, quote: str) -> tuple[list[str], list[str]]:
    """Return the literal texts of a class attribute that begins at `start`, and the expressions between them."""
    texts, expressions, depth = [""], [], 0
    for character in source[start : start + 600]:
        if character == quote and depth == 0:
            break
        if character == "{":
            depth += 1
            if depth == 1:
                expressions.append("")
        if depth:
            expressions[-1] += character
        else:
            texts[-1] += character
        if character == "}":
            depth -= 1
            if depth == 0:
                texts.append("")
    return texts, expressions


def find_classes(source: str) -> Iterator[str]:
    """Yield the classes that markup or code may set; one that ends with - is the beginning of composed ones."""
    for found in CLASS_ATTRIBUTE.finditer(source):
        texts, expressions = read_attribute(source, found.end(), found[1])
        yield from (name for text in texts for name in NAME.findall(text))
        yield from (name for each in expressions for name in find_quoted_classes(each))
    for found in SET_BY_CODE.finditer(source):
        yield from find_quoted_classes(found[1] or found[2])


def find_quoted_classes(expression: str) -> Iterator[str]:
    """Yield the classes in the strings of an expression."""
    for found in QUOTED.finditer(expression):
        is_compared = "=" in (found["before"] or "") + (found["after"] or "")
        if not is_compared and not (found["before"] and found["after"]):
            yield from NAME.findall(re.sub(r"\{[^}]*\}", "", found["names"]))


def collect_markup_classes() -> set[str]:
    """Return the classes of templates, figures, Python and scripts."""
    found = {name for path in (*MARKUP, *SCRIPTS) for name in find_classes(path.read_text("utf-8"))}
    return found.union(*NAMED_BY_VARIABLES.values())


SELECTED = read_selector_classes(STYLE_SHEETS)
SELECTED_PREFIXES = tuple(
    re.findall(r'\[class\^="([\w-]+)"\]', "".join(path.read_text("utf-8") for path in STYLE_SHEETS))
)
USED = collect_markup_classes()
PREFIXES = tuple(name for name in USED if name.endswith("-"))


@pytest.mark.parametrize(
    ("source", "classes"),
    [
        ('<p class="a b-c">', {"a", "b-c"}),
        ("<p class=\"a{{ ' b' if x == 'no' else \"c\" }}\">", {"a", "b", "c"}),
        ("<p class=\"{{ {'no': 'a b'}[x] }}\">", {"a", "b"}),
        ("<p class=\"a{{ ' a--' ~ kind if kind }}\">", {"a", "a--"}),
        ('f\'<p class="a{f" {b}" if c else " d"}">\'', {"a", "d"}),
        ('x.className = y ? "a" : "b"; z.classList.toggle("c", "no" === w);', {"a", "b", "c"}),
        ('<p data-class="no">class', set()),
    ],
)
def test_classes_are_found_in_markup_and_code(source: str, classes: set[str]) -> None:
    assert set(find_classes(source)) == classes


def test_each_class_of_the_style_sheets_is_used() -> None:
    unused = {name for name in SELECTED - USED - PYGMENTS_CLASSES if not name.startswith(PREFIXES)}
    assert unused == set()


def test_each_class_of_the_markup_has_a_rule_or_is_a_hook() -> None:
    hooks = {name for path in SCRIPTS for name in CLASS_SELECTOR.findall(path.read_text("utf-8"))} | HOOKS_OF_CODE
    unruled = {name for name in USED - hooks - PYGMENTS_CLASSES if not has_rule(name) and name not in PREFIXES}
    assert unruled == set()


def test_each_composed_class_has_a_rule() -> None:
    assert PREFIXES
    assert [prefix for prefix in PREFIXES if not any(name.startswith(prefix) for name in SELECTED)] == []


@pytest.mark.parametrize(("path", "classes"), NAMED_BY_VARIABLES.items())
def test_each_class_of_a_variable_is_in_its_module(path: str, classes: set[str]) -> None:
    source = (ROOT / path).read_text("utf-8")
    assert [name for name in sorted(classes) if not re.search(rf"""["'\s]{name}["']""", source)] == []


def read_linked_sheets(page: BeautifulSoup) -> list[Path]:
    """Return the style sheets that a page loads by itself."""
    names = [str(link["href"]).partition("?")[0].rpartition("/")[2] for link in page.select("link[rel=stylesheet]")]
    return [ROOT / "static/css" / name for name in names]


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/lecons/3-3-tester-un-space",
        "/lecons/3-2-compte-et-jeton/projeter",
        "/lecons/depuis-2025",
        "/glossaire",
        "/depannage",
        "/et-si/",
        "/et-si/coupure",
        "/imprimer",
        "/recherche?q=jeton",
        "/confidentialite",
        "/motifs",
        "/motifs/lecons",
        "/enseignant/",
        "/espaces/",
        "/essais/",
        "/essais/?q=rien",
        "/discussion/?espace=x",
        "/no-such-page",
    ],
)
def test_each_page_loads_the_style_sheets_of_its_classes(client: FlaskClient, address: str) -> None:
    page = BeautifulSoup(client.get(address).data, "html.parser")
    linked = read_linked_sheets(page)
    assert linked[0].name == "base.css"
    classes = {name for tag in page.select("[class]") for name in tag["class"]}
    assert sorted((classes & SELECTED) - read_selector_classes(linked)) == []


def test_colours_are_tokens() -> None:
    colour = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|light-dark)\(", re.IGNORECASE)
    declaration = re.compile(r"([\w-]+)\s*:([^;{}]*)[;}]")
    for path in STYLE_SHEETS:
        raw = [
            name
            for name, value in declaration.findall(COMMENT.sub("", path.read_text("utf-8")))
            if colour.search(value)
        ]
        assert [name for name in raw if not name.startswith("--")] == [], path.name
