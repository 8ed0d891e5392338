"""Cards of experiments in lessons: the situation and the prediction to make, from ::: et-si. Pure.

Lessons set no cookie, so the form is sent by GET: it leads to the page of the experiment, where the prediction is
checked already. A script makes the experiment below the form.
"""

from html import escape

from hfcourse.playground.experiments import experiment_table
from hfcourse.playground.experiments.experiment import Experiment

SUBMIT_BUTTON = '<button class="button" type="submit">Prédire, puis voir</button>'
ON_SITE_NOTE = '<p class="text-muted">Cette expérience se fait sur le site du cours.</p>'


def build_address(experiment: Experiment) -> str:
    """Return the path of the page of an experiment."""
    return f"{experiment_table.URL_PATH}{experiment.slug}"


def build_experiment_card(experiment: Experiment, anchor: str, body: str) -> str:
    """Return the card of an experiment.

    Args:
        anchor: id of its title.
        body: what the lesson says about it, as HTML.
    """
    choices = "".join(
        f'<div class="answer"><label class="choice"><input type="radio" name="choix" value="{choice.letter}"> '
        f"<span>{choice.text}</span></label></div>\n"
        for choice in experiment.choices
    )
    return (
        f'<section class="experiment card wide" aria-labelledby="{anchor}">\n'
        f'<header><span class="eyebrow"><mark>Et si…</mark></span><h3 id="{anchor}">{escape(experiment.title)}</h3>'
        "</header>\n"
        f"{body}<p>{experiment.situation}</p>\n"
        f'<form class="quiz" action="{build_address(experiment)}" data-experiment="{experiment.slug}">\n'
        f'<fieldset><legend>{experiment.question}</legend>\n<div class="choices">\n{choices}</div></fieldset>\n'
        f"{SUBMIT_BUTTON}\n</form>\n</section>\n"
    )


def remove_buttons(html: str) -> str:
    """Replace the buttons of experiments by a note, for an export without a site to make them."""
    return html.replace(SUBMIT_BUTTON, ON_SITE_NOTE)
