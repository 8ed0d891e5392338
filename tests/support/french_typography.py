"""Find mistakes of French typography, spelling and wording in a rendered page."""

import re

from bs4 import BeautifulSoup
from bs4.element import Comment, Doctype, Tag

from hfcourse.text.typography import NARROW_NO_BREAK, NO_BREAK
from tests.support.spelling import find_unknown_words

# What is no French: a machine's words, a drawing, a quotation in another language. One character stands
# for each, so that the punctuation around it is read.
# What an example of a Space fills in is the author's, and so is what a run returned, in a list of runs.
FOREIGN_SELECTOR = "code, pre, script, style, svg, textarea, [lang]:not(html), .examples .example-value, .excerpt b"


FOREIGN_PLACEHOLDER = "\ufffc"


# What is not spelled: the name of a component or of a parameter, beside its French label; a passage that was found,
# which may be of a program.
UNSPELLED_SELECTOR = ".mono, .label small, .results p"


MACHINE_READ_META = ("viewport", "color-scheme", "robots", "htmx-config", "og:type", "og:locale")


# Beside these, words stand in one line; any other element begins and ends a line of its own.
INLINE_TAGS = {"a", "abbr", "b", "bdi", "br", "dfn", "em", "i", "kbd", "label", "mark", "q", "small", "span", "strong"}


INLINE_TAGS |= {"sub", "sup", "time"}


TEXT_ATTRIBUTES = ("alt", "aria-description", "aria-label", "content", "label", "placeholder", "title")


URL_PATTERN = re.compile(r"\b(?:https?://|www\.)[^\s«»]*[^\s«».,;:!?)]")


TYPOGRAPHY_FAULTS = {
    "no U+202F before ; ! ?": re.compile(rf"(?<![{NARROW_NO_BREAK}!?])[;!?]"),
    # Between figures, as in a time of day, a colon is no punctuation.
    "no U+00A0 before :": re.compile(rf"(?<!{NO_BREAK}):(?!(?<=\d:)\d)"),
    "no U+00A0 before »": re.compile(rf"(?<!{NO_BREAK})»"),
    "no U+00A0 after «": re.compile(rf"«(?!{NO_BREAK})"),
    "a straight apostrophe": re.compile(r"'"),
    "three dots": re.compile(r"\.\.\."),
}


def find_typography_faults(text: str) -> list[str]:
    """What is wrong in a French text, each with the words around it."""
    text = URL_PATTERN.sub(FOREIGN_PLACEHOLDER, text)
    return [
        f"{name}: {text[max(0, found.start() - 30) : found.end() + 15]!r}"
        for name, pattern in TYPOGRAPHY_FAULTS.items()
        for found in pattern.finditer(text)
    ]


def extract_text_lines(page: BeautifulSoup) -> list[str]:
    """The French text of a page, a line for each of its blocks."""
    for node in page.find_all(string=lambda text: isinstance(text, Comment | Doctype)):
        node.extract()
    for foreign in page.select(FOREIGN_SELECTOR):
        if foreign.parent:
            foreign.replace_with(FOREIGN_PLACEHOLDER)
    for block in page.find_all(lambda tag: tag.name not in INLINE_TAGS):
        block.insert_before("\0")
        block.append("\0")
        block.insert(0, "\0")
        block.insert_after("\0")
    return [line for line in page.get_text().split("\0") if line.strip()]


def extract_text_attributes(page: BeautifulSoup) -> list[str]:
    """The French text that stands in attributes, what a machine reads left out."""
    tags: list[Tag] = [
        tag for tag in page.find_all(True) if not {tag.get("name"), tag.get("property")}.intersection(MACHINE_READ_META)
    ]
    return [str(tag[name]) for tag in tags if not tag.get("lang") for name in TEXT_ATTRIBUTES if tag.has_attr(name)]


def find_page_typography_faults(page: BeautifulSoup) -> list[str]:
    """What is wrong in the text and the attributes of a page."""
    return [
        fault
        for text in [*extract_text_attributes(page), *extract_text_lines(page)]
        for fault in find_typography_faults(text)
    ]


def find_misspellings(*texts: str) -> list[str]:
    """The words of these texts that nobody knows."""
    unknown = {word for text in texts for word in find_unknown_words(URL_PATTERN.sub(FOREIGN_PLACEHOLDER, text))}
    return [f"in no dictionary, nor in tests/data/words.txt: {word}" for word in sorted(unknown)]


def find_language_errors(page: BeautifulSoup) -> list[str]:
    """What is wrong, spelling included, in a page whose every word is ours."""
    faults = find_page_typography_faults(page)  # which puts a stand-in where words are foreign
    for name in page.select(UNSPELLED_SELECTOR):
        name.decompose()
    return faults + find_misspellings(*extract_text_attributes(page), *page.find_all(string=True))
