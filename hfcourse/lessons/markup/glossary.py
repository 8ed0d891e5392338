"""The glossary: parsed from glossary.toml; a lesson links each term where it first uses it. Pure."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from markdown_it.token import Token

from hfcourse.lessons.markup.directives import DIRECTIVE_CLOSE, DIRECTIVE_OPEN
from hfcourse.lessons.syntax import inlines
from hfcourse.lessons.syntax.context import LintError, RenderContext
from hfcourse.lessons.syntax.parser import LESSON_PARSER, extract_plain_text, render_first_paragraph, slugify
from hfcourse.text.file_errors import TOML_FAILURES
from hfcourse.text.typography import typeset_french

GLOSSARY_URL_PATH = "/glossaire"
TERM_TEXT_FIELDS = ("term", "definition", "lang", "english")
REQUIRED_TERM_FIELDS = ("term", "definition")
# Directives without links: clickable controls, captions beside a drawing, text that few readers
# see.
UNLINKED_DIRECTIVES = {"quiz", "ordre", "checklist", "figure", "enseignant", "edition"}


@dataclass(frozen=True)
class GlossaryTerm:
    """A term: its spellings, and its definition as text and as HTML."""

    anchor: str
    name: str
    lang: str
    english: str
    forms: tuple[str, ...]
    text: str
    html: str


@dataclass(frozen=True)
class Glossary:
    """The terms in alphabetical order, and the lint errors of the file."""

    terms: tuple[GlossaryTerm, ...] = ()
    lint_errors: tuple[LintError, ...] = ()


def is_valid_term(entry: Any) -> bool:
    """Is an entry valid: known fields, all texts, the required ones present?"""
    if not isinstance(entry, dict) or not entry.keys() <= {*TERM_TEXT_FIELDS, "forms"}:
        return False
    forms, texts = entry.get("forms", []), [entry.get(name, "") for name in TERM_TEXT_FIELDS]
    lists = isinstance(forms, list) and all(isinstance(form, str) and form.strip() for form in forms)
    return (
        lists and all(isinstance(text, str) for text in texts) and all(entry.get(name) for name in REQUIRED_TERM_FIELDS)
    )


def read_term(entry: dict[str, Any], line: int, context: RenderContext) -> GlossaryTerm:
    """Parse one entry; its definition is one paragraph of lesson Markdown."""
    tokens = LESSON_PARSER.parse(entry["definition"])
    for token in tokens:
        if token.type == "inline":
            inlines.process_inline(token, context)
    if [token.type for token in tokens] != ["paragraph_open", "inline", "paragraph_close"]:
        problem = "la définition de « {term} » n'est pas un seul paragraphe."
        context.add_error(line, problem, "Écrivez une ou deux phrases.", term=entry["term"])
    name = typeset_french(entry["term"])
    forms = (name, *(typeset_french(form) for form in entry.get("forms", [])))
    text = extract_plain_text(tokens[1]) if len(tokens) > 1 else ""
    return GlossaryTerm(
        slugify(name),
        name,
        entry.get("lang", ""),
        entry.get("english", ""),
        forms,
        text,
        render_first_paragraph(tokens),
    )


@lru_cache(maxsize=4)
def parse_glossary(source: str) -> Glossary:
    """Parse the glossary, cached by its text; an invalid entry is a lint error, and is left out."""
    context = RenderContext({}, {})
    try:
        entries = tomllib.loads(source).get("term", [])
    except TOML_FAILURES as error:
        context.note_toml_error(error, source)
        entries = []
    starts = [number for number, text in enumerate(source.split("\n"), start=1) if text.strip() == "[[term]]"]
    terms: dict[str, GlossaryTerm] = {}
    for entry, line in zip(entries, starts, strict=False):
        if not is_valid_term(entry):
            problem = "un champ de cette entrée manque, est mal écrit ou est inconnu (écrits : {found})."
            advice = "Écrivez term et definition, et s'il y a lieu lang, english et forms."
            context.add_error(line, problem, advice, found=", ".join(entry) or "aucun")
            continue
        term = read_term(entry, line, context)
        for form in term.forms:
            if any(form.lower() == other.lower() for each in terms.values() for other in each.forms):
                context.add_error(line, "« {form} » a déjà une entrée.", "N'écrivez chaque mot qu'une fois.", form=form)
        terms.setdefault(term.anchor, term)
    return Glossary(tuple(sorted(terms.values(), key=lambda term: term.anchor)), tuple(sorted(context.lint_errors)))


class TermLinker:
    """A pass that links each term where a lesson first uses it; collects the terms in `linked_terms`."""

    def __init__(self, terms: Sequence[GlossaryTerm]) -> None:
        self.terms_by_form = {form.lower(): term for term in terms for form in term.forms}
        self.terms_by_anchor = {term.anchor: term for term in terms}
        self.linked_terms: dict[str, GlossaryTerm] = {}
        forms = "|".join(re.escape(form) for form in sorted(self.terms_by_form, key=len, reverse=True))
        self.pattern = re.compile(rf"(?<![\w-])({forms})(s?)(?![\w-])", re.IGNORECASE) if forms else None

    def link_terms(self, tokens: Sequence[Token]) -> None:
        """Link the terms in the tokens of a lesson, except in headings and some directives."""
        enclosing: list[str] = []
        for place, token in enumerate(tokens):
            if token.type == DIRECTIVE_OPEN:
                enclosing.append(token.info.split()[0] if token.info.strip() else "")
            elif token.type == DIRECTIVE_CLOSE:
                enclosing.pop()
            in_heading = place and tokens[place - 1].type == "heading_open"
            if token.type == "inline" and not in_heading and not UNLINKED_DIRECTIVES & set(enclosing):
                token.children = list(self.link_paragraph(token.children or []))

    def link_paragraph(self, children: Sequence[Token]) -> Iterator[Token]:
        """Yield the tokens of one paragraph, with a link around each first use of a term."""
        depth = 0
        for token in children:
            if token.type == "link_open":
                depth += 1
                self.record_existing_link(token)
            elif token.type == "link_close":
                depth -= 1
            if token.type == "text" and not depth and self.pattern:
                yield from self.split_text(token)
            else:
                yield token

    def record_existing_link(self, opening: Token) -> None:
        """Record a link that the author has made to an entry: it is a first use too."""
        address, _, anchor = str(opening.attrGet("href")).partition("#")
        if address == GLOSSARY_URL_PATH and anchor in self.terms_by_anchor:
            opening.attrSet("class", "term")
            if anchor not in self.linked_terms:
                opening.attrSet("id", f"mot-{anchor}")
                self.linked_terms[anchor] = self.terms_by_anchor[anchor]

    def split_text(self, text: Token) -> Iterator[Token]:
        """Split a text token around the terms that it is the first to use."""
        end = 0
        for found in self.pattern.finditer(text.content) if self.pattern else ():
            term = self.terms_by_form[found[1].lower()]
            if term.anchor in self.linked_terms:
                continue
            self.linked_terms[term.anchor] = term
            yield Token("text", "", 0, content=text.content[end : found.start()])
            attrs: dict[str, str | int | float] = {
                "class": "term", "id": f"mot-{term.anchor}", "href": f"{GLOSSARY_URL_PATH}#{term.anchor}",
            }  # fmt: skip
            yield Token("link_open", "a", 1, attrs=attrs)
            yield Token("text", "", 0, content=found[0])
            yield Token("link_close", "a", -1)
            end = found.end()
        yield Token("text", "", 0, content=text.content[end:])


def render_definitions(terms: Sequence[GlossaryTerm]) -> str:
    """Render the definitions of a lesson's terms as popovers; without scripts, links lead to the glossary."""
    return "".join(
        f'<div class="definition" id="terme-{term.anchor}" popover autofocus tabindex="-1" role="note">'
        f"<p><b{build_lang_attribute(term)}>{escape(term.name)}</b> {term.html}</p>"
        f'<p><a href="{GLOSSARY_URL_PATH}#{term.anchor}">Tout le glossaire</a></p></div>\n'
        for term in terms
    )


def build_lang_attribute(term: GlossaryTerm) -> str:
    """Return the `lang` attribute of a term; '' if it is French."""
    return f' lang="{escape(term.lang)}"' if term.lang else ""
