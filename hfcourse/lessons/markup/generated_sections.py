"""Generated sections of a lesson, from its front matter: objectives, prerequisites, key points. Pure."""

from collections.abc import Sequence

from markdown_it.token import Token

from hfcourse.lessons.reference import edition_notes, facts
from hfcourse.lessons.syntax.context import RenderContext
from hfcourse.lessons.syntax.front_matter import FrontMatter
from hfcourse.lessons.syntax.parser import LESSON_PARSER, extract_plain_text, make_html_token, slugify, split_list_items
from hfcourse.text.typography import NO_BREAK

# The label and id of each list at the head.
HEAD_LISTS = {"objectives": ("À la fin, vous saurez", "objectifs"), "prerequisites": ("Il vous faut", "prerequis")}
KEY_POINTS_TITLE, SOURCES_TITLE = "À retenir", "Sources"
CHANGES_LABEL = f"Depuis l’édition 2025{NO_BREAK}: ce qui a changé, pour les collègues"
CHANGES_LINK = f'<p class="text-small"><a href="{edition_notes.EDITIONS_URL_PATH}">{CHANGES_LABEL}</a></p>\n'
PARAGRAPH_TOKENS = ["paragraph_open", "inline", "paragraph_close"]

WORDS_PER_MINUTE = 200
# Readers differ, and code takes longer than its words: only a large difference is an error.
MAX_READING_FACTOR = 2
READING_MARGIN_MINUTES = 1
# Directives whose words are part of the exercises, or shown to few readers.
UNCOUNTED_DIRECTIVES = {"quiz", "ordre", "checklist", "exercice", "solution", "enseignant", "edition", "onglets"}


def parse_list(lines: Sequence[str], name: str, context: RenderContext) -> list[Token]:
    """Parse each line as one item of a list; lint errors name the front matter field `name`."""
    tokens = LESSON_PARSER.parse("".join(f"- {text.strip()}\n" for text in lines))
    line = context.field_lines.get(name, 1)
    for token in tokens:
        token.map = [line - 1, line]
    items = list(split_list_items(tokens)) if tokens else []
    if len(items) != len(lines) or any([token.type for token in item] != PARAGRAPH_TOKENS for item in items):
        problem = "une ligne de « {name} » n'est pas une seule phrase."
        context.add_error(line, problem, "N'y écrivez que des mots, des liens et du `code`.", name=name)
    return tokens


def build_head(front: FrontMatter, context: RenderContext) -> list[Token]:
    """Return the lists at the head of a lesson, each under its label."""
    tokens = []
    for name, (label, anchor) in HEAD_LISTS.items():
        if lines := getattr(front, name):
            items = parse_list(lines, name, context)
            items[0].attrSet("aria-labelledby", anchor)
            tokens += [make_html_token(f'<div>\n<p class="label" id="{anchor}">{label}{NO_BREAK}:</p>\n'), *items]
            tokens.append(make_html_token("</div>\n"))
    return [make_html_token('<div class="lesson-summary">\n'), *tokens, make_html_token("</div>\n")] if tokens else []


def build_key_points(front: FrontMatter, context: RenderContext) -> list[Token]:
    """Return the section of key points; an empty list if the front matter has none."""
    if not front.key_points:
        return []
    line = context.field_lines.get("key_points", 1)
    return [*build_heading(KEY_POINTS_TITLE, line), *parse_list(front.key_points, "key_points", context)]


def build_heading(title: str, line: int) -> list[Token]:
    """Return the tokens of a section heading, for a line of the file."""
    tokens = LESSON_PARSER.parse(f"## {title}")
    for token in tokens:
        token.map = [line - 1, line]
    return tokens


def find_sources_heading(tokens: Sequence[Token]) -> int:
    """Return the index of the « Sources » heading; the end if there is none."""
    for place, token in enumerate(tokens):
        if (
            token.type == "heading_open"
            and token.level == 0
            and slugify(extract_plain_text(tokens[place + 1])) == slugify(SOURCES_TITLE)
        ):
            return place
    return len(tokens)


def add_front_matter_sections(tokens: Sequence[Token], front: FrontMatter, context: RenderContext) -> list[Token]:
    """Insert the head after the first paragraph, and the key points before the sources."""
    after_lede = 3 if tokens and tokens[0].type == "paragraph_open" else 0
    sources = find_sources_heading(tokens)
    return [
        *tokens[:after_lede],
        *build_head(front, context),
        *tokens[after_lede:sources],
        *build_key_points(front, context),
        *tokens[sources:],
    ]


def add_sources(tokens: Sequence[Token], context: RenderContext) -> list[Token]:
    """Append the facts that the lesson cites to its « Sources » section, created if missing.

    A lesson with notes about the edition of 2025 ends with a link to the page that collects them.
    """
    has_editions = any(
        token.type == "container_block_open" and token.info.split()[:1] == ["edition"] for token in tokens
    )
    since = [make_html_token(CHANGES_LINK)] if has_editions else []
    if not context.cited_facts:
        return [*tokens, *since]
    place, listed = find_sources_heading(tokens), make_html_token(facts.render_sources(context.cited_facts))
    if place == len(tokens):
        return [*tokens, *build_heading(SOURCES_TITLE, len(context.lines)), listed, *since]
    return [*tokens[: place + 3], listed, *tokens[place + 3 :], *since]


def count_words(tokens: Sequence[Token]) -> int:
    """Count the words that all readers see: no code, no question, no note for the instructor."""
    words, enclosing = 0, list[str]()
    for token in tokens:
        if token.type == "container_block_open":
            enclosing.append("".join(token.info.split()[:1]))
        elif token.type == "container_block_close":
            enclosing.pop()
        elif token.type == "inline" and not UNCOUNTED_DIRECTIVES & set(enclosing):
            words += len(extract_plain_text(token).split())
    return words


def check_reading_minutes(tokens: Sequence[Token], front: FrontMatter, context: RenderContext) -> None:
    """Compare the declared reading minutes with the number of words."""
    measured = count_words(tokens) / WORDS_PER_MINUTE
    lowest = measured / MAX_READING_FACTOR - READING_MARGIN_MINUTES
    highest = measured * MAX_READING_FACTOR + READING_MARGIN_MINUTES
    if front.reading_minutes and not lowest <= front.reading_minutes <= highest:
        context.add_error(
            context.field_lines.get("reading_minutes", 1),
            "reading_minutes vaut {written}, alors que le texte se lit en {measured} min environ.",
            "Comptez {pace} mots par minute ; ce que l'on fait, sans le lire, compte dans exercise_minutes.",
            written=front.reading_minutes, measured=max(1, round(measured)), pace=WORDS_PER_MINUTE,
        )  # fmt: skip
