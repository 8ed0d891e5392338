"""Where the marks of a plot stand."""

from typing import Any

import pytest

from hfcourse.runs import charts
from hfcourse.runs.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, chart

YEARS = [[2023, 10, "fr"], [2025, 90, "en"], [2024, 40, "fr"]]
KINDS = {"annee": "quantitative", "espaces": "quantitative", "langue": "nominal"}


def plot(mark: str, data: list[list[Any]], columns: list[str] | None = None, **kinds: str) -> dict[str, Any]:
    return {"columns": columns or list(KINDS), "data": data, "datatypes": kinds or KINDS, "mark": mark}


def drawn(value: dict[str, Any], **hints: str) -> charts.Chart:
    made = chart(value, hints)
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
    assert (made.x, made.y, made.low, made.high, made.count) == ("annee", "espaces", "10", "90", 3)


def test_years_are_written_in_one_piece_and_by_whole_ones() -> None:
    assert [tick.text for tick in drawn(plot("line", YEARS)).across] == ["2023", "2024", "2025"]


def test_each_colour_is_a_series_of_its_own() -> None:
    made = drawn(plot("point", YEARS), x="annee", y="espaces", color="langue")
    assert [(series.name, len(series.points)) for series in made.series] == [("fr", 2), ("en", 1)]


def test_bars_of_one_place_are_piled_up_and_stand_on_zero() -> None:
    made = drawn(plot("bar", YEARS), x="langue", y="espaces")
    assert [tick.text for tick in made.across] == ["fr", "en"]
    [series] = made.series
    heights = [made.base - y for _, y in series.points]
    assert heights[0] / heights[1] == pytest.approx(50 / 90, rel=0.01)
    below = drawn(plot("bar", [["a", -5], ["b", 5]], ["x", "y"]))
    assert TOP < below.base < HEIGHT - BOTTOM


def test_moments_are_dates() -> None:
    day = 24 * 3600 * 1000
    made = drawn(plot("line", [[0, 1], [4 * day, 2]], ["t", "y"], t="temporal"))
    assert [tick.text for tick in made.across] == [f"0{n}/01/1970" for n in range(1, 6)]


def test_the_columns_are_those_of_the_space_else_the_first_that_can_be_drawn() -> None:
    data = [["a", 1, 5], ["b", 2, 6]]
    assert drawn(plot("bar", data, ["nom", "un", "deux"]), x="nom", y="deux").y == "deux"
    assert drawn(plot("bar", data, ["nom", "un", "deux"]), y="absente").y == "un"


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
    assert chart(plot("line", data, ["x", "y"], x="quantitative"), {}) is None


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
        assert len(made.upward) <= 12


def test_a_plot_of_a_hundred_thousand_values_is_a_drawing_of_some_hundred() -> None:
    made = drawn(plot("point", [[n, n, f"s{n}"] for n in range(100_000)]), color="langue")
    assert len(made.series) == charts.MOST_SERIES
    bars = drawn(plot("bar", [[f"{n}", n] for n in range(100_000)], ["x", "y"]))
    assert len(bars.series[0].points) == charts.MOST_BARS
    assert len(bars.across) <= charts.MOST_BARS
