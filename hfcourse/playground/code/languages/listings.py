"""Code of a call in each language, with the name and the media type of its file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hfcourse.playground.code.languages.code_call import CodeCall
from hfcourse.playground.code.languages.flask_code import render_flask
from hfcourse.playground.code.languages.javascript_code import render_javascript
from hfcourse.playground.code.languages.notebook_code import build_notebook, render_notebook
from hfcourse.playground.code.languages.python_code import render_python
from hfcourse.playground.code.languages.shell_code import render_command_line, render_curl

NOTEBOOK_MEDIA_TYPE = "application/x-ipynb+json"


@dataclass(frozen=True)
class CodeLanguage:
    """Language of a listing.

    Attributes:
        value: id of its tab, and last part of the URL of its file.
        lexer: its name in code_lexer.py.
        render: returns the text that the page shows.
        build_file: returns the text of the file to download, None for the one that the page shows.
    """

    value: str
    title: str
    lexer: str
    file_name: str
    media_type: str
    render: Callable[[CodeCall], str]
    build_file: Callable[[CodeCall], str] | None = None


LANGUAGES = (
    CodeLanguage("python", "Python", "python", "appel.py", "text/x-python", render_python),
    CodeLanguage("flask", "Flask", "python", "app.py", "text/x-python", render_flask),
    CodeLanguage("javascript", "JavaScript", "javascript", "appel.mjs", "text/javascript", render_javascript),
    CodeLanguage("curl", "cURL", "bash", "appel.sh", "text/x-shellscript", render_curl),
    CodeLanguage("terminal", "Terminal", "bash", "gradio-predict.sh", "text/x-shellscript", render_command_line),
    CodeLanguage("notebook", "Notebook", "python", "appel.ipynb", NOTEBOOK_MEDIA_TYPE, render_notebook, build_notebook),
)
LANGUAGES_BY_VALUE = {each.value: each for each in LANGUAGES}


@dataclass(frozen=True)
class CodeListing:
    """Code of a call in one language, as the page shows it."""

    language: CodeLanguage
    code: str


def render_listings(call: CodeCall) -> Sequence[CodeListing]:
    """Render the call in every language; none if its values are too long to copy."""
    return () if call.is_too_long else tuple(CodeListing(each, each.render(call)) for each in LANGUAGES)


def build_code_file(call: CodeCall, language: CodeLanguage) -> str:
    """Return the text of the file to download."""
    return (language.build_file or language.render)(call)
