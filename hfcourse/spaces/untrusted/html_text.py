"""Conversion of the HTML in a Space's messages to visible text. Pure.

Gradio renders `gr.Error`, `gr.Warning` and `gr.Info` as HTML, so authors (and Hugging Face's own
package `spaces`) write links and line breaks in them. Only names of HTML elements count as tags: «
<class 'str'> », « a < b » and « List<int> » are text.
"""

import html
import re

# Messages are truncated to 2,000 characters at most for display; styles in a tag may take several
# times that.
MAX_HTML_CHARACTERS, MAX_LINK_CHARACTERS = 8_000, 300
INLINE_TAG_NAMES = (
    "a abbr b bdi bdo big cite code del dfn em font i ins kbd label mark q s samp small span strike strong sub sup "
    "tt u var"
)
BLOCK_TAG_NAMES = (
    "article blockquote br button center dd details div dl dt footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p "
    "pre section summary table tbody td th thead tr ul"
)
EMBEDDED_TAG_NAMES = "audio embed iframe img input link meta object source svg video"
HIDDEN_TAG_NAMES = "script style"
TAG_NAMES_PATTERN = "|".join(
    sorted(
        f"{INLINE_TAG_NAMES} {BLOCK_TAG_NAMES} {EMBEDDED_TAG_NAMES} {HIDDEN_TAG_NAMES}".split(), key=len, reverse=True
    )
)
# Possessive, so that a tag without an end fails after one scan of the rest.
ATTRIBUTES_PATTERN = r"""(?:\s(?:[^<>"']++|"[^"]*+"|'[^']*+')*+)?/?"""
TAG_PATTERN = re.compile(
    rf"<!--.*?-->|<(?P<end>/?)(?P<name>{TAG_NAMES_PATTERN})(?P<attributes>{ATTRIBUTES_PATTERN})>",
    re.IGNORECASE | re.DOTALL,
)
CUT_TAG_PATTERN = re.compile(rf"<(?:{TAG_NAMES_PATTERN})\s[^<>]*\Z|<!--[^<>]*\Z", re.IGNORECASE)
HREF_PATTERN = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
LINK_ADDRESS_PATTERN = re.compile(r"(?:https?://|mailto:)[^\s<>]+", re.ASCII | re.IGNORECASE)
# Only references that end in a semicolon: « ?a=1&copy=2 » is part of a URL.
CHARACTER_REFERENCE_PATTERN = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});", re.ASCII)
REPEATED_BLANKS_PATTERN = re.compile(r"[ \t]{2,}")


def html_to_text(raw: str) -> str:
    """Return the text of a message that may contain HTML; the URL of a link follows its label in brackets.

    The result is text, to be escaped like any other: character references are resolved in it.

    Args:
        raw: untrusted; only its first MAX_HTML_CHARACTERS are parsed.
    """
    truncated = raw[:MAX_HTML_CHARACTERS]
    if len(raw) > MAX_HTML_CHARACTERS:
        truncated = CUT_TAG_PATTERN.sub("", truncated)
    if "<" not in truncated:
        return resolve_references(truncated)
    collector = HtmlTextCollector()
    position = 0
    for tag in TAG_PATTERN.finditer(truncated):
        collector.add_text(truncated[position : tag.start()])
        collector.add_tag(tag)
        position = tag.end()
    collector.add_text(truncated[position:])
    return (
        REPEATED_BLANKS_PATTERN.sub(" ", "".join(collector.texts)).strip()
        if position
        else resolve_references(truncated)
    )


class HtmlTextCollector:
    """Collector of the visible text of a message, tag by tag; links do not nest, as in HTML."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._hidden_element = ""  # open element whose content is hidden
        self._address = ""
        self._link_start = 0

    def add_text(self, text: str) -> None:
        """Append the text between two tags."""
        if text and not self._hidden_element:
            self.texts.append(resolve_references(text))

    def add_tag(self, tag: re.Match[str]) -> None:
        """Process a tag or comment: a line ends, a link begins or ends, content is hidden."""
        name, is_end = (tag["name"] or "").lower(), bool(tag["end"])
        if self._hidden_element:
            if is_end and name == self._hidden_element:
                self._hidden_element = ""
        elif name in HIDDEN_TAG_NAMES.split() and not is_end:
            self._hidden_element = name
        elif name == "a":
            self._end_link()
            if not is_end:
                self._begin_link(tag["attributes"])
        elif name in BLOCK_TAG_NAMES.split():
            self.texts.append(" ")

    def _begin_link(self, attributes: str) -> None:
        """Store the URL of a link, and the index where its label begins."""
        match = HREF_PATTERN.search(attributes)
        address = resolve_references(next(filter(None, match.groups()), "")).strip() if match else ""
        is_address = LINK_ADDRESS_PATTERN.fullmatch(address) and len(address) <= MAX_LINK_CHARACTERS
        self._address = address if is_address else ""
        self._link_start = len(self.texts)

    def _end_link(self) -> None:
        """Append the URL of a link after its label, unless the label contains it."""
        label = "".join(self.texts[self._link_start :])
        address, self._address = self._address.removeprefix("mailto:"), ""
        if address and address.rstrip("/") not in label:
            self.texts.append(f" ({address})" if label.strip() else address)


def resolve_references(text: str) -> str:
    """Resolve the character references (`&amp;`, `&#39;`) of a text, once."""
    return CHARACTER_REFERENCE_PATTERN.sub(lambda match: html.unescape(match[0]), text)
