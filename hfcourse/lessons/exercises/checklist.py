"""The checklist at the end of a lesson: parsed from ::: checklist, rendered with the ticks. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from markdown_it.token import Token

from hfcourse.lessons.syntax.context import RenderContext
from hfcourse.lessons.syntax.parser import make_short_hash, render_first_paragraph, split_list_items

CHECKLIST_ANCHOR = "liste"
DEFAULT_TITLE = "Avant de passer à la suite"


@dataclass(frozen=True)
class ChecklistItem:
    """One item of the checklist, as HTML; its `key` is a hash of the text."""

    key: str
    html: str


@dataclass(frozen=True)
class Checklist:
    """The things that a reader should have done at the end of a lesson."""

    title: str
    items: tuple[ChecklistItem, ...]

    def render_html(self, done: Mapping[str, str]) -> str:
        """Render the list as a form: a script submits each tick; without scripts, a button submits all."""
        lines = "".join(
            f'<li><label class="choice choice--plain"><input type="checkbox" name="coche" value="{item.key}"'
            f"{' checked' if item.key in done else ''}><span>{item.html}</span></label></li>\n"
            for item in self.items
        )
        return (
            f'<form class="checklist" id="{CHECKLIST_ANCHOR}" method="post"'
            f' aria-labelledby="{CHECKLIST_ANCHOR}-titre">\n'
            f'<h3 id="{CHECKLIST_ANCHOR}-titre">{escape(self.title)}</h3>\n'
            '<input type="hidden" name="liste" value="1">\n'
            f'<ul>\n{lines}</ul>\n<button class="button" type="submit" data-bare>Garder mes coches</button>\n</form>\n'
        )


def read_checklist(title: str, inner: Sequence[Token], line: int, context: RenderContext) -> Checklist | None:
    """Parse a ::: checklist: one list of one-line items. None, and a lint error, for anything else."""
    outer = [token.type for token in inner if token.level == inner[0].level]
    if outer != ["bullet_list_open", "bullet_list_close"]:
        problem = "une checklist contient autre chose qu'une liste."
        context.add_error(line, problem, "Écrivez une ligne par chose à faire : - …")
        return None
    if context.next_number("checklist") > 1:
        context.add_error(line, "cette leçon a deux checklists.", "Réunissez-les en une seule.")
        return None
    items = []
    for item in split_list_items(inner):
        place = item[0].map[0] + 1 if item and item[0].map else line
        words = render_first_paragraph(item)
        if len(item) != 3 or not words:
            context.add_error(
                place, "une ligne de checklist n'est pas un seul paragraphe.", "Écrivez-la en une phrase."
            )
        items.append(ChecklistItem(context.reserve_key(make_short_hash(words), place), words))
    context.reserve_id(CHECKLIST_ANCHOR, line)
    return Checklist(title or DEFAULT_TITLE, tuple(items))


def collect_ticks(checklist: Checklist, sent: Sequence[str]) -> dict[str, str | None]:
    """Return the value to store for each item, from the keys that a form sent; None deletes it."""
    return {item.key: "1" if item.key in sent else None for item in checklist.items}
