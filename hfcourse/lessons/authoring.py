"""The authoring reference at /motifs/lecons: each lesson construct with an example."""

import tomllib
from dataclasses import dataclass

from markupsafe import Markup

from hfcourse.lessons import library
from hfcourse.lessons.syntax import html_blocks
from hfcourse.lessons.syntax.front_matter import FRONT_MATTER_EXAMPLES, FRONT_MATTER_FENCE
from hfcourse.lessons.syntax.parser import slugify
from hfcourse.text.highlighting import highlight_code
from hfcourse.text.typography import NO_BREAK

CONSTRUCTS_PATH = library.CONTENT_FOLDER / "authoring.toml"


@dataclass(frozen=True)
class Construct:
    """A lesson construct: its name, purpose, source and rendered HTML."""

    anchor: str
    title: str
    purpose: Markup
    source: Markup
    rendered: Markup


def render_front_matter_example() -> Markup:
    """Return the front matter of a minimal lesson as a code block."""
    return render_source_listing(
        "\n".join([FRONT_MATTER_FENCE, *FRONT_MATTER_EXAMPLES.values(), FRONT_MATTER_FENCE]),
        "De quoi commencer une leçon",
    )


def render_source_listing(source: str, title: str) -> Markup:
    """Return Markdown source as a highlighted code block with a copy button."""
    code = html_blocks.build_listing("text", highlight_code(source, "text"))
    return Markup(html_blocks.build_code_block("<span>Markdown</span>", f"Copier la source{NO_BREAK}: {title}", code))  # noqa: S704 (escaped)


def render_construct_sample(source: str) -> Markup:
    """Render a Markdown sample as its page shows it.

    The first paragraph loses the `lede` class: a sample has no introduction.
    """
    return Markup(str(library.render_markdown_sample(source)).replace('<p class="lead">', "<p>"))  # noqa: S704 (as lessons are)


def prefix_quiz_ids(html: Markup, anchor: str) -> Markup:
    """Prefix the ids of quizzes: two samples may hold a quiz, and each id occurs once on a page."""
    return Markup(str(html).replace('id="quiz-', f'id="{anchor}-quiz-'))  # noqa: S704 (what was safe still is)


def load_constructs() -> list[Construct]:
    """Parse authoring.toml and render every construct, in teaching order."""
    entries = tomllib.loads(CONSTRUCTS_PATH.read_text(encoding="utf-8"))["construct"]
    return [
        Construct(
            slugify(entry["title"]),
            entry["title"],
            render_construct_sample(entry["words"]),
            render_source_listing(entry["source"].strip("\n"), entry["title"]),
            prefix_quiz_ids(render_construct_sample(entry["source"]), slugify(entry["title"])),
        )
        for entry in entries
    ]
