"""French messages as one types them, for tests that say what a message is and not how it is set."""

from hfcourse.text.typography import NARROW_NO_BREAK, NO_BREAK

TYPED = str.maketrans({NO_BREAK: " ", NARROW_NO_BREAK: " ", "’": "'", "…": "..."})


def untypeset(text: str) -> str:
    """Return `text` with the spaces, apostrophes and dots of a keyboard."""
    return text.translate(TYPED)
