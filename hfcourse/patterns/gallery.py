"""Template context of the page of patterns: the real partials, rendered with sample data."""

import re
from typing import Any

from flask import current_app, get_template_attribute, render_template, url_for
from markupsafe import Markup

from hfcourse.errors import CourseError, FormRejected
from hfcourse.lessons import library
from hfcourse.lessons.exercises.progress import LessonProgress
from hfcourse.patterns import sample_conversation, sample_form, sample_outputs, sample_runs, sample_workbench
from hfcourse.playground import badges, space_page
from hfcourse.runs import presenter
from hfcourse.runs.values.page_budget import PageBudget
from hfcourse.spaces import catalogue
from hfcourse.spaces.form.error_summary import summarize_errors
from hfcourse.spaces.form.form_sections import arrange_form
from hfcourse.spaces.form.rendering_budget import RenderingBudget

RUN_TITLES = {"queued": "En file", "running": "En cours", "succeeded": "Réussi", "failed": "En échec"}
ID_ATTRIBUTES = re.compile(r' (id|for|list|aria-labelledby|aria-describedby)="([^"]+)"')
FRAGMENT_LINK = re.compile(r' href="#(?!i-)([^"]+)"')  # icons are of the page
RUN_ADDRESS = rf'="/[^"]*?essais/{sample_runs.RUN_ID}'
IMAGE_SOURCE = re.compile(rf' src{RUN_ADDRESS}/sorties/[0-9]+/image[^"]*"')
PREVIEW_SOURCE = re.compile(rf' src{RUN_ADDRESS}/sorties/[0-9]+/apercu"')
CONVERSATION_ADDRESS = re.compile(rf'="/[^"]*?discussion/{sample_runs.RUN_ID}[^"]*"')
SAMPLE_QUERY = re.compile(rf'(href="/[^"]*?)[&?](?:amp;)?(?:essai|serie)={sample_runs.RUN_ID}[^"]*"')
COMPARISON_ADDRESS = re.compile(rf'="/[^"]*?essais/comparer\?[^"]*{sample_runs.RUN_ID}[^"]*"')
OTHER_ADDRESS = re.compile(rf'{RUN_ADDRESS}[^"]*"')
PREVIEW = "&lt;h1&gt;Un rapport&lt;/h1&gt;&lt;p&gt;Écrit en &lt;b&gt;HTML&lt;/b&gt; par le Space.&lt;/p&gt;"


def get_sample_address(name: str) -> str:
    """Return the URL of a file of `static/samples/`."""
    return url_for("static", filename=f"samples/{name}")


def make_harmless(html: str, prefix: str) -> Markup:
    """Adapt a rendered partial for a page that shows several of them, of a run that does not exist.

    Its ids get a prefix, its forms submit nothing (`method=dialog` outside a dialog), it does not take the focus, and
    the addresses of its run or its conversation lead to the section of these.
    """
    html = ID_ATTRIBUTES.sub(
        lambda found: f' {found[1]}="{" ".join(f"{prefix}-{each}" for each in found[2].split())}"', html
    )
    html = FRAGMENT_LINK.sub(rf' href="#{prefix}-\1"', html)
    html = IMAGE_SOURCE.sub(f' src="{get_sample_address("keyboard.svg")}"', html)
    html = PREVIEW_SOURCE.sub(f' srcdoc="{PREVIEW}"', html)
    html = CONVERSATION_ADDRESS.sub('="#discussion"', html)
    html = COMPARISON_ADDRESS.sub('="#essais"', html)
    html = SAMPLE_QUERY.sub(r'\1"', html)
    html = OTHER_ADDRESS.sub('="#essais"', html).replace(' data-copy="#essais"', "")
    html = html.replace(' method="post"', ' method="dialog"').replace(" autofocus", "")
    return Markup(html)  # noqa: S704 (rendered by a template, which escapes; only attributes of ours change)


def render_template_sample(template: str, prefix: str, **context: Any) -> Markup:
    """Render a partial with headings that suit the page, and without a cookie for its forms."""
    icon = get_template_attribute("_icons.html", "icon")
    page = render_template(template, heading=lambda _: "h3", csrf_token=lambda: "", icon=icon, **context)
    return make_harmless(page, prefix)


def build_run_context(status: str) -> dict[str, Any]:
    """Build the template context of a sample run; what depends on the clock and the queue is fixed."""
    fixed = {
        "elapsed": 12.0,
        "is_stalled": False,
        "queue": {"rank": 2 if status == "queued" else None, "size": 5, "eta": None},
    }
    run = sample_runs.make_run(status)
    return presenter.build_template_context(run) | fixed | {"again": space_page.space_url(run.space)}


def render_runs() -> list[tuple[str, Markup]]:
    """Render a run in each status that looks different, with its title."""
    return [(title, render_run(status)) for status, title in RUN_TITLES.items()]


def render_run(status: str) -> Markup:
    """Render a run; the region of its progress is named after its state too, since the page has several."""
    html = render_template_sample("patterns/_run.html", status, **build_run_context(status))
    name = f"{status}-titre-avancee"
    return Markup(str(html).replace(f'aria-labelledby="{name}"', f'aria-labelledby="{status}-etat {name}"'))  # noqa: S704


def render_output_gallery() -> Markup:
    """Render one output of each kind."""
    context = build_run_context("succeeded")
    outputs = sample_outputs.render_sample_outputs(PageBudget(is_live=False), get_sample_address)
    return render_template_sample("runs/_outputs.html", "sorties", **context | {"outputs": outputs})


def build_sample_form_context() -> dict[str, Any]:
    """Build the template context of the sample form."""
    description = sample_form.build_sample_description()
    form = sample_form.build_sample_form(description.endpoints[0])
    return {
        "form": form,
        "description": description,
        "arranged_form": arrange_form(form),
        "rendering_budget": RenderingBudget(),
        "entry": catalogue.find_catalogue_entry(catalogue.PRACTICE_SPACE_ID),
        "is_practice": True,
        "is_local": True,
        "upload_limit_bytes": current_app.config["UPLOAD_LIMIT_BYTES"],
    }


def build_gallery_context() -> dict[str, Any]:
    """Build the context of the page: samples of everything that a page of the site is made of."""
    form = build_sample_form_context()
    error, failure = FormRejected("invalid-input"), CourseError("space-error", "Le texte est vide.")
    summary = {"error_summary": summarize_errors(form["form"]), "code": error.code, "explanation": error.explanation}
    explained = {"code": failure.code, "author_message": failure.detail, "explanation": failure.explanation}
    lessons = library.get_lessons()[:2]
    progress = {each.slug: LessonProgress(number == 0, 2, 3, 1, 4) for number, each in enumerate(lessons)}
    return {
        "space_badges": [badges.AWAKE_BADGE, badges.ASLEEP_BADGE, *badges.BADGES_BY_CODE.values(), badges.BROKEN_BADGE],
        "form": render_template_sample("spaces/_form.html", "formulaire", **form),
        "endpoints": render_template_sample("spaces/_endpoints.html", "points", **form),
        "error_summary": render_template_sample("_error.html", "formulaire", **summary),
        "error": render_template_sample("_error.html", "erreur", **explained),
        "run_samples": render_runs(),
        "outputs": render_output_gallery(),
        "conversation_sample": render_template_sample(
            "patterns/_conversation.html", "discussion", **sample_conversation.build_conversation_context()
        ),
        "strip": render_template_sample("runs/_recent_runs.html", "derniers", **sample_workbench.build_strip_context()),
        "comparison": render_template_sample(
            "patterns/_comparison.html", "comparaison", **sample_workbench.build_comparison_context()
        ),
        "series": render_template_sample("runs/_series_table.html", "serie", **sample_workbench.build_series_context()),
        "run_list": render_template_sample("runs/_list.html", "liste", **sample_runs.build_sample_list_context()),
        "space_list": render_template_sample(
            "patterns/_spaces.html", "spaces", entries=catalogue.list_catalogue_entries()[:3]
        ),
        "syllabus": render_template_sample("home/_syllabus.html", "cours", lessons=lessons, progress_in=progress),
        "pager": render_template_sample("lessons/_pager.html", "voisines", previous=lessons[0], following=lessons[-1]),
    }
