"""Views of the experiments, /et-si: a list, a situation with a prediction to make, and the real exchange.

The answer to the form is the page of the exchange itself. Nothing is stored: the same form may be sent again and makes
another real exchange, which is why the browser asks before it reloads that page.
"""

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hfcourse import visitors
from hfcourse.error_messages import EXPLANATIONS, ErrorExplanation, make_explanation
from hfcourse.errors import CallError, CourseError, SpaceUnavailable
from hfcourse.limits import bulkhead, concurrency
from hfcourse.limits.bulkhead import BulkheadFull
from hfcourse.limits.deadline import CancelScope
from hfcourse.playground.experiments import experiment_table, limits, runner
from hfcourse.playground.experiments.experiment import Experiment
from hfcourse.playground.experiments.limits import ExperimentRefused
from hfcourse.playground.experiments.runner import ExperimentResult
from hfcourse.spaces import catalogue
from hfcourse.spaces.registry import resolver
from hfcourse.web import headers
from hfcourse.web.security_log import log_refusal
from hfcourse.web.template_globals import is_in_lesson

PREDICTION_FIELD = "choix"
STATE_TIMEOUT_SECONDS, WAKE_TIMEOUT_SECONDS = 3, 10

PREDICTION_MISSING = make_explanation(
    "Choisissez d’abord une réponse.",
    "Prédire avant de voir est la moitié de l’expérience : rien n’est parti.",
    "Choisissez ce qui vous paraît le plus probable, puis lancez l’expérience.",
    status=400,
    practice=False,
)
SITE_BUSY = make_explanation(
    "Ce site mène déjà beaucoup d’appels : cette expérience n’est pas partie.",
    "Il garde une partie de ses forces pour les pages du cours.",
    "Votre prédiction est encore là : relancez dans quelques secondes.",
    status=503,
    practice=False,
)
UNREACHABLE = make_explanation(
    "Le Space d’entraînement ne répond pas.",
    "Les messages plus bas disent jusqu’où notre serveur est allé.",
    "Votre prédiction est encore là : relancez dans une minute.",
    "Si cela dure, prévenez la personne qui anime le cours.",
    status=503,
    practice=False,
)

bp = Blueprint("experiments", __name__, url_prefix=experiment_table.URL_PATH.rstrip("/"))


@bp.get("/")
def index() -> ResponseReturnValue:
    """Render the list of experiments."""
    page = render_template(
        "playground/experiments/index.html", section="course", experiments=experiment_table.EXPERIMENTS
    )
    return headers.make_revalidated_response(page)


@bp.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """Render the situation and the prediction to make; wake the practice Space meanwhile.

    With a prediction in the query, which a lesson or a sleeping Space sends, the page waits until the Space is awake.
    """
    experiment = get_experiment_or_404(slug)
    prediction = read_prediction(experiment, request.args.get(PREDICTION_FIELD, ""))
    error = find_practice_error()
    if not prediction:
        return render_experiment(experiment)
    return render_experiment(
        experiment, prediction, code=error.code if error else "", explanation=error.explanation if error else None
    )


@bp.post("/<slug>", endpoint="run")
def submit_prediction(slug: str) -> ResponseReturnValue:
    """Make the exchange, and render it beside the prediction."""
    experiment = get_experiment_or_404(slug)
    prediction = read_prediction(experiment, request.form.get(PREDICTION_FIELD, ""))
    if not prediction:
        return render_refusal(experiment, "", "invalid-input", PREDICTION_MISSING)
    try:
        result = make_exchange(experiment, visitors.get_or_create_visitor())
    except ExperimentRefused as refused:
        return render_refusal(experiment, prediction, "limit-reached", refused.explanation)
    except CourseError as error:
        is_busy = isinstance(error, BulkheadFull)
        code, explanation = ("server-busy", SITE_BUSY) if is_busy else (error.code, error.explanation)
        return render_refusal(experiment, prediction, code, explanation)
    if result is None:  # it is still waking: this page waits for it, with the prediction kept
        return redirect(url_for(".show", slug=slug, choix=prediction), 303)
    if result.is_reachable:
        return render_experiment(experiment, prediction, result)
    log_refusal("practice-unavailable")
    return render_experiment(experiment, prediction, result, "practice-unavailable", UNREACHABLE)


def make_exchange(experiment: Experiment, visitor: str) -> ExperimentResult | None:
    """Make the exchange within the limits of the site; None if the practice Space is still waking.

    Raises:
        ExperimentRefused: a limit of the visitor or of the site is reached.
        BulkheadFull: too many threads of this process wait for Spaces.
        CourseError: the practice Space does not start.
    """
    limits.count_request(visitor)
    with (
        concurrency.release_while_waiting(),
        bulkhead.hold_bulkhead_slot(),
        limits.get_limits().hold_turn(visitor),
    ):
        scope = CancelScope(WAKE_TIMEOUT_SECONDS)
        location = resolver.resolve_space(catalogue.PRACTICE_SPACE_ID, scope, WAKE_TIMEOUT_SECONDS)
        return runner.run_experiment(experiment, location.url) if location.is_awake else None


def find_practice_error() -> CourseError | None:
    """Wake the practice Space if it sleeps; return why it cannot be called now, None if it can."""
    try:
        location = resolver.resolve_space(catalogue.PRACTICE_SPACE_ID, CancelScope(STATE_TIMEOUT_SECONDS))
    except CourseError as error:
        return error
    return None if location.is_awake else SpaceUnavailable("space-sleeping")


def get_experiment_or_404(slug: str) -> Experiment:
    """Return the experiment of this slug, or abort with 404."""
    return experiment_table.EXPERIMENTS_BY_SLUG.get(slug) or abort(404)


def read_prediction(experiment: Experiment, letter: str) -> str:
    """Return the letter of a choice, '' for anything else."""
    choice = experiment.find_choice(letter)
    return choice.letter if choice else ""


def render_refusal(
    experiment: Experiment, prediction: str, code: str, explanation: ErrorExplanation
) -> ResponseReturnValue:
    """Render the form again with the reason why nothing was sent."""
    log_refusal(code)
    return render_experiment(experiment, prediction, None, code, explanation)


def render_experiment(
    experiment: Experiment,
    prediction: str = "",
    result: ExperimentResult | None = None,
    code: str = "",
    explanation: ErrorExplanation | None = None,
) -> ResponseReturnValue:
    """Render an experiment, as a page or as a fragment for a lesson.

    Args:
        code: error code of what keeps the exchange from being made or explained, '' for nothing.
    """
    template = "fragment.html" if is_in_lesson() else "show.html"
    is_waiting = code == "space-sleeping"
    status = explanation.rejection_status if explanation and request.method == "POST" else 200
    context: dict[str, Any] = {
        "experiment": experiment,
        "prediction": prediction,
        "choice": experiment.find_choice(prediction),
        "result": result,
        "code": code,
        "explanation": explanation,
        "is_waiting": is_waiting,
        "is_practice": True,
        "error": CallError(code) if code in EXPLANATIONS else None,
        "following": experiment_table.find_next_experiment(experiment),
    }
    return render_template(f"playground/experiments/{template}", section="course", **context), status


@bp.after_request
def set_experiment_cache_policy(response: Response) -> Response:
    """Let no cache keep a prediction; a fragment of a lesson may be kept by the browser, to be asked for again.

    A lesson whose script received a `no-store` response would not be restored on Back with what was chosen in it.
    """
    return headers.require_revalidation(response) if is_in_lesson() else response
