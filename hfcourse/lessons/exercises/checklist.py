"""The list of a lesson to tick off before going on: read from ::: checklist, drawn with the visitor's ticks. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from markdown_it.token import Token

from hfcourse.lessons.syntax.context import Draft
from hfcourse.lessons.syntax.parser import digest, first_words, items_of

ANCHOR = "liste"
TITLE = "Avant de passer à la suite"


@dataclass(frozen=True)
class Item:
    """One line of the list, as HTML; its `key` is made of its words."""

    key: str
    words: str


@dataclass(frozen=True)
class Checklist:
    """What a reader should have done by now."""

    title: str
    items: tuple[Item, ...]

    def draw(self, done: Mapping[str, str]) -> str:
        """The list as a form: a script keeps each tick, without one a button keeps them all."""
        lines = "".join(
            f'<li><label class="choice bare"><input type="checkbox" name="coche" value="{item.key}"'
            f"{' checked' if item.key in done else ''}><span>{item.words}</span></label></li>\n"
            for item in self.items
        )
        return (
            f'<form class="checklist" id="{ANCHOR}" method="post" aria-labelledby="{ANCHOR}-titre">\n'
            f'<h3 id="{ANCHOR}-titre">{escape(self.title)}</h3>\n<input type="hidden" name="liste" value="1">\n'
            f'<ul>\n{lines}</ul>\n<button class="button" type="submit" data-bare>Garder mes coches</button>\n</form>\n'
        )


def read(title: str, inner: Sequence[Token], line: int, draft: Draft) -> Checklist | None:
    """Read what a ::: checklist holds: one list of one-line items."""
    outer = [token.type for token in inner if token.level == inner[0].level]
    if outer != ["bullet_list_open", "bullet_list_close"]:
        what = "une checklist contient autre chose qu'une liste."
        draft.fault(line, what, "Écrivez une ligne par chose à faire : - …")
        return None
    if draft.next_number("checklist") > 1:
        draft.fault(line, "cette leçon a deux checklists.", "Réunissez-les en une seule.")
        return None
    items = []
    for item in items_of(inner):
        place = item[0].map[0] + 1 if item and item[0].map else line
        words = first_words(item)
        if len(item) != 3 or not words:
            draft.fault(place, "une ligne de checklist n'est pas un seul paragraphe.", "Écrivez-la en une phrase.")
        items.append(Item(draft.claim_key(digest(words), place), words))
    draft.claim(ANCHOR, line)
    return Checklist(title or TITLE, tuple(items))


def ticked_of(checklist: Checklist, sent: Sequence[str]) -> dict[str, str | None]:
    """What to keep for each line of the list when these keys were sent."""
    return {item.key: "1" if item.key in sent else None for item in checklist.items}
