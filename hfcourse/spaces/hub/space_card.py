"""Card of a Space on the Hub: the metadata at the top of its README. Pure."""

from dataclasses import dataclass
from typing import Any

from hfcourse.spaces.schema.layout.introduction import (
    MAX_INTRODUCTION_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    strip_author_text,
)


@dataclass(frozen=True)
class SpaceCard:
    """Title and short description by the author as plain text; '' where there is none."""

    title: str = ""
    short_description: str = ""


NO_CARD = SpaceCard()


def read_card(card: Any) -> SpaceCard:
    """Parse `cardData` of the Hub's response.

    Source: « Spaces Configuration Reference » in the Hub's documentation.
    """
    if not isinstance(card, dict):
        return NO_CARD
    return SpaceCard(
        clean_card_text(card.get("title"), MAX_TITLE_CHARACTERS),
        clean_card_text(card.get("short_description"), MAX_INTRODUCTION_CHARACTERS),
    )


def clean_card_text(value: Any, characters: int) -> str:
    """Return a text of the card without markup, cut; '' for any other value."""
    return strip_author_text(value[:characters]) if isinstance(value, str) else ""
