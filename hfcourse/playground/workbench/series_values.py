"""The values of a series: a form for each of them, and an error for each that the parameter does not accept."""

from collections.abc import Sequence
from dataclasses import replace

from werkzeug.datastructures import MultiDict

from hfcourse.playground.workbench.series_input import SeriesInput, list_series_fields
from hfcourse.spaces.form.field_reading import read_field
from hfcourse.spaces.form.fields import Field
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.form.uploads import PostedForm
from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.text.typography import typeset_french

MAX_SERIES_VALUES = 10
MAX_LISTED_CHOICES, MAX_LISTED_CHOICE_CHARACTERS = 12, 40  # in the error of a value that is not a choice
NO_PARAMETER = typeset_french("Choisissez le paramètre que la série fait varier.")
NO_VALUE = typeset_french("Écrivez les valeurs de la série, une par ligne.")
TOO_MANY_VALUES = typeset_french(f"Une série a {MAX_SERIES_VALUES} valeurs au plus : gardez-en {MAX_SERIES_VALUES}.")
ONE_PER_LINE = typeset_french("Chaque valeur a sa ligne : allez à la ligne au lieu de mettre « ; » ou « , ».")
NEITHER_YES_NOR_NO = typeset_french("Écrivez « oui » pour une case cochée, « non » pour une case vide.")
SEPARATORS = (";", ",", "\t")
YES_WORDS, NO_WORDS = {"oui", "vrai", "true", "1"}, {"non", "faux", "false", "0"}


class InvalidSeries(ValueError):
    """A series that is refused: `errors` are sentences, one for each value that is invalid."""

    def __init__(self, *errors: str) -> None:
        super().__init__(*errors)
        self.errors = errors


def bind_variants(form: Form, series: SeriesInput, visitor: str) -> Sequence[Form]:
    """Return a form for each value of the series.

    The value that `form` has for the parameter is not sent, so that it may be invalid.

    Raises:
        InvalidSeries: the parameter, or the values that it does not accept, each with its number.
    """
    field = next((each for each in list_series_fields(form) if each.parameter.name == series.parameter), None)
    if field is None:
        raise InvalidSeries(NO_PARAMETER)
    field.error = ""
    lines = series.lines[: MAX_SERIES_VALUES + 1]
    if not lines:
        raise InvalidSeries(NO_VALUE)
    if len(lines) > MAX_SERIES_VALUES:
        raise InvalidSeries(TOO_MANY_VALUES)
    variants, errors = [], []
    for number, line in enumerate(lines, 1):
        try:
            variants.append(bind_variant(form, field, line, visitor))
        except InvalidValue as error:
            errors.append(typeset_french(f"Valeur {number} de la série : {explain_invalid_value(field, line, error)}"))
    if errors:
        raise InvalidSeries(*errors)
    return variants


def bind_variant(form: Form, field: Field, line: str, visitor: str) -> Form:
    """Return the form with one value of the series in place of that of `field`.

    Raises:
        InvalidValue: the parameter does not accept it.
    """
    entry = Field(field.parameter, base_value=field.base_value)
    posted = PostedForm(
        MultiDict([(entry.name, text) for text in list_posted_texts(field, line)]), MultiDict(), visitor
    )
    value = read_field(entry, posted)
    fields = [entry if each is field else each for each in form.fields]
    return replace(form, fields=fields, values={**form.values, field.parameter.name: value})


def list_posted_texts(field: Field, line: str) -> list[str]:
    """Return the texts that a browser would post for this value: none for an empty checkbox."""
    if field.control == "text":
        return [line]
    word = line.strip()
    if field.control != "checkbox":
        return [field.parameter.choices.posted_texts_by_typed_text.get(word, word)]
    if word.casefold() not in YES_WORDS | NO_WORDS:
        raise InvalidValue(NEITHER_YES_NOR_NO)
    return ["1"] if word.casefold() in YES_WORDS else []


def explain_invalid_value(field: Field, line: str, error: InvalidValue) -> str:
    """Return the error of a value, with what is not in sight beside the list: the choices, or the separator."""
    choices = field.parameter.choices
    if choices:
        names = [f"« {text[:MAX_LISTED_CHOICE_CHARACTERS]} »" for text in choices.typed_texts[:MAX_LISTED_CHOICES]]
        return f"{error} {'Par exemple' if len(choices) > len(names) else 'Ce sont'} : {', '.join(names)}."
    return f"{error} {ONE_PER_LINE}" if any(mark in line.strip() for mark in SEPARATORS) else str(error)
