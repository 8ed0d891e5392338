"""Inline content of paragraphs: typography, links, text in other languages, citations. Pure."""

import re
from collections.abc import Sequence
from re import Pattern

from markdown_it.token import Token

from hfcourse.lessons.syntax.context import DID_YOU_MEAN, InternalLink, RenderContext, find_near
from hfcourse.lessons.syntax.parser import LESSON_PARSER, make_html_token, render_first_paragraph
from hfcourse.text.typography import NO_BREAK, TYPOGRAPHY_RULES

SPACE_CHARACTERS = " \u00a0\u202f"
HTML_TAG_PATTERN = re.compile(r"</?[a-z][a-z0-9-]*(\s[^<>]*)?/?>|<!--", re.IGNORECASE)
ALLOWED_SCHEME = re.compile(r"https?:|mailto:")


def apply_rule(pattern: Pattern[str], replacement: str, whole: str, owners: list[int]) -> tuple[str, list[int]]:
    """Apply one rule to `whole` and track which text each character belongs to.

    Args:
        owners: the index of the text of each character.

    Returns:
        The new text and its owners.
    """
    pieces: list[str] = []
    new_owners: list[int] = []
    end = 0
    for match in pattern.finditer(whole):
        start = match.start()
        # A match may include the space beside a sign: the replacement belongs to the text with the
        # sign.
        sign = next((place for place in range(start, match.end()) if whole[place] not in SPACE_CHARACTERS), start)
        pieces += whole[end:start], replacement
        new_owners += owners[end:start] + [owners[sign]] * len(replacement)
        end = match.end()
    return "".join(pieces) + whole[end:], new_owners + owners[end:]


def typeset_texts(texts: Sequence[str]) -> list[str]:
    """Apply French typography to `texts` as if joined, and return each text's part of the result.

    « and a bold word, an apostrophe and a link: the context of a rule may be in the next text.
    """
    whole, owners = "".join(texts), [place for place, text in enumerate(texts) for _ in text]
    for pattern, replacement in TYPOGRAPHY_RULES:
        whole, owners = apply_rule(pattern, replacement, whole, owners)
    parts = [""] * len(texts)
    for character, place in zip(whole, owners, strict=True):
        parts[place] += character
    return parts


def get_typography_text(token: Token) -> str:
    """Return the text of a token as typography sees it; inline code counts as a word."""
    if token.type == "text":
        return token.content
    return {"softbreak": " ", "hardbreak": "\n", "code_inline": "x"}.get(token.type, "")


def typeset_paragraph(children: Sequence[Token]) -> None:
    """Apply French typography to one paragraph; code stays unchanged."""
    for token, text in zip(children, typeset_texts([get_typography_text(token) for token in children]), strict=True):
        if token.type == "text" or (token.type == "softbreak" and text != " "):
            token.type, token.content = "text", text


def check_text(token: Token, line: int, context: RenderContext) -> None:
    """Add a lint error for each trace of markup that the parser has left in a text."""
    if found := HTML_TAG_PATTERN.search(token.content):
        advice = "Écrivez du Markdown, ou `du code` pour parler d'une balise."
        context.add_error(line, "du HTML ({tag}) s'affiche tel quel.", advice, tag=found[0])
    if "](" in token.content or "]{" in token.content:
        problem = "un lien, ou des mots entre […]{{…}}, ne sont pas compris."
        context.add_error(line, problem, "Vérifiez les crochets et l'adresse.")


def check_link(token: Token, line: int, context: RenderContext) -> None:
    """Record an internal link, to be checked against the site's pages; reject other schemes."""
    address = str(token.attrGet("href"))
    if re.match(r"#|/(?!/)", address):
        context.links.append(InternalLink(line, address))
    elif not ALLOWED_SCHEME.match(address):
        advice = "Écrivez /un/chemin, #une-ancre ou https://une.adresse."
        context.add_error(line, "le lien « {address} » ne mène nulle part.", advice, address=address)


def check_image(token: Token, line: int, context: RenderContext) -> None:
    """Replace an image by its description, with a lint error: a course page loads only its figures."""
    problem, advice = "l'image {source} n'est pas affichée.", "Dessinez-la dans static/figures et écrivez ::: figure."
    context.add_error(line, problem, advice, source=token.attrGet("src"))
    token.type = "text"


def check_span(token: Token, line: int, context: RenderContext) -> None:
    """Validate the attributes of a span: a language or a fact id, and nothing else."""
    if fact_id := token.attrs.pop("fait", None):
        record_citation(token, str(fact_id), line, context)
    elif token.meta.get("insecure_attrs") or not token.attrGet("lang"):
        problem = "des mots entre […]{{…}} disent autre chose que leur langue ou leur fait."
        context.add_error(line, problem, "Écrivez ainsi : [mots]{{lang=en}}, ou [mots]{{fait=id}}.")


def record_citation(opening: Token, fact_id: str, line: int, context: RenderContext) -> None:
    """Record that a span cites a fact of facts.toml; an unknown id is a lint error, the text stays."""
    fact = context.facts.get(fact_id)
    if fact is None:
        near = find_near(fact_id, context.facts)
        advice = DID_YOU_MEAN if near else "Écrivez-le dans facts.toml."
        context.add_error(line, "le fait « {fact_id} » est inconnu.", advice, fact_id=fact_id, near=near)
        return
    if fact_id not in context.cited_facts:
        opening.attrSet("id", f"cite-{fact_id}")
    context.cited_facts[fact_id] = fact
    opening.attrSet("class", "fact")
    opening.meta["fact"] = fact_id


def add_citations(children: Sequence[Token], context: RenderContext) -> list[Token]:
    """Insert after each span that cites a fact the number of its source, as a link."""
    numbers = {fact_id: number for number, fact_id in enumerate(context.cited_facts, 1)}
    tokens, open_spans = [], list[str]()
    for token in children:
        tokens.append(token)
        if token.type == "span_open":
            open_spans.append(token.meta.get("fact", ""))
        elif token.type == "span_close" and (fact_id := open_spans.pop()):
            number = numbers[fact_id]
            link = f'<a href="#fait-{fact_id}" aria-label="Source{NO_BREAK}{number}">{number}</a>'
            tokens.append(make_html_token(f'<sup class="cite">{link}</sup>', "html_inline"))
    return tokens


def render_inline(text: str) -> str:
    """Render one line of Markdown from outside a lesson as HTML, with French typography."""
    tokens = LESSON_PARSER.parse(text)
    for token in tokens:
        if token.type == "inline":
            process_inline(token, RenderContext({}, {}))
    return render_first_paragraph(tokens)


TOKEN_CHECKS = {"text": check_text, "link_open": check_link, "image": check_image, "span_open": check_span}


def process_inline(inline: Token, context: RenderContext) -> None:
    """Check the tokens of one paragraph, and typeset it in French."""
    children = inline.children or []
    line = inline.map[0] + 1 if inline.map else 1
    for token in children:
        if token.type in TOKEN_CHECKS:
            TOKEN_CHECKS[token.type](token, line, context)
        line += token.type in {"softbreak", "hardbreak"}
    typeset_paragraph(children)
    if context.cited_facts:
        inline.children = add_citations(children, context)
