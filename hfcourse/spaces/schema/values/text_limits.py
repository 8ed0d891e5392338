"""How much text a form may send in one field, looked at before anything reads it. Pure."""

from collections.abc import Sequence

from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.text.typography import format_number

# A long book chapter; the form as a whole is bounded by security.MAX_FORM_TEXT_BYTES.
MAX_TEXT_CHARACTERS = 200_000
MAX_TEXT_LINES = 10_000  # of what is read line by line: a conversation, a dialogue, paths
MAX_TYPED_CHOICES = 2_000
# No date, and no number that a Space could tell from another, is longer.
MAX_NUMBER_CHARACTERS, MAX_DATETIME_CHARACTERS = 1_000, 100


def check_text_length(parameter: Parameter, texts: Sequence[str]) -> None:
    """Refuse a text longer than MAX_TRANSLATABLE_CHARACTERS, or than its component allows if that is more.

    Raises:
        Wrong: one is.
    """
    most = max(MAX_TEXT_CHARACTERS, parameter.max_length or 0)
    longest = max(map(len, texts), default=0)
    if longest > most:
        raise InvalidValue(
            f"Ce texte a {format_number(longest)} caractères,"
            f" et ce champ en prend {format_number(most)} au plus : raccourcissez-le."
        )


def check_line_count(text: str, most: int = MAX_TEXT_LINES) -> None:
    """Refuse a text of too many lines without splitting it.

    Raises:
        Wrong: it has more than `most`.
    """
    lines = 1 + max(text.count("\n"), text.count("\r"))
    if lines > most:
        raise InvalidValue(f"Ce texte a {format_number(lines)} lignes : gardez-en {format_number(most)} au plus.")
