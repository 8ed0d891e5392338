"""Where the marks of a plot stand."""

import re
from typing import Any

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.runs.outputs import charts
from hfcourse.runs.outputs.aggregation import PlotColumns, choose_grouping, group_rows
from hfcourse.runs.outputs.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, build_chart
from hfcourse.text.typography import NARROW_NO_BREAK

YEARS = [[2023, 10, "fr"], [2025, 90, "en"], [2024, 40, "fr"]]
KINDS = {"annee": "quantitative", "espaces": "quantitative", "langue": "nominal"}


def plot(mark: str, data: list[list[Any]], columns: list[str] | None = None, **kinds: str) -> dict[str, Any]:
    return {"columns": columns or list(KINDS), "data": data, "datatypes": kinds or KINDS, "mark": mark}


def drawn(value: dict[str, Any], **hints: str) -> charts.Chart:
    made = build_chart(value, hints)
    assert made is not None
    return made


def test_a_line_goes_from_left_to_right_and_up_with_the_values() -> None:
    made = drawn(plot("line", YEARS))
    [series] = made.series
    across, upward = zip(*series.points, strict=True)
    assert list(across) == sorted(across)
    assert (across[0], across[-1]) == (LEFT, WIDTH - RIGHT)
    assert list(upward) == sorted(upward, reverse=True)
    assert all(TOP <= y <= HEIGHT - BOTTOM for y in upward)
    assert (made.x_title, made.y_title, made.low, made.high, made.count) == ("annee", "espaces", "10", "90", 3)


def test_years_are_written_in_one_piece_and_by_whole_ones() -> None:
    assert [tick.text for tick in drawn(plot("line", YEARS)).x_ticks] == ["2023", "2024", "2025"]


def test_each_colour_is_a_series_of_its_own() -> None:
    made = drawn(plot("point", YEARS), x="annee", y="espaces", color="langue")
    assert [(series.name, len(series.points)) for series in made.series] == [("fr", 2), ("en", 1)]


def test_bars_of_one_place_are_piled_up_and_stand_on_zero() -> None:
    made = drawn(plot("bar", YEARS), x="langue", y="espaces")
    assert [tick.text for tick in made.x_ticks] == ["fr", "en"]
    [series] = made.series
    heights = [made.baseline - y for _, y in series.points]
    assert heights[0] / heights[1] == pytest.approx(50 / 90, rel=0.01)
    below = drawn(plot("bar", [["a", -5], ["b", 5]], ["x", "y"]))
    assert TOP < below.baseline < HEIGHT - BOTTOM


def test_moments_are_dates() -> None:
    day = 24 * 3600 * 1000
    made = drawn(plot("line", [[0, 1], [4 * day, 2]], ["t", "y"], t="temporal"))
    assert [tick.text for tick in made.x_ticks] == [f"0{n}/01/1970" for n in range(1, 6)]


def test_the_columns_are_those_of_the_space_else_the_first_that_can_be_drawn() -> None:
    data = [["a", 1, 5], ["b", 2, 6]]
    assert drawn(plot("bar", data, ["nom", "un", "deux"]), x="nom", y="deux").y_title == "deux"
    assert drawn(plot("bar", data, ["nom", "un", "deux"]), y="absente").y_title == "un"


@pytest.mark.parametrize(
    "data",
    [
        [],
        [[]],
        [["a"]],
        [["a", "b"]],
        [[None, None]],
        [["x", 1]],
        [[True, 1]],
        [[10**400, 1]],
        [[1, 10**400]],
    ],
)
def test_what_cannot_be_drawn_is_not(data: list[list[Any]]) -> None:
    assert build_chart(plot("line", data, ["x", "y"], x="quantitative"), {}) is None


@pytest.mark.parametrize(
    "values",
    [[0, 0], [5, 5], [5e-324, 0], [5e-324, 1e-323], [1e299, -1e299], [1e299, 1e299 * (1 + 1e-15)], [-1e-300, 1e-300],
     [2**53, 2**53 + 1], [0.1, 0.1 + 1e-12], [1e15, 1e15 + 0.5], [10**299, 10**299 + 1]],
)  # fmt: skip
@pytest.mark.parametrize("mark", ["line", "bar", "point"])
def test_numbers_of_any_size_stay_within_the_drawing(mark: str, values: list[float]) -> None:
    for data in ([[1, values[0]], [2, values[1]]], [[values[0], 1], [values[1], 2]]):
        made = drawn(plot(mark, data, ["x", "y"], x="quantitative"))
        for x, y in made.series[0].points:
            assert LEFT - 0.1 <= x <= WIDTH - RIGHT + 0.1
            assert TOP - 0.1 <= y <= HEIGHT - BOTTOM + 0.1
        assert len(made.y_ticks) <= 12


def test_a_plot_of_a_hundred_thousand_values_is_a_drawing_of_some_hundred() -> None:
    made = drawn(plot("point", [[n, n, f"s{n}"] for n in range(100_000)]), color="langue")
    assert len(made.series) == charts.MAX_SERIES
    bars = drawn(plot("bar", [[f"{n}", n] for n in range(100_000)], ["x", "y"]))
    assert len(bars.series[0].points) == charts.MAX_BARS
    assert len(bars.x_ticks) <= charts.MAX_BARS


@pytest.mark.parametrize(
    ("mark", "data", "is_part"),
    [
        ("line", YEARS, False),
        ("line", [[n, n, "fr"] for n in range(charts.MAX_POINTS + 1)], True),
        ("line", [[n, n, f"s{n}"] for n in range(charts.MAX_SERIES + 1)], True),
        ("line", [[n, n, f"s{n}"] for n in range(charts.MAX_SERIES)], False),
        ("bar", [[n, n, "fr"] for n in range(charts.MAX_BARS + 1)], True),
        ("bar", [[n % charts.MAX_BARS, n, "fr"] for n in range(1000)], False),
        ("bar", [[0, n, "fr"] for n in range(100_000)], False),
    ],
)
def test_a_drawing_says_whether_it_has_every_value(mark: str, data: list[list[Any]], is_part: bool) -> None:
    assert drawn(plot(mark, data), x="annee", y="espaces", color="langue").is_part is is_part


FRUIT = [["pomme", 2, "a"], ["poire", 10, "a"], ["pomme", 4, "b"], ["poire", 21, "b"], ["poire", None, "b"]]
NOMINAL = {"fruit": "nominal", "note": "quantitative", "lot": "nominal"}


def heights(made: charts.Chart) -> dict[str, float]:
    """What each bar is worth, read from the drawing and the numbers of its axis."""
    low, high = made.y_ticks[0], made.y_ticks[-1]
    ends = [float(tick.text.replace(NARROW_NO_BREAK, "").replace(",", ".")) for tick in (low, high)]
    unit = (ends[1] - ends[0]) / (low.position - high.position)
    [series] = made.series
    names = {tick.position: tick.text for tick in made.x_ticks}
    return {names[x]: pytest.approx((made.baseline - y) * unit, abs=0.15) for x, y in series.points}


@pytest.mark.parametrize(
    ("function", "pomme", "poire"),
    [
        ("sum", 6, 31),
        ("mean", 3, 15.5),
        ("median", 3, 15.5),
        ("min", 2, 10),
        ("max", 4, 21),
        ("count", 2, 3),
        ("", 6, 31),
    ],
)
def test_bars_are_what_their_author_aggregates(function: str, pomme: float, poire: float) -> None:
    value = plot("bar", FRUIT, [*NOMINAL], **NOMINAL)
    made = drawn(value, x="fruit", y="note", y_aggregate=function)
    assert heights(made) == {"pomme": pomme, "poire": poire}
    names = {"": "note", "mean": "note (moyenne)", "count": "note (nombre)"}
    assert made.y_title == names.get(function, made.y_title)


def test_count_needs_no_numbers() -> None:
    value = plot("bar", [["a", "x"], ["b", None], ["a", "y"]], ["k", "v"], k="nominal", v="nominal")
    assert heights(drawn(value, x="k", y="v", y_aggregate="count")) == {"a": 2, "b": 1}


def test_line_of_words_is_aggregated_by_colour() -> None:
    rows = [["lun", 1, "a"], ["lun", 3, "a"], ["mar", 4, "a"], ["lun", 10, "b"]]
    value = plot("line", rows, ["jour", "n", "lot"], jour="nominal", n="quantitative", lot="nominal")
    made = drawn(value, x="jour", y="n", color="lot", y_aggregate="mean")
    assert [(series.name, len(series.points)) for series in made.series] == [("a", 2), ("b", 1)]
    assert (made.low, made.high, made.count) == ("2", "10", 3)


@pytest.mark.parametrize(
    ("x_bin", "kind", "xs", "names"),
    [
        ("2", "quantitative", [3.5, 0.5, 1.9], ["0 à 2", "2 à 4"]),
        ("0.1", "quantitative", [0.35, 0.31, 0.05], ["0 à 0,1", "0,3 à 0,4"]),
        ("1d", "temporal", [86_400_000 * 3 + 5, 5, 6], ["01/01/1970", "04/01/1970"]),
        ("15m", "temporal", [60_000, 120_000, 1_000_000], ["01/01 00:00", "01/01 00:15"]),
    ],
)
def test_bins_are_aggregated_in_their_order(x_bin: str, kind: str, xs: list[float], names: list[str]) -> None:
    value = plot("bar", [[x, 1] for x in xs], ["x", "y"], x=kind, y="quantitative")
    made = drawn(value, x="x", y="y", x_bin=x_bin, y_aggregate="count")
    assert [tick.text for tick in made.x_ticks] == names
    assert sorted(heights(made).values(), key=lambda each: each.expected) == [1, 2]


@pytest.mark.parametrize(
    ("mark", "data", "hints"),
    [
        ("bar", FRUIT, {"y_aggregate": "mode"}),
        ("bar", FRUIT, {"y_aggregate": "mean", "color": "lot"}),
        ("bar", FRUIT, {"x_bin": "2"}),
        ("bar", FRUIT, {"x_bin": "2 semaines"}),
        ("point", FRUIT, {"y_aggregate": "mean"}),
        ("bar", [["x", 5, "a"], ["x", -5, "b"]], {"color": "lot"}),
        ("bar", [["x", n, "a"] for n in range(100_001)], {}),
    ],
    ids=["unknown", "stacked means", "bins of words", "no width", "points", "both sides of zero", "too many"],
)
def test_chart_that_is_not_certain_is_not_drawn(mark: str, data: list[list[Any]], hints: dict[str, str]) -> None:
    assert build_chart(plot(mark, data, [*NOMINAL], **NOMINAL), {"x": "fruit", "y": "note"} | hints) is None


def test_bars_of_numbers_that_their_author_averages_without_a_bin_are_not_piled_up() -> None:
    hints = {"x": "annee", "y": "espaces", "y_aggregate": "mean"}
    assert build_chart(plot("bar", [[2023, 1, "a"], [2023, 3, "a"]]), hints) is None
    assert heights(drawn(plot("bar", [[2023, 1, "a"], [2024, 3, "a"]]), **hints)) == {"2023": 1, "2024": 3}


def test_words_that_are_cut_to_the_same_have_places_of_their_own() -> None:
    data = [["un mot bien long, premier", 1], ["un mot bien long, second", 2]]
    made = drawn(plot("bar", data, ["x", "y"], x="nominal"))
    assert len({x for x, _ in made.series[0].points}) == 2
    assert len(made.x_ticks) == 2


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 1000)), min_size=1, max_size=30),
    st.sampled_from(["sum", "mean", "median", "min", "max", "count"]),
)
def test_aggregated_rows_are_those_of_pandas(rows: list[tuple[str, int]], function: str) -> None:
    grouping = choose_grouping("bar", "nominal", {"y_aggregate": function})
    assert grouping is not None
    found = {x: y for x, y, _ in group_rows(rows, PlotColumns(0, 1, None), grouping, has_stacked_colours=True)}
    wanted = pandas.DataFrame(rows, columns=["x", "y"]).groupby("x")["y"].agg(function).to_dict()
    assert found == pytest.approx(wanted)


@pytest.mark.parametrize("size", [1e-14, 3e-7, 0.01, 1, 1e5, 1e12, 1e22])
def test_numbers_beside_an_axis_have_no_exponent_and_room(size: float) -> None:
    made = drawn(plot("line", [[0, size], [size, 3 * size]], ["x", "y"], x="quantitative"))
    for tick in (*made.y_ticks, *made.x_ticks):
        assert re.fullmatch(r"-?[\d\u202f]+(,\d+)?", tick.text)
    assert made.left >= 7 * max(len(tick.text) for tick in made.y_ticks)
    texts = [tick.text for tick in made.y_ticks]
    assert len(set(texts)) == len(texts)
