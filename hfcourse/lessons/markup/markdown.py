"""From the Markdown of a lesson to its HTML, its contents and its faults. Pure.

A lesson that is badly written is still rendered: what is wrong with it is told by `flask check` and by
the tests, never by the page.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from hfcourse.lessons.markup import directives, generated_sections
from hfcourse.lessons.markup.glossary import Marker, Term
from hfcourse.lessons.syntax import code_blocks, html_blocks, inlines
from hfcourse.lessons.syntax.context import MARK, Draft, Fact, Fault, Link, Part, Section
from hfcourse.lessons.syntax.front_matter import FrontMatter, split
from hfcourse.lessons.syntax.parser import PARSER, html_token, plain, slug, to_html
from hfcourse.text.typography import NO_BREAK

# Blocks that draw their code themselves.
CODE_KEPT = (["onglets"], ["ordre"])
UNREADABLE = "\ufffd"


@dataclass(frozen=True)
class Rendered:
    """A lesson, rendered; the line numbers are those of the file."""

    front: FrontMatter
    parts: tuple[str | Part, ...]
    sections: tuple[Section, ...]
    anchors: frozenset[str]
    links: tuple[Link, ...]
    faults: tuple[Fault, ...]
    terms: tuple[Term, ...]
    facts: tuple[Fact, ...]
    downloads: tuple[str, ...]

    @property
    def html(self) -> str:
        """The lesson for somebody who has done nothing yet."""
        return draw(self.parts, {})


def draw(parts: Sequence[str | Part], done: Mapping[str, str]) -> str:
    """The HTML of a lesson for somebody who has done this."""
    return "".join(part if isinstance(part, str) else part.draw(done) for part in parts)


def write_heading(opening: Token, inline: Token, closing: Token, draft: Draft) -> None:
    """Give a heading its id and, for a section, its number in the margin."""
    line = code_blocks.line_of(opening)
    if opening.tag not in {"h2", "h3"}:
        what, mend = "un titre est de niveau {level}.", "Écrivez ## pour une section, ### à l'intérieur."
        draft.fault(line, what, mend, level=opening.tag[1])
        opening.tag = closing.tag = "h2" if opening.tag == "h1" else "h3"
    title = plain(inline)
    anchor = draft.claim(slug(title) or "section", line)
    opening.attrSet("id", anchor)
    if opening.tag == "h2":
        number = len(draft.sections) + 1
        draft.sections.append(Section(anchor, title.strip(), number))
        inline.children = [html_token(html_blocks.hang(str(number)) + " ", "html_inline"), *(inline.children or [])]


def number_headings(tokens: Sequence[Token], draft: Draft) -> None:
    """Write every heading; a heading is always three tokens."""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            write_heading(token, tokens[place + 1], tokens[place + 2], draft)


def number_steps(tokens: Sequence[Token], draft: Draft) -> None:
    """Make each ordered list a list of steps, whose items are whole paragraphs."""
    lists: list[str] = []
    for token in tokens:
        if token.type.endswith("list_open"):
            lists.append(token.tag)
        elif token.type.endswith("list_close"):
            lists.pop()
        elif token.type.startswith("paragraph") and lists and lists[-1] == "ol":
            token.hidden = False
        if token.type == "ordered_list_open":
            token.attrSet("class", "steps")
            if token.attrs.pop("start", None):
                line = code_blocks.line_of(token)
                mend = "Mettez en retrait ce qui est entre deux étapes."
                draft.fault(line, "des étapes ne commencent pas à 1.", mend)


def write_cell(cell: Token) -> None:
    """A heading cell heads its column; figures, written `--:`, stand to the right."""
    if cell.tag == "th":
        cell.attrSet("scope", "col")
    if cell.attrs.pop("style", "") == "text-align:right":  # the page allows no inline style
        cell.attrSet("class", "num")


def frame(table: Sequence[Token]) -> str:
    """A table in a frame that says the names of its columns."""
    head = itertools.takewhile(lambda token: token.type != "thead_close", table)
    columns = ", ".join(plain(token) for token in head if token.type == "inline")
    return html_blocks.scroll(f"Tableau{NO_BREAK}: {columns}", to_html(table)) + "\n"


def frame_tables(tokens: Sequence[Token]) -> list[Token]:
    """Let each table scroll by itself on a narrow screen."""
    framed: list[Token] = []
    start = 0
    for token in tokens:
        framed.append(token)
        if token.type == "table_open":
            start = len(framed) - 1
            token.attrSet("class", "table")
        elif token.type in {"th_open", "td_open"}:
            write_cell(token)
        elif token.type == "table_close":
            framed[start:] = [html_token(frame(framed[start:]), level=token.level)]
    return framed


def draw_code(tokens: Sequence[Token], draft: Draft) -> list[Token]:
    """Replace each block of code by its HTML, but those that become tabs or lines to put in order."""
    drawn: list[Token] = []
    enclosing: list[str] = []
    for token in tokens:
        if token.type == directives.OPENING:
            enclosing.append(token.info.split()[0] if token.info.strip() else "")
        elif token.type == directives.CLOSING:
            enclosing.pop()
        is_code = token.type == "code_block" or (token.type == "fence" and enclosing[-1:] not in CODE_KEPT)
        drawn.append(html_token(code_blocks.block(token, draft), level=token.level) if is_code else token)
    return drawn


def mark_lede(tokens: Sequence[Token], draft: Draft) -> None:
    """The first paragraph introduces the lesson."""
    if tokens and tokens[0].type == "paragraph_open":
        tokens[0].attrSet("class", "lede")
        return
    line = code_blocks.line_of(tokens[0]) if tokens else 1
    what = "la leçon ne commence pas par un paragraphe."
    draft.fault(line, what, "Présentez-la en un paragraphe : il s'affiche en plus grand.")


def render(
    source: str,
    figures: Mapping[str, str],
    listings: Mapping[str, str],
    terms: Sequence[Term] = (),
    facts: Sequence[Fact] = (),
) -> Rendered:
    """Render the text of a lesson file.

    `figures` holds the SVG of each figure by its file name, `listings` the text of each file that may be shown by
    its path in `content/`, `terms` the words of the glossary, `facts` those of facts.toml.
    """
    draft, marker = Draft(figures, listings, {fact.id: fact for fact in facts}), Marker(terms)
    if UNREADABLE in source:
        line = source[: source.index(UNREADABLE)].count("\n") + 1
        draft.fault(line, "un caractère est illisible.", "Enregistrez le fichier en UTF-8.")
    front, body = split(source, draft)
    draft.lines = body.split("\n")
    tokens = PARSER.parse(body)
    mark_lede(tokens, draft)
    tokens = generated_sections.add_outline(tokens, front, draft)
    for token in tokens:
        if token.type == "inline":
            inlines.write(token, draft)
    tokens = generated_sections.add_sources(tokens, draft)
    generated_sections.check_reading_minutes(tokens, front, draft)
    marker.mark(tokens)
    number_headings(tokens, draft)
    number_steps(tokens, draft)
    html = to_html(directives.fold(frame_tables(draw_code(tokens, draft)), draft))
    links, faults = tuple(sorted(draft.links)), tuple(sorted(draft.faults))
    cut = html.split(MARK)  # HTML, the number of a part, HTML, …
    parts = tuple(draft.parts[int(each)] if place % 2 else each for place, each in enumerate(cut))
    used = tuple(marker.marked.values())
    return Rendered(
        front, parts, tuple(draft.sections), frozenset(draft.anchors), links, faults, used,
        tuple(draft.cited.values()), tuple(draft.downloads),
    )  # fmt: skip
