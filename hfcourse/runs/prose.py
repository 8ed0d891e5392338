"""What a Space writes in Markdown or in code, as HTML that can do nothing: the one place that marks it so. Pure.

Markdown is read without raw HTML, its links lead outside by http or https alone, its images are links, its
headings go on from those of the page, its formulas stay as they are typed; what comes out is sanitised
as if none of that held.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

from hfcourse.code_lexer import highlight_untrusted

# Above these, the text is shown as it is: to read Markdown takes a second for 200,000 characters, and ten times as
# long for some that are written to that end; a page is asked for again and again while its run goes on.
MOST_PROSE = 20_000
KEPT_TEXTS = 128
FIRST_LEVEL, LAST_LEVEL = 3, 6  # the page has one h1, each output an h2
FORMULA = re.compile(
    r"\$\$[^$]{1,2000}\$\$|\$[^\s$][^$\n]{0,500}(?<!\s)\$(?!\d)|\\\([^\n]{1,500}?\\\)|\\\[.{1,2000}?\\\]", re.DOTALL
)
OUTSIDE = re.compile(r"https?://", re.IGNORECASE)
TABLE_OPENING = '<div class="scroll" tabindex="0" role="group" aria-label="Tableau"><table class="table">'
TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "a", "blockquote", "ul", "ol", "li", "pre", "code", "span", "div"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
# No markup of the Space gets as far as its attributes: those named here are ours.
ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),
    "a": {"href"},
    "ol": {"start"},
    "pre": {"class", "tabindex"},
    "span": {"class"},
    "div": {"class", "tabindex", "role", "aria-label"},
    "table": {"class"},
    "th": {"scope"},
}


def keep_formula(state: StateInline, silent: bool) -> bool:
    """An inline rule: a formula of LaTeX is text, its underscores and backslashes included."""
    if state.src[state.pos] not in "$\\":
        return False
    found = FORMULA.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.push("text", "", 0).content = found[0]
    state.pos = found.end()
    return True


def parser() -> MarkdownIt:
    """CommonMark with tables and crossed-out words."""
    made = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20}).enable(
        ["table", "strikethrough"]
    )
    made.inline.ruler.before("escape", "formula", keep_formula)
    made.validateLink = lambda url: bool(OUTSIDE.match(url))  # type: ignore[method-assign]
    for name in ("fence", "code_block"):
        made.add_render_rule(name, write_code)
    made.add_render_rule("table_open", lambda *_: TABLE_OPENING)
    made.add_render_rule("table_close", lambda *_: "</table></div>")
    made.add_render_rule("th_open", lambda *_: '<th scope="col">')
    made.add_render_rule("image", write_image)
    return made


def write_code(_renderer, tokens: Sequence[Token], place: int, *_) -> str:
    language = (tokens[place].info.split() or [""])[0].lower()
    return f'<pre class="code" tabindex="0"><code>{code(tokens[place].content, language)}</code></pre>\n'


def write_image(_renderer, tokens: Sequence[Token], place: int, *_) -> str:
    """An image of another site is a link: to show it would tell that site who reads the page."""
    address, words = str(tokens[place].attrs.get("src", "")), tokens[place].content
    return f'<a href="{escape(address)}">{escape(words or address)}</a>'


def lower_headings(tokens: Sequence[Token]) -> None:
    """Make the first heading follow the page's own, and no heading skip a level."""
    above: list[str] = []
    for token in tokens:
        if token.type == "heading_open":
            while above and above[-1] >= token.tag:
                above.pop()
            above.append(token.tag)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(LAST_LEVEL, FIRST_LEVEL - 1 + len(above))}"


PARSER = parser()


@lru_cache(maxsize=KEPT_TEXTS)
def prose(text: str) -> Markup:
    """The HTML of a Markdown text of at most MOST_PROSE characters."""
    tokens = PARSER.parse(text)
    lower_headings(tokens)
    html = PARSER.renderer.render(tokens, PARSER.options, {})
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(clean)  # noqa: S704 (raw HTML is off in the parser, and the result is sanitised)


def code(text: str, language: str) -> Markup:
    """The HTML of a piece of code, in colours if its language is known."""
    return Markup(highlight_untrusted(text, language))  # noqa: S704 (every token is escaped)
