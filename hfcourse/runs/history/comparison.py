"""Two runs side by side: what was sent in each, what came back, and which of it differs."""

from dataclasses import dataclass
from typing import Any

from hfcourse.runs import presenter
from hfcourse.runs.history.compared_inputs import compare_inputs
from hfcourse.runs.history.compared_outputs import pair_outputs
from hfcourse.runs.store.models import Run
from hfcourse.runs.values.page_budget import PageBudget


@dataclass(frozen=True)
class ComparedRun:
    """One of the two runs, with what its half of the page may cost."""

    run: Run
    name: str
    budget: PageBudget
    elapsed: float
    has_outputs: bool


def build_comparison(first: Run, second: Run) -> dict[str, Any]:
    """Build the template context of a comparison."""
    runs = [make_compared_run(run, name) for run, name in ((first, "Premier essai"), (second, "Second essai"))]
    return {
        "compared_runs": runs,
        "compared_inputs": compare_inputs(first, second),
        "compared_outputs": pair_outputs(first, second, (runs[0].budget, runs[1].budget)),
        "is_other_endpoint": (first.space, first.endpoint) != (second.space, second.endpoint),
        "is_live": not (first.is_finished and second.is_finished),
    }


def make_compared_run(run: Run, name: str) -> ComparedRun:
    budget = PageBudget(is_live=not run.is_finished, sharers=2)
    elapsed = presenter.measure_elapsed_seconds(run)
    return ComparedRun(run, name, budget, elapsed, has_outputs=bool(presenter.select_outputs(run)))
