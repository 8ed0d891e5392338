"""Validation errors of form fields. Pure."""

from hfcourse.text.typography import typeset_french


class InvalidValue(ValueError):
    """Validation error of one value; its French message is rendered beside the field."""

    def __init__(self, text: str) -> None:
        super().__init__(typeset_french(text))


MISSING_FIELD = typeset_french("Ce champ manque : rechargez la page pour retrouver le formulaire entier.")
