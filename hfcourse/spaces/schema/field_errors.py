"""What is wrong with a value that somebody typed. Pure."""

from hfcourse.text.typography import typeset_french


class InvalidValue(ValueError):
    """A value that cannot be sent; its text is French and stands beside the field."""

    def __init__(self, text: str) -> None:
        super().__init__(typeset_french(text))


MISSING_FIELD = typeset_french("Ce champ manque : rechargez la page pour retrouver le formulaire entier.")
