"""Metrics of `/metriques` for Prometheus: outcomes, durations and waits of runs, and current activity.

All values are read from the database, so that any process reports every process and machine. No
label names a visitor or a Space.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from hfcourse import database
from hfcourse.error_messages import EXPLANATIONS
from hfcourse.runs.retention import disk_usage
from hfcourse.runs.store import heartbeat, run_statistics
from hfcourse.runs.store.effective_status import make_status_condition
from hfcourse.runs.store.models import FINAL_STATUSES, UNFINISHED_STATUSES, Run
from hfcourse.runs.store.run_statistics import RunStatistic

MEDIA_TYPE = CONTENT_TYPE_LATEST
# Error codes of rejections that the Space does not cause.
NON_SPACE_ERROR_CODES = {"invalid-input", "secret-in-input", "limit-reached", "calls-paused", "server-busy"}


class RunMetricsCollector(Collector):
    """Collector that queries the database at each scrape."""

    def collect(self) -> Iterator[Metric]:
        # The runs of a killed process are counted as interrupted before a writer marks them.
        counted = [*run_statistics.list_statistics(), *heartbeat.list_abandoned_statistics()]
        yield build_outcomes_metric(counted)
        yield build_space_errors_metric(counted)
        yield build_durations_metric(counted)
        yield build_waits_metric(counted)
        yield from build_current_metrics()


def render_metrics() -> bytes:
    """Serialize the metrics in the format of MEDIA_TYPE."""
    return generate_latest(RunMetricsCollector())


def build_outcomes_metric(counted: Sequence[RunStatistic]) -> Metric:
    """Build the counter of finished runs, by outcome."""
    # Starts at 0: Prometheus does not count a series that begins at 1 as an increase.
    runs = Counter({(status, ""): 0 for status in FINAL_STATUSES if status != "failed"})
    runs.update({("failed", code): 0 for code in EXPLANATIONS})
    for tally in counted:
        runs[tally.status, tally.error] += tally.runs
    family = CounterMetricFamily("hfcourse_runs", "Runs that ended, by outcome.", labels=("status", "error"))
    for labels, number in sorted(runs.items()):
        family.add_metric(labels, number)
    return family


def build_space_errors_metric(counted: Sequence[RunStatistic]) -> Metric:
    """Build the counter of runs that failed because of their Space or its connection."""
    errors = Counter({code: 0 for code in EXPLANATIONS if code not in NON_SPACE_ERROR_CODES})
    for tally in counted:
        if tally.error in errors:
            errors[tally.error] += tally.runs
    family = CounterMetricFamily("hfcourse_space_errors", "Calls of a Space that failed, by code.", labels=("error",))
    for code, number in sorted(errors.items()):
        family.add_metric((code,), number)
    return family


def build_durations_metric(counted: Sequence[RunStatistic]) -> Metric:
    """Build the histogram of the durations of executed runs, by status."""
    family = HistogramMetricFamily(
        "hfcourse_run_duration_seconds", "Time from a run's start to its end.", labels=("status",)
    )
    by_status: dict[str, list[RunStatistic]] = defaultdict(list, {status: [] for status in FINAL_STATUSES})
    for tally in counted:
        by_status[tally.status].append(tally)
    for status, rows in sorted(by_status.items()):
        numbers = [(tally.took_within, tally.runs) for tally in rows]
        family.add_metric(
            (status,),
            accumulate_buckets(numbers, run_statistics.DURATION_BOUNDS_MILLISECONDS),
            sum(tally.took_seconds for tally in rows),
        )
    return family


def build_waits_metric(counted: Sequence[RunStatistic]) -> Metric:
    """Build the histogram of the times that finished runs were queued."""
    family = HistogramMetricFamily("hfcourse_run_wait_seconds", "Time that a run waited for its turn.", labels=())
    numbers = [(tally.waited_within, tally.runs) for tally in counted]
    family.add_metric(
        (),
        accumulate_buckets(numbers, run_statistics.WAIT_BOUNDS_MILLISECONDS),
        sum(tally.waited_seconds for tally in counted),
    )
    return family


def accumulate_buckets(numbers: Sequence[tuple[int, int]], bounds: Sequence[int]) -> list[tuple[str, float]]:
    """Return cumulative bucket counts, bounds in seconds, from counts by bound in milliseconds."""

    def up_to(bound: int) -> float:
        return float(sum(runs for within, runs in numbers if run_statistics.NOT_STARTED < within <= bound))

    return [*((str(bound / 1000), up_to(bound)) for bound in bounds), ("+Inf", up_to(run_statistics.OVERFLOW))]


def build_current_metrics() -> Iterator[Metric]:
    """Build the gauges of queued runs, running runs and stored file bytes."""
    is_active = make_status_condition(UNFINISHED_STATUSES)
    counting = select(Run.status, func.count()).where(is_active).group_by(Run.status)
    with database.read_session() as session:
        now = dict(session.execute(counting).all())
    yield GaugeMetricFamily("hfcourse_runs_queued", "Runs that wait for their turn.", now.get("queued", 0))
    yield GaugeMetricFamily("hfcourse_runs_running", "Runs in progress.", now.get("running", 0))
    yield GaugeMetricFamily("hfcourse_kept_files_bytes", "Size of the kept files.", disk_usage.sum_file_bytes())
