"""Call as a Jupyter notebook: its cells, and the file that nbformat writes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hfcourse.playground.code.languages.code_call import CodeCall, list_call_file_names
from hfcourse.playground.code.languages.python_code import (
    render_client_and_predict,
    render_install_comment,
    render_load_environment,
    render_python_imports,
)
from hfcourse.text.markdown_quoting import quote_inline_code


@dataclass(frozen=True)
class NotebookCell:
    """Cell of a notebook; the source of a code cell is plain Python, without commands of IPython."""

    source: str
    is_code: bool = True


def build_notebook_cells(call: CodeCall) -> Sequence[NotebookCell]:
    """Return the cells: what to install, the imports, the client with its call, and the response."""
    client, *predict = render_client_and_predict(call)
    return [
        NotebookCell(render_introduction(call), is_code=False),
        NotebookCell("\n".join([*render_python_imports(call), *with_blank_before(render_load_environment(call))])),
        NotebookCell(client),
        NotebookCell("\n".join(predict)),
        NotebookCell("print(result)"),
    ]


def with_blank_before(lines: Sequence[str]) -> list[str]:
    """Return the lines after a blank one, nothing without lines."""
    return ["", *lines] if lines else []


def render_introduction(call: CodeCall) -> str:
    """Render the first cell in Markdown; names in it are untrusted."""
    command = render_install_comment(call).partition(" : ")[2]
    name = quote_inline_code(call.endpoint)
    lines = [
        f"# Appel de {name}",
        "",
        f"Une fois, dans un terminal : `{command}`. Sur Colab, dans une cellule : `%{command}`.",
    ]
    files = [quote_inline_code(each) for each in list_call_file_names(call)]
    if files:
        lines += ["", f"Mettez à côté de ce notebook : {', '.join(files)}."]
    if call.environment_variables:
        names = " et ".join(f"`{each}`" for each in call.environment_variables)
        lines += ["", f"Mettez {names} dans un fichier `.env` à côté de ce notebook, jamais dans une cellule."]
    return "\n".join(lines)


def render_notebook(call: CodeCall) -> str:
    """Render the cells as one Python file with the marks `# %%`, as editors show a notebook."""
    parts = [
        f"# %%\n{cell.source}\n" if cell.is_code else f"# %% [markdown]\n{comment_lines(cell.source)}\n"
        for cell in build_notebook_cells(call)
    ]
    return "\n".join(parts)


def comment_lines(text: str) -> str:
    """Return the lines of a text as comments."""
    return "\n".join(f"# {line}".rstrip() for line in text.split("\n"))


def build_notebook(call: CodeCall) -> str:
    """Write the notebook: JSON in format 4.5, the same text for the same call."""
    import nbformat.v4  # a quarter of a second, needed for a download alone

    make_code: Callable[..., Any] = nbformat.v4.new_code_cell
    make_markdown: Callable[..., Any] = nbformat.v4.new_markdown_cell
    cells = [
        (make_code if cell.is_code else make_markdown)(cell.source, id=f"cellule-{n}")
        for n, cell in enumerate(build_notebook_cells(call), 1)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    return str(nbformat.writes(notebook))
