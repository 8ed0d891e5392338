"""The troubleshooting guide, parsed from depannage.toml: symptoms, causes and fixes. Pure."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from hfcourse.lessons.syntax import inlines
from hfcourse.lessons.syntax.context import InternalLink, LintError, RenderContext
from hfcourse.lessons.syntax.parser import LESSON_PARSER, extract_plain_text, render_tokens
from hfcourse.text.file_errors import TOML_FAILURES
from hfcourse.text.typography import typeset_french

TROUBLESHOOTING_URL_PATH = "/depannage"
ENTRY_TEXT_FIELDS = ("id", "topic", "title", "cause", "cure")
ENTRY_LIST_FIELDS = ("messages", "where", "codes")
REQUIRED_ENTRY_FIELDS = frozenset({*ENTRY_TEXT_FIELDS, "messages", "where"})
ENTRY_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LESSON_NUMBER = re.compile(r"\d+\.\d+")
ENTRY_START = "[[entry]]"


@dataclass(frozen=True)
class TroubleshootingEntry:
    """A problem: its messages, its cause, its fix; `cause` and `cure` are HTML, `text` both as text."""

    id: str
    topic: str
    title: str
    messages: tuple[str, ...]
    cause: Markup
    cure: Markup
    text: str
    lesson_numbers: tuple[str, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True)
class TroubleshootingGuide:
    """All entries in the order of the file, the links in them, and the lint errors."""

    entries: tuple[TroubleshootingEntry, ...] = ()
    links: tuple[InternalLink, ...] = ()
    lint_errors: tuple[LintError, ...] = ()
    by_code: Mapping[str, TroubleshootingEntry] = field(default_factory=dict)


def is_valid_entry(entry: Any) -> bool:
    """Are all the fields present, and of the right type?"""
    if not isinstance(entry, dict) or not REQUIRED_ENTRY_FIELDS <= entry.keys() <= {
        *ENTRY_TEXT_FIELDS,
        *ENTRY_LIST_FIELDS,
    }:
        return False
    texts = all(isinstance(entry[name], str) and entry[name].strip() for name in ENTRY_TEXT_FIELDS)
    lists = all(
        isinstance(entry.get(name, []), list) and all(isinstance(each, str) and each for each in entry.get(name, []))
        for name in ENTRY_LIST_FIELDS
    )
    return (
        texts and lists and bool(entry["messages"]) and bool(ENTRY_ID.fullmatch(entry["id"]))
        and all(LESSON_NUMBER.fullmatch(number) for number in entry["where"])
    )  # fmt: skip


def render_entry_text(source: str, line: int, context: RenderContext) -> tuple[str, str]:
    """Render a text as HTML and as plain text; its links and lint errors get the entry's line."""
    inner = RenderContext({}, {})
    tokens = LESSON_PARSER.parse(source)
    for token in tokens:
        if token.type == "inline":
            inlines.process_inline(token, inner)
        elif token.type == "ordered_list_open":
            token.attrSet("class", "steps")
        elif token.type in {"fence", "code_block", "heading_open", "block_open"}:
            problem = "une fiche contient autre chose que des paragraphes et des listes."
            inner.add_error(line, problem, "Écrivez une commande en `code`.")
    context.links += [InternalLink(line, link.address) for link in inner.links]
    context.lint_errors += [LintError("", line, fault.problem, fault.advice) for fault in inner.lint_errors]
    return render_tokens(tokens), " ".join(extract_plain_text(token) for token in tokens if token.type == "inline")


def read_entry(entry: Mapping[str, Any], line: int, context: RenderContext) -> TroubleshootingEntry:
    """Parse one valid entry."""
    cause, why = render_entry_text(entry["cause"], line, context)
    cure, how = render_entry_text(entry["cure"], line, context)
    return TroubleshootingEntry(
        id=entry["id"],
        topic=typeset_french(entry["topic"]),
        title=typeset_french(entry["title"]),
        messages=tuple(entry["messages"]),
        cause=Markup(cause),  # noqa: S704 (as the lessons are: raw HTML is off, the rest is escaped)
        cure=Markup(cure),  # noqa: S704
        text=f"{why} {how}",
        lesson_numbers=tuple(entry["where"]),
        codes=tuple(entry.get("codes", [])),
    )


def load_entries(source: str, context: RenderContext) -> Iterator[tuple[int, Any]]:
    """Yield each TOML entry with its line; a syntax error is a lint error, and yields nothing."""
    try:
        entries = tomllib.loads(source).get("entry", [])
    except TOML_FAILURES as error:
        context.note_toml_error(error, source)
        return
    starts = [number for number, text in enumerate(source.split("\n"), start=1) if text.strip() == ENTRY_START]
    yield from zip(starts, entries, strict=False)


@lru_cache(maxsize=4)
def parse_guide(source: str) -> TroubleshootingGuide:
    """Parse depannage.toml, cached by its text; an invalid or duplicate entry is a lint error, and is left out."""
    context = RenderContext({}, {})
    entries: dict[str, TroubleshootingEntry] = {}
    by_code: dict[str, TroubleshootingEntry] = {}
    for line, values in load_entries(source, context):
        if not is_valid_entry(values):
            problem = "un champ de cette fiche manque, est mal écrit ou est inconnu (écrits : {found})."
            advice = "Écrivez {needed}, et s'il y a lieu codes."
            context.add_error(
                line,
                problem,
                advice,
                found=", ".join(values) or "aucun",
                needed=", ".join(sorted(REQUIRED_ENTRY_FIELDS)),
            )
            continue
        entry = read_entry(values, line, context)
        if entry.id in entries:
            problem, advice = "l'id « {id} » est déjà celui d'une autre fiche.", "Donnez-en un autre à celle-ci."
            context.add_error(line, problem, advice, id=entry.id)
            continue
        entries[entry.id] = entry
        for code in entry.codes:
            if by_code.setdefault(code, entry) is not entry:
                problem, advice = "le code « {code} » mène déjà à la fiche « {other} ».", "Ne le nommez qu'une fois."
                context.add_error(line, problem, advice, code=code, other=by_code[code].id)
    return TroubleshootingGuide(
        tuple(entries.values()), tuple(sorted(context.links)), tuple(sorted(context.lint_errors)), by_code
    )
