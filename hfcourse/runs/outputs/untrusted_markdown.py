"""Sanitized HTML of a Space's Markdown and code: the only module that marks it as safe. Pure.

Markdown is parsed without raw HTML, links are limited to http and https, images become links,
headings are lowered below those of the page, formulas stay as typed; the resulting HTML is
sanitized independently of all that.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

from hfcourse.limits.cpu_budget import CpuBudget, CpuBudgetExceeded
from hfcourse.runs.outputs.html_sanitizer import HtmlPolicy
from hfcourse.runs.outputs.slow_texts import SlowTextCache
from hfcourse.text.code_lexer import highlight_untrusted
from hfcourse.text.commonmark import build_commonmark_parser

# Above this limit, the text is not formatted: parsing takes a second for 200,000 characters, and ten times as long for
# malicious ones; a page is rendered repeatedly while its run is running.
MAX_MARKDOWN_CHARACTERS = 20_000
MAX_CACHED_TEXTS = 128
# 20,000 characters of ordinary Markdown take 0.02 to 0.04 s.
MARKDOWN_TIMEOUT_SECONDS = 0.2
# A definition of 10,000 characters that is referenced 3,000 times renders to 15 MB of HTML.
MAX_RENDERED_CHARACTERS, TOKEN_CHARACTERS = 400_000, 20
# Rule chains that other rules of the parser call at each line (markdown_it/parser_block.py).
BLOCK_CHAINS = ["paragraph", "reference", "blockquote", "list", "table"]
FIRST_HEADING_LEVEL, LAST_HEADING_LEVEL = 3, 6  # the page has one h1, each output an h2
FORMULA = re.compile(
    r"\$\$[^$]{1,2000}\$\$|\$[^\s$][^$\n]{0,500}(?<!\s)\$(?!\d)|\\\([^\n]{1,500}?\\\)|\\\[.{1,2000}?\\\]", re.DOTALL
)
EXTERNAL_URL = re.compile(r"https?://", re.IGNORECASE)
TABLE_OPENING = '<div class="scroll-region" tabindex="0" role="group" aria-label="Tableau"><table class="table">'
ALLOWED_TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "a", "blockquote", "ul", "ol", "li", "pre", "code", "span", "div"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
# The parser emits no attribute of the Space's markup: those listed here are ours.
ALLOWED_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),
    "a": {"href"},
    "ol": {"start"},
    "pre": {"class", "tabindex"},
    "span": {"class"},
    "div": {"class", "tabindex", "role", "aria-label"},
    "table": {"class"},
    "th": {"scope"},
}
MARKDOWN_POLICY = HtmlPolicy(ALLOWED_TAGS, ALLOWED_ATTRIBUTES, url_schemes=frozenset({"http", "https"}))


def parse_formula(state: StateInline, silent: bool) -> bool:
    """Parse a LaTeX formula as text, underscores and backslashes included (an inline rule)."""
    if state.src[state.pos] not in "$\\":
        return False
    found = FORMULA.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.push("text", "", 0).content = found[0]
    state.pos = found.end()
    return True


def check_block_deadline(state: StateBlock, _start: int, _end: int, _silent: bool) -> bool:
    """Check the budget of the text; a block rule that matches nothing."""
    state.env["budget"].check()
    return False


def check_inline_deadline(state: StateInline, _silent: bool) -> bool:
    """Check the budget of the text; an inline rule that matches nothing."""
    state.env["budget"].check()
    return False


def check_text_deadline(state: StateInline) -> None:
    """Check the budget for each piece of inline text: an empty one calls no inline rule."""
    state.env["budget"].check()


def make_parser() -> MarkdownIt:
    """Create a CommonMark parser with tables and strikethrough."""
    parser = build_commonmark_parser(html=False, breaks=True, maxNesting=20).enable(["table", "strikethrough"])
    parser.inline.ruler.before("escape", "formula", parse_formula)
    # The parser calls the first rule of a chain before each step.
    parser.block.ruler.before("table", "deadline", check_block_deadline, {"alt": BLOCK_CHAINS})
    parser.inline.ruler.before("text", "deadline", check_inline_deadline)
    parser.inline.ruler2.before("balance_pairs", "deadline", check_text_deadline)
    parser.validateLink = lambda url: bool(EXTERNAL_URL.match(url))  # type: ignore[method-assign]
    for name in ("fence", "code_block"):
        parser.add_render_rule(name, render_code_block)
    parser.add_render_rule("table_open", lambda *_: TABLE_OPENING)
    parser.add_render_rule("table_close", lambda *_: "</table></div>")
    parser.add_render_rule("th_open", lambda *_: '<th scope="col">')
    parser.add_render_rule("image", render_image_link)
    return parser


def render_code_block(_renderer: object, tokens: Sequence[Token], place: int, *_: object) -> str:
    """Render a code block: a render rule of the parser."""
    language = (tokens[place].info.split() or [""])[0].lower()
    return f'<pre class="code" tabindex="0"><code>{render_code(tokens[place].content, language)}</code></pre>\n'


def render_image_link(_renderer: object, tokens: Sequence[Token], place: int, *_: object) -> str:
    """Render an image of another site as a link: loading it would disclose the reader to that site."""
    address, words = str(tokens[place].attrs.get("src", "")), tokens[place].content
    return f'<a href="{escape(address)}">{escape(words or address)}</a>'


def lower_headings(tokens: Sequence[Token]) -> None:
    """Lower the headings below those of the page, without skipping a level."""
    above: list[str] = []
    for token in tokens:
        if token.type == "heading_open":
            while above and above[-1] >= token.tag:
                above.pop()
            above.append(token.tag)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(LAST_HEADING_LEVEL, FIRST_HEADING_LEVEL - 1 + len(above))}"


PARSER = make_parser()
SLOW_TEXTS = SlowTextCache()


class MarkdownTooLarge(Exception):
    """The HTML of a text would be many times as long as the text."""


@dataclass(frozen=True)
class MarkdownSource:
    """Text to be formatted within a budget; the budget is not part of the cache key."""

    text: str
    budget: CpuBudget = field(compare=False)


def render_untrusted_markdown(text: str, page_budget: CpuBudget | None = None) -> Markup | None:
    """Render a Markdown text of at most MAX_MARKDOWN_CHARACTERS characters as HTML.

    Args:
        page_budget: remaining processor time of the page.

    Returns:
        The HTML; None if the text takes too long or becomes too large: it is then shown unformatted.
    """
    seconds = min(MARKDOWN_TIMEOUT_SECONDS, page_budget.remaining_seconds) if page_budget else MARKDOWN_TIMEOUT_SECONDS
    if seconds <= 0 or SLOW_TEXTS.is_known_too_slow(text, seconds):
        return None
    budget = CpuBudget(seconds)
    budget.start()
    try:
        return render_markdown_cached(MarkdownSource(text, budget))
    except (CpuBudgetExceeded, MarkdownTooLarge, RecursionError):
        SLOW_TEXTS.add(text, seconds)
        return None


@lru_cache(maxsize=MAX_CACHED_TEXTS)
def render_markdown_cached(source: MarkdownSource) -> Markup:
    """Parse, render and sanitize a text; exceptions are not cached.

    Raises:
        CpuBudgetExceeded: it takes too long.
        MarkdownTooLarge: it becomes too large.
        RecursionError: images in images.
    """
    tokens = PARSER.parse(source.text, {"budget": source.budget})
    if estimate_html_characters(tokens) > MAX_RENDERED_CHARACTERS:
        raise MarkdownTooLarge
    lower_headings(tokens)
    html = PARSER.renderer.render(tokens, PARSER.options, {})
    source.budget.check()
    return Markup(MARKDOWN_POLICY.sanitize(html))  # noqa: S704 (raw HTML is off in the parser, and the result is sanitised)


def estimate_html_characters(tokens: Sequence[Token]) -> int:
    """Estimate the length of the HTML of these tokens."""
    inner = (child for token in tokens for child in token.children or ())
    return sum(
        TOKEN_CHARACTERS + len(token.content) + sum(len(str(value)) for value in token.attrs.values())
        for token in (*tokens, *inner)
        if token.type != "inline"
    )


def render_code(text: str, language: str) -> Markup:
    """Render a piece of code as HTML, highlighted if its language is known."""
    return Markup(highlight_untrusted(text, language))  # noqa: S704 (every token is escaped)
