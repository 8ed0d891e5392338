"""The Markdown parser: CommonMark, tables, definition lists, containers, attributed spans. Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence

from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin

from hfcourse.text.commonmark import build_commonmark_parser

LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "Œ": "oe", "Æ": "ae"})

# Raw HTML is disabled. Every ::: opens the same container type, whatever its name, so that an
# unknown name is reported instead of being rendered as text.
LESSON_PARSER = (
    build_commonmark_parser(html=False)
    .enable("table")
    .use(deflist_plugin)
    .use(attrs_plugin, spans=True, after=(), allowed=("fait", "lang"))
    .use(container_plugin, "block", validate=lambda _words, _markup: True)
)


def make_html_token(html: str, kind: str = "html_block", level: int = 0) -> Token:
    """Return a token that renders as `html`, unescaped; only for HTML of ours."""
    return Token(kind, "", 0, content=html, level=level)


def render_tokens(tokens: Sequence[Token]) -> str:
    """Render processed tokens as HTML."""
    return str(LESSON_PARSER.renderer.render(tokens, LESSON_PARSER.options, {}))


def slugify(title: str) -> str:
    """Return the id of a heading: « Créer une clé d’API » -> `creer-une-cle-d-api`."""
    letters = unicodedata.normalize("NFKD", title.translate(LIGATURES).lower())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def make_short_hash(html: str) -> str:
    """Return the first 8 hex digits of the SHA-256 of the text."""
    return hashlib.sha256(html.encode()).hexdigest()[:8]


def split_list_items(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Iterate over the items of a list, each as its tokens."""
    item: list[Token] = []
    for token in tokens:
        if token.type == "list_item_open" and token.level == tokens[0].level + 1:
            item = []
        elif token.type == "list_item_close" and token.level == tokens[0].level + 1:
            yield item
            item = []
        else:
            item.append(token)


def render_first_paragraph(tokens: Sequence[Token]) -> str:
    """Render the inline content of the first paragraph; '' if the tokens do not begin with one."""
    if len(tokens) < 2 or tokens[0].type != "paragraph_open":
        return ""
    return render_tokens(tokens[1:2])


def extract_plain_text(inline: Token) -> str:
    """Return the text of a heading, a cell or a definition, without markup."""
    return "".join(child.content for child in inline.children or [] if child.type in {"text", "code_inline"})
