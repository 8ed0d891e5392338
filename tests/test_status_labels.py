"""Labels of the statuses: one table, which every page and the report read."""

import pytest

from hfcourse.config import ROOT
from hfcourse.runs.history.queries import OUTCOMES
from hfcourse.runs.store.models import FINAL_STATUSES, UNFINISHED_STATUSES
from hfcourse.runs.values.status_labels import DONE_STEP, STATUS_LABELS, get_last_step_label


def test_every_status_has_labels_of_its_own() -> None:
    assert set(STATUS_LABELS) == {*UNFINISHED_STATUSES, *FINAL_STATUSES}
    for position in range(2):
        assert len({labels[position] for labels in STATUS_LABELS.values()}) == len(STATUS_LABELS)


@pytest.mark.parametrize("status", STATUS_LABELS)
def test_the_last_step_names_the_end_of_a_run_that_did_not_succeed(status: str) -> None:
    failed = status in FINAL_STATUSES and status != "succeeded"
    assert get_last_step_label(status) == (STATUS_LABELS[status].short if failed else DONE_STEP)


def test_every_filter_is_named_by_the_label_of_its_statuses() -> None:
    for label, statuses in OUTCOMES.values():
        assert label in {STATUS_LABELS[status].short for status in statuses}


def test_no_template_repeats_a_label() -> None:
    words = {labels.heading for labels in STATUS_LABELS.values()}
    repeating = {
        path.name: word
        for path in (ROOT / "templates" / "runs").rglob("*")
        if path.is_file()
        for word in words
        if word in path.read_text(encoding="utf-8")
    }
    assert repeating == {}
