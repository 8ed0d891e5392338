"""Dated facts about the outside world: parsed from facts.toml, cited and sourced in lessons. Pure.

A lesson cites a fact by `[the words]{fait=id}`; its « Sources » section lists where and when the
fact was read. Each fact has a date of review: a statement about a site may expire in a few months.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from html import escape
from typing import Any

from hfcourse.lessons.syntax import inlines
from hfcourse.lessons.syntax.context import Fact, LintError, RenderContext, make_fault
from hfcourse.text.file_errors import TOML_FAILURES
from hfcourse.text.typography import NO_BREAK, format_french_date

FACT_EXAMPLES = {
    "statement": 'statement = "Un compte gratuit n’a plus de crédits offerts."',
    "source": 'source = "https://huggingface.co/docs/inference-providers/pricing"',
    "title": 'title = "Pricing and billing"',
    "read": "read = 2026-08-22",
    "read_again": "read_again = 2026-12-22",
    "seen": 'seen = "copy"',
}
# The wording for each way of reading a source, before and after the date.
SOURCE_WORDINGS = {
    "copy": ("lu le ", " dans une copie enregistrée"),
    "live": ("lu le ", " sur le site même"),
    "run": ("essayé le ", " par nous-mêmes"),
}
FACT_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
HTTPS_URL = re.compile(r"https://[^\s<>\"]+")
TABLE_HEADER_LINE = re.compile(r'\s*\[\s*"?([^\]"]+?)"?\s*\]\s*(#.*)?')


@dataclass(frozen=True)
class FactFile:
    """The facts of facts.toml, in order, and the lint errors of the file."""

    facts: tuple[Fact, ...] = ()
    lint_errors: tuple[LintError, ...] = field(default=())


def is_valid_fact_field(name: str, value: Any) -> bool:
    """Return whether `value` is valid for the field `name`."""
    if name in {"read", "read_again"}:
        return type(value) is date
    if not isinstance(value, str) or not re.fullmatch(r".*\S.*", value):
        return False
    return {"source": HTTPS_URL.fullmatch(value) is not None, "seen": value in SOURCE_WORDINGS}.get(name, True)


def find_fact_errors(fact_id: str, entry: Any, line: int) -> Iterator[LintError]:
    """Yield the lint errors of one entry, which begins on `line`."""

    def fault(problem: str, advice: str, **values: str) -> LintError:
        return make_fault("", line, problem, advice, id=fact_id, **values)

    if not FACT_ID.fullmatch(fact_id):
        yield fault("« {id} » n'est pas un id de fait.", "Écrivez-le en minuscules sans accents, chiffres et tirets.")
    if not isinstance(entry, dict):
        yield fault("« {id} » n'est pas une section.", "Ouvrez-la par [{id}] sur une ligne à part.")
        return
    for name in entry.keys() - FACT_EXAMPLES.keys():
        advice = "Les champs sont {known}."
        yield fault(
            "le fait « {id} » a un champ inconnu, « {name} ».", advice, name=name, known=", ".join(FACT_EXAMPLES)
        )
    wrong = [name for name in FACT_EXAMPLES if not is_valid_fact_field(name, entry.get(name))]
    for name in wrong:
        is_there = "le champ « {name} » du fait « {id} » est mal écrit."
        problem = is_there if name in entry else "le champ « {name} » manque au fait « {id} »."
        yield fault(problem, "Écrivez-le ainsi : {example}", name=name, example=FACT_EXAMPLES[name])
    if not {"read", "read_again"} & set(wrong) and entry["read_again"] < entry["read"]:
        yield fault("le fait « {id} » serait à relire avant d'avoir été lu.", "Corrigez read ou read_again.")


@lru_cache(maxsize=4)
def read_facts(source: str) -> FactFile:
    """Parse facts.toml, cached by its text; an invalid entry is a lint error, and is left out."""
    context = RenderContext({}, {})
    try:
        entries = tomllib.loads(source)
    except TOML_FAILURES as error:
        context.note_toml_error(error, source)
        entries = {}
    lines = {
        found[1]: line
        for line, text in enumerate(source.split("\n"), 1)
        if (found := TABLE_HEADER_LINE.fullmatch(text))
    }
    facts = []
    for fact_id, entry in entries.items():
        line = lines.get(fact_id, 1)
        wrong = list(find_fact_errors(fact_id, entry, line))
        context.lint_errors += wrong
        if not wrong:
            facts.append(Fact(fact_id, line, **entry))
    return FactFile(tuple(facts), tuple(context.lint_errors))


def find_due_facts(facts: Sequence[Fact], today: date) -> list[Fact]:
    """Return the facts whose review date is before today, the oldest first."""
    return sorted((fact for fact in facts if fact.read_again < today), key=lambda fact: fact.read_again)


def render_sources(cited: Mapping[str, Fact]) -> str:
    """Return the list of the facts that a lesson cites, in the order of their numbers."""
    lines = "".join(render_fact(fact, number) for number, fact in enumerate(cited.values(), 1))
    return f'<ol class="facts">\n{lines}</ol>\n' if cited else ""


def render_fact(fact: Fact, number: int) -> str:
    """Render one source: the statement, where and when it was read, and the link back to the text."""
    before, after = SOURCE_WORDINGS[fact.seen]
    day = f'<time datetime="{fact.read.isoformat()}">{format_french_date(fact.read)}</time>'
    return (
        f'<li id="fait-{fact.id}">{inlines.render_inline(fact.statement)} '
        f'<a href="{escape(fact.source)}">{inlines.render_inline(fact.title)}</a>, {before}{day}{after}. '
        f'<a href="#cite-{fact.id}" aria-label="Revenir au texte{NO_BREAK}: source{NO_BREAK}{number}">↩</a></li>\n'
    )
