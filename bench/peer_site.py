"""Peer site of bench/pages.py: the text of our lessons in Material for MkDocs, served like ours.

SITE=folder/site gunicorn --threads 16 "peer_site:create_app()"
"""

import os
import re
from pathlib import Path

from flask import Flask, Response, redirect, send_from_directory
from flask_compress import Compress

FRONT = re.compile(r"\A\+\+\+\n(.*?)\+\+\+\n", re.DOTALL)
TITLE = re.compile(r'^title\s*=\s*"(.*)"$', re.MULTILINE)
FOR_THE_INSTRUCTOR = re.compile(r"^::: enseignant.*?^:::$\n", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^:{3,}.*\n", re.MULTILINE)
LANGUAGE = re.compile(r"\[([^\]]*)\]\{lang=\w+\}")
LINK = re.compile(r"\]\(/[^)]*\)")
# Without its fonts from Google's servers, it is faster than most sites with this theme.
CONFIGURATION = """\
site_name: hfcourse
site_url: http://127.0.0.1/
site_description: Un cours sur Hugging Face
use_directory_urls: false
theme:
  name: material
  language: fr
  font: false
  palette:
    - {media: "(prefers-color-scheme: light)", scheme: default, toggle: {icon: material/weather-night, name: Sombre}}
    - {media: "(prefers-color-scheme: dark)", scheme: slate, toggle: {icon: material/weather-sunny, name: Clair}}
  features: [content.code.copy, search.suggest]
markdown_extensions: [def_list, tables, admonition, pymdownx.highlight, pymdownx.superfences]
"""


def to_plain_markdown(lesson: str) -> str:
    """Convert a lesson to plain Markdown: our directives are removed, their text stays."""
    front = FRONT.match(lesson)
    title = TITLE.search(front[1]) if front else None
    text = FOR_THE_INSTRUCTOR.sub("", FRONT.sub("", lesson))
    text = LANGUAGE.sub(r"\1", FENCE.sub("", text))
    return f"# {title[1] if title else ''}\n\n{LINK.sub('](index.md)', text)}"


def write_sources(lessons: list[Path], folder: Path) -> list[str]:
    """Write the sources of the site into `folder`; return the names of its pages, in the order of `lessons`."""
    (folder / "docs").mkdir(parents=True)
    (folder / "mkdocs.yml").write_text(CONFIGURATION, encoding="utf-8")
    (folder / "docs" / "index.md").write_text("# hfcourse\n", encoding="utf-8")
    for path in lessons:
        (folder / "docs" / path.name).write_text(to_plain_markdown(path.read_text(encoding="utf-8")), encoding="utf-8")
    return [f"/{path.stem}.html" for path in lessons]


def create_app() -> Flask:
    """Create an application that serves the built site, compressed and cached like ours."""
    app = Flask(__name__, static_folder=None)
    app.config.update(COMPRESS_ALGORITHM=["br", "gzip"], COMPRESS_BR_LEVEL=5)
    Compress(app)

    @app.get("/")
    def index() -> Response:
        return redirect("/index.html")

    @app.get("/<path:name>")
    def page(name: str) -> Response:
        return send_from_directory(os.environ["SITE"], name, max_age=0 if name.endswith(".html") else 31_536_000)

    return app
