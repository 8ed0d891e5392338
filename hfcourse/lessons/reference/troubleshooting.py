"""The troubleshooting entries, read from depannage.toml: how each looks, why it comes, what to do. Pure."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from hfcourse.lessons.syntax import inlines
from hfcourse.lessons.syntax.context import Draft, Fault, Link
from hfcourse.lessons.syntax.parser import PARSER, plain, to_html
from hfcourse.text.file_errors import TOML_FAILURES
from hfcourse.text.typography import french

ADDRESS = "/depannage"
TEXTS = ("id", "topic", "title", "cause", "cure")
LISTS = ("messages", "where", "codes")
NEEDED = frozenset({*TEXTS, "messages", "where"})
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LESSON_NUMBER = re.compile(r"\d+\.\d+")
ENTRY_START = "[[entry]]"


@dataclass(frozen=True)
class Entry:
    """One trouble: how it looks, why it comes, what to do; `cause` and `cure` are HTML, `text` both as words."""

    id: str
    topic: str
    title: str
    messages: tuple[str, ...]
    cause: Markup
    cure: Markup
    text: str
    where: tuple[str, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Guide:
    """All the entries in the order of the file, the links in them, and what is wrong with them."""

    entries: tuple[Entry, ...] = ()
    links: tuple[Link, ...] = ()
    faults: tuple[Fault, ...] = ()
    by_code: Mapping[str, Entry] = field(default_factory=dict)


def is_good(entry: Any) -> bool:
    """Are all the fields there, and of the type that they need?"""
    if not isinstance(entry, dict) or not NEEDED <= entry.keys() <= {*TEXTS, *LISTS}:
        return False
    texts = all(isinstance(entry[name], str) and entry[name].strip() for name in TEXTS)
    lists = all(
        isinstance(entry.get(name, []), list) and all(isinstance(each, str) and each for each in entry.get(name, []))
        for name in LISTS
    )
    return (
        texts and lists and bool(entry["messages"]) and bool(ID.fullmatch(entry["id"]))
        and all(LESSON_NUMBER.fullmatch(number) for number in entry["where"])
    )  # fmt: skip


def render(source: str, line: int, draft: Draft) -> tuple[str, str]:
    """Return a text's HTML and its words; its links and faults are those of the entry's line."""
    inner = Draft({}, {})
    tokens = PARSER.parse(source)
    for token in tokens:
        if token.type == "inline":
            inlines.write(token, inner)
        elif token.type == "ordered_list_open":
            token.attrSet("class", "steps")
        elif token.type in {"fence", "code_block", "heading_open", "block_open"}:
            what = "une fiche contient autre chose que des paragraphes et des listes."
            inner.fault(line, what, "Écrivez une commande en `code`.")
    draft.links += [Link(line, link.address) for link in inner.links]
    draft.faults += [Fault("", line, fault.what, fault.mend) for fault in inner.faults]
    return to_html(tokens), " ".join(plain(token) for token in tokens if token.type == "inline")


def read_entry(entry: Mapping[str, Any], line: int, draft: Draft) -> Entry:
    """Read one entry whose fields are good."""
    cause, why = render(entry["cause"], line, draft)
    cure, how = render(entry["cure"], line, draft)
    return Entry(
        id=entry["id"],
        topic=french(entry["topic"]),
        title=french(entry["title"]),
        messages=tuple(entry["messages"]),
        cause=Markup(cause),  # noqa: S704 (as the lessons are: raw HTML is off, the rest is escaped)
        cure=Markup(cure),  # noqa: S704
        text=f"{why} {how}",
        where=tuple(entry["where"]),
        codes=tuple(entry.get("codes", [])),
    )


def load(source: str, draft: Draft) -> Iterator[tuple[int, Any]]:
    """Yield each entry as TOML has it, with its line; a syntax error is a fault, and there is none."""
    try:
        entries = tomllib.loads(source).get("entry", [])
    except TOML_FAILURES as error:
        draft.note_toml_error(error, source)
        return
    starts = [number for number, text in enumerate(source.split("\n"), start=1) if text.strip() == ENTRY_START]
    yield from zip(starts, entries, strict=False)


def read(source: str) -> Guide:
    """Read depannage.toml; an entry that is wrong, or comes twice, is a fault and is left out."""
    draft = Draft({}, {})
    entries: dict[str, Entry] = {}
    by_code: dict[str, Entry] = {}
    for line, values in load(source, draft):
        if not is_good(values):
            what = "un champ de cette fiche manque, est mal écrit ou est inconnu (écrits : {found})."
            mend = "Écrivez {needed}, et s'il y a lieu codes."
            draft.fault(line, what, mend, found=", ".join(values) or "aucun", needed=", ".join(sorted(NEEDED)))
            continue
        entry = read_entry(values, line, draft)
        if entry.id in entries:
            what, mend = "l'id « {id} » est déjà celui d'une autre fiche.", "Donnez-en un autre à celle-ci."
            draft.fault(line, what, mend, id=entry.id)
            continue
        entries[entry.id] = entry
        for code in entry.codes:
            if by_code.setdefault(code, entry) is not entry:
                what, mend = "le code « {code} » mène déjà à la fiche « {other} ».", "Ne le nommez qu'une fois."
                draft.fault(line, what, mend, code=code, other=by_code[code].id)
    return Guide(tuple(entries.values()), tuple(sorted(draft.links)), tuple(sorted(draft.faults)), by_code)
