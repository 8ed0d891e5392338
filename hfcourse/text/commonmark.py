"""Parsers of CommonMark that threads may share: the only module that makes them. Pure."""

from markdown_it import MarkdownIt


def build_commonmark_parser(**options: bool | int) -> MarkdownIt:
    """Build a parser with these options of markdown-it.

    mdurl fills a table at the first address that it encodes or decodes, and lets other threads see the table while it
    is incomplete: one of two first visitors of a page would get an IndexError. It is filled here, during an import.
    """
    parser = MarkdownIt("commonmark", options)
    parser.normalizeLink("https://example.org/é")
    parser.normalizeLinkText("https://example.org/%C3%A9")
    return parser
