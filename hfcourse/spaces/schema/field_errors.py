"""What is wrong with a value that somebody typed. Pure."""

from hfcourse.text.typography import french


class Wrong(ValueError):
    """A value that cannot be sent; its text is French and stands beside the field."""

    def __init__(self, text: str) -> None:
        super().__init__(french(text))


MISSING = french("Ce champ manque : rechargez la page pour retrouver le formulaire entier.")
