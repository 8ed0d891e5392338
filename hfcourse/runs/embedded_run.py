"""The block of a run inside another page: below its try-it form in a lesson, or beside its form on the Space's page."""

from flask import render_template
from markupsafe import Markup

from hfcourse.runs import presenter
from hfcourse.runs.store.models import Run
from hfcourse.web.template_globals import EMBED_LESSON, EMBED_SPACE

HEADING_TAGS = {EMBED_LESSON: "h4", EMBED_SPACE: "h2"}
SUBHEADING_TAGS = {EMBED_LESSON: "h4", EMBED_SPACE: "h3"}


def render_embedded_run(run: Run, host: str) -> Markup:
    """Render the block of a run.

    Args:
        host: the page that embeds it, EMBED_LESSON or EMBED_SPACE; its headings continue those of that page.
    """

    def get_heading_tag(level: int) -> str:
        return (HEADING_TAGS if level == 1 else SUBHEADING_TAGS)[host]

    sharers = 2 if host == EMBED_SPACE else 1  # its form is on the same page
    context = presenter.build_template_context(run, sharers) | {"host": host, "heading": get_heading_tag}
    return Markup(render_template("runs/embedded_run.html", **context))  # noqa: S704  (our own template)
