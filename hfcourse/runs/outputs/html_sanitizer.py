"""Sanitizer of untrusted HTML: an allow-list of tags and attributes for each use. The only importer of nh3. Pure."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

import nh3

# The tags that nh3 allows by default: text, lists, tables, images; no script, style, form or frame.
TEXT_TAGS = frozenset(nh3.ALLOWED_TAGS)


@dataclass(frozen=True, slots=True)
class HtmlPolicy:
    """What one use of the sanitizer retains; everything else is removed.

    Attributes:
        tags: allowed elements; of any other one, the content remains.
        attributes: allowed attributes by tag; those of "*" on every tag.
        url_schemes: allowed schemes of absolute addresses.
        dropped_content_tags: elements that are removed with their content.
        filter_attribute: tag, name and value of an allowed attribute to its value, None to remove it.
    """

    tags: Set[str]
    attributes: Mapping[str, Set[str]]
    url_schemes: Set[str]
    dropped_content_tags: Set[str] = frozenset({"script", "style"})
    filter_attribute: Callable[[str, str, str], str | None] | None = None

    def sanitize(self, html: str) -> str:
        """Return the HTML without what is not allowed; links get `rel="noopener noreferrer nofollow"`."""
        return nh3.clean(
            html,
            tags=set(self.tags),
            clean_content_tags=set(self.dropped_content_tags),
            attributes={tag: set(names) for tag, names in self.attributes.items()},
            attribute_filter=self.filter_attribute,
            url_schemes=set(self.url_schemes),
            link_rel="noopener noreferrer nofollow",
        )
