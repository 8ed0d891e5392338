"""The Markdown renderer of lessons: HTML, table of contents and lint errors. Pure.

An invalid lesson is still rendered: `flask check` and the tests report its errors, never the page.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from hfcourse.lessons.markup import directives, generated_sections
from hfcourse.lessons.markup.glossary import GlossaryTerm, TermLinker
from hfcourse.lessons.syntax import code_blocks, html_blocks, inlines
from hfcourse.lessons.syntax.context import (
    PART_MARKER,
    Fact,
    InteractivePart,
    InternalLink,
    LessonSection,
    LintError,
    RenderContext,
)
from hfcourse.lessons.syntax.front_matter import FrontMatter, split_front_matter
from hfcourse.lessons.syntax.parser import LESSON_PARSER, extract_plain_text, make_html_token, render_tokens, slugify
from hfcourse.text.typography import NO_BREAK

# Directives that render their code themselves.
RAW_CODE_DIRECTIVES = (["onglets"], ["ordre"])
REPLACEMENT_CHARACTER = "\ufffd"


@dataclass(frozen=True)
class RenderedLesson:
    """A rendered lesson; line numbers are those of the file."""

    front: FrontMatter
    parts: tuple[str | InteractivePart, ...]
    sections: tuple[LessonSection, ...]
    anchors: frozenset[str]
    links: tuple[InternalLink, ...]
    lint_errors: tuple[LintError, ...]
    terms: tuple[GlossaryTerm, ...]
    facts: tuple[Fact, ...]
    downloads: tuple[str, ...]

    @property
    def html(self) -> str:
        """Return the lesson without progress."""
        return render_parts(self.parts, {})


def render_parts(parts: Sequence[str | InteractivePart], done: Mapping[str, str]) -> str:
    """Render the parts of a lesson with a visitor's progress."""
    return "".join(part if isinstance(part, str) else part.render_html(done) for part in parts)


def write_heading(opening: Token, inline: Token, closing: Token, context: RenderContext) -> None:
    """Set the id of a heading and, for a section, its number in the margin."""
    line = code_blocks.get_token_line(opening)
    if opening.tag not in {"h2", "h3"}:
        problem, advice = "un titre est de niveau {level}.", "Écrivez ## pour une section, ### à l'intérieur."
        context.add_error(line, problem, advice, level=opening.tag[1])
        opening.tag = closing.tag = "h2" if opening.tag == "h1" else "h3"
    title = extract_plain_text(inline)
    anchor = context.reserve_id(slugify(title) or "section", line)
    opening.attrSet("id", anchor)
    if opening.tag == "h2":
        number = len(context.sections) + 1
        context.sections.append(LessonSection(anchor, title.strip(), number))
        inline.children = [
            make_html_token(html_blocks.build_margin_label(str(number)) + " ", "html_inline"),
            *(inline.children or []),
        ]


def number_headings(tokens: Sequence[Token], context: RenderContext) -> None:
    """Process every heading; a heading is always three tokens."""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            write_heading(token, tokens[place + 1], tokens[place + 2], context)


def number_steps(tokens: Sequence[Token], context: RenderContext) -> None:
    """Render each ordered list as steps, whose items are whole paragraphs."""
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
                line = code_blocks.get_token_line(token)
                advice = "Mettez en retrait ce qui est entre deux étapes."
                context.add_error(line, "des étapes ne commencent pas à 1.", advice)


def write_cell(cell: Token) -> None:
    """Set the scope of a header cell, and the class of a right-aligned one (`--:` in the source)."""
    if cell.tag == "th":
        cell.attrSet("scope", "col")
    if cell.attrs.pop("style", "") == "text-align:right":  # the CSP forbids inline styles
        cell.attrSet("class", "numeric")


def frame_table(table: Sequence[Token]) -> str:
    """Return a table in a scroll area that is labelled by the names of its columns."""
    head = itertools.takewhile(lambda token: token.type != "thead_close", table)
    columns = ", ".join(extract_plain_text(token) for token in head if token.type == "inline")
    return html_blocks.build_scroll_area(f"Tableau{NO_BREAK}: {columns}", render_tokens(table)) + "\n"


def frame_tables(tokens: Sequence[Token]) -> list[Token]:
    """Put each table in an area that scrolls horizontally on a narrow screen."""
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
            framed[start:] = [make_html_token(frame_table(framed[start:]), level=token.level)]
    return framed


def render_code_blocks(tokens: Sequence[Token], context: RenderContext) -> list[Token]:
    """Replace each code block by its HTML, except those of tabs and orderings."""
    rendered: list[Token] = []
    enclosing: list[str] = []
    for token in tokens:
        if token.type == directives.DIRECTIVE_OPEN:
            enclosing.append(token.info.split()[0] if token.info.strip() else "")
        elif token.type == directives.DIRECTIVE_CLOSE:
            enclosing.pop()
        is_code = token.type == "code_block" or (token.type == "fence" and enclosing[-1:] not in RAW_CODE_DIRECTIVES)
        rendered.append(
            make_html_token(code_blocks.render_fenced_code(token, context), level=token.level) if is_code else token
        )
    return rendered


def mark_lede(tokens: Sequence[Token], context: RenderContext) -> None:
    """Mark the first paragraph as the introduction of the lesson."""
    if tokens and tokens[0].type == "paragraph_open":
        tokens[0].attrSet("class", "lead")
        return
    line = code_blocks.get_token_line(tokens[0]) if tokens else 1
    problem = "la leçon ne commence pas par un paragraphe."
    context.add_error(line, problem, "Présentez-la en un paragraphe : il s'affiche en plus grand.")


def render_lesson(
    source: str,
    figures: Mapping[str, str],
    listings: Mapping[str, str],
    terms: Sequence[GlossaryTerm] = (),
    facts: Sequence[Fact] = (),
) -> RenderedLesson:
    """Render the text of a lesson file.

    Args:
        figures: the HTML of each figure, by its file name.
        listings: the text of each includable file, by its path in `content/`.
        terms: the terms of the glossary.
        facts: the facts of facts.toml.
    """
    context, linker = RenderContext(figures, listings, {fact.id: fact for fact in facts}), TermLinker(terms)
    if REPLACEMENT_CHARACTER in source:
        line = source[: source.index(REPLACEMENT_CHARACTER)].count("\n") + 1
        context.add_error(line, "un caractère est illisible.", "Enregistrez le fichier en UTF-8.")
    front, body = split_front_matter(source, context)
    context.lines = body.split("\n")
    tokens = LESSON_PARSER.parse(body)
    mark_lede(tokens, context)
    tokens = generated_sections.add_front_matter_sections(tokens, front, context)
    for token in tokens:
        if token.type == "inline":
            inlines.process_inline(token, context)
    tokens = generated_sections.add_sources(tokens, context)
    generated_sections.check_reading_minutes(tokens, front, context)
    linker.link_terms(tokens)
    number_headings(tokens, context)
    number_steps(tokens, context)
    html = render_tokens(directives.render_directives(frame_tables(render_code_blocks(tokens, context)), context))
    links, faults = tuple(sorted(context.links)), tuple(sorted(context.lint_errors))
    pieces = html.split(PART_MARKER)  # HTML, the index of a part, HTML, …
    parts = tuple(context.parts[int(each)] if place % 2 else each for place, each in enumerate(pieces))
    used_terms = tuple(linker.linked_terms.values())
    return RenderedLesson(
        front, parts, tuple(context.sections), frozenset(context.anchors), links, faults, used_terms,
        tuple(context.cited_facts.values()), tuple(context.downloads),
    )  # fmt: skip
