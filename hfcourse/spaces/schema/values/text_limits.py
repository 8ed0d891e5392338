"""Limits of the text in one form field, validated before it is parsed. Pure."""

from collections.abc import Sequence

from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.text.typography import format_number

# A long book chapter; security.MAX_FORM_TEXT_BYTES limits the whole form.
MAX_TEXT_CHARACTERS = 200_000
MAX_TEXT_LINES = 10_000  # of values parsed line by line: a conversation, a dialogue, paths
MAX_TYPED_CHOICES = 2_000
# Longer than any valid date, and than any number that a Space can distinguish from another.
MAX_NUMBER_CHARACTERS, MAX_DATETIME_CHARACTERS = 1_000, 100


def check_text_length(parameter: Parameter, texts: Sequence[str]) -> None:
    """Reject a text longer than MAX_TEXT_CHARACTERS and than the limit of its component.

    Raises:
        InvalidValue: a text is too long.
    """
    most = max(MAX_TEXT_CHARACTERS, parameter.max_length or 0)
    longest = max(map(len, texts), default=0)
    if longest > most:
        raise InvalidValue(
            f"Ce texte a {format_number(longest)} caractères,"
            f" et ce champ en prend {format_number(most)} au plus : raccourcissez-le."
        )


def check_line_count(text: str, most: int = MAX_TEXT_LINES) -> None:
    """Reject a text with too many lines, without splitting it.

    Raises:
        InvalidValue: it has more than `most` lines.
    """
    lines = 1 + max(text.count("\n"), text.count("\r"))
    if lines > most:
        raise InvalidValue(f"Ce texte a {format_number(lines)} lignes : gardez-en {format_number(most)} au plus.")
