"""Charts: every position stays inside the picture, and what is drawn adds up."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sebar.pages import charts

COUNTS = st.lists(st.integers(0, 10**7), min_size=1, max_size=50)


@given(st.floats(0, 1e12))
def test_the_top_of_an_axis_is_never_below_what_it_shows(largest: float) -> None:
    assert charts.ceiling(largest) >= largest
    assert charts.ceiling(largest) <= max(2 * largest, 1) + 1


@given(st.lists(COUNTS, min_size=1, max_size=5).map(lambda rows: [row[: min(map(len, rows))] for row in rows]))
def test_names_of_lines_never_touch_and_lines_stay_inside(rows: list[list[int]]) -> None:
    chart = charts.line_chart([(f"line {i}", "c1", values) for i, values in enumerate(rows)], [])
    heights = sorted(float(line.label_y) for line in chart.lines)
    assert all(later - earlier >= 14 for earlier, later in pairwise(heights))
    ys = [float(y) for line in chart.lines for _, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", line.path + line.filling)]
    assert all(0 <= y <= chart.plot for y in ys)


def test_the_last_bucket_is_drawn_apart_because_it_still_fills() -> None:
    line = charts.line_chart([("all", "c1", [0, 5, 10])], []).lines[0]
    assert line.path == "M0 198L500 99"
    assert line.filling == "M500 99L1000 0"


def test_layers_stand_on_each_other_and_leave_empty_time_out() -> None:
    chart = charts.stacked_chart([("seeds", "g0", [1, 0, 2]), ("1", "g1", [1, 0, 0])], [])
    seeds, first = (layer.path for layer in chart.layers)
    assert seeds.count("M") == 2
    assert first.startswith("M0 99V0H333.3")
    assert first.count("M") == 1


@given(COUNTS)
def test_a_layer_covers_as_much_as_it_counts(values: list[int]) -> None:
    chart = charts.stacked_chart([("all", "g0", values)], [])
    assert chart.layers[0].path.count("Z") == sum(
        1 for i, value in enumerate(values) if value and (i == 0 or not values[i - 1])
    )


@pytest.mark.parametrize(
    ("part", "whole", "width"), [(0, 10, "0"), (10, 10, "100.00%"), (1, 10**6, "0.40%"), (5, 0, "0")]
)
def test_a_bar_is_visible_unless_there_is_nothing(part: int, whole: int, width: str) -> None:
    assert charts.bar(part, whole) == width


def test_a_scale_keeps_ranges_inside() -> None:
    scale = charts.scale(0.5, 0.2, 7.0)
    assert (scale.low, scale.value, scale.one, scale.high) == ("10.00%", "25.00%", "50.00%", "100.00%")


def test_more_cascades_alike_make_a_larger_dot() -> None:
    names = {10**power: str(power) for power in range(9)}
    many, one = charts.dot_plot([(1, 1, 0, 500), (120, 129, 4, 1)], names).dots
    assert float(many.radius) > float(one.radius)
    assert float(many.y) > float(one.y)


FANS = st.lists(st.lists(st.floats(0, 1e7), min_size=7, max_size=7).map(sorted), min_size=1, max_size=30)


@given(FANS, st.lists(st.floats(0, 1e7), max_size=20), st.none() | st.floats(1, 1e9))
def test_a_fan_stays_inside_and_its_bands_in_order(
    ahead: list[list[float]], past: list[float], goal: float | None
) -> None:
    places = [(0.5 + index / (2 * len(ahead)), quantiles) for index, quantiles in enumerate(ahead)]
    chart = charts.fan_chart([(i / (2 * len(past)), value) for i, value in enumerate(past)], places, [], goal=goal)
    widest, *narrower = [[float(y) for _, y in re.findall(r"[ML]([\d.]+) (-?[\d.]+)", path)] for _, path in chart.bands]
    assert all(y <= chart.plot for y in widest)
    assert all(0 <= y <= chart.plot for band in narrower for y in band)
    below = [float(y) for y, _ in chart.names]
    assert below == sorted(below)
    assert all(later - earlier >= 14 for earlier, later in pairwise(below))


def test_a_fan_marks_now_the_goal_and_what_was_said_before() -> None:
    chart = charts.fan_chart(
        [(0, 0), (0.5, 100)], [(0.5, [100.0] * 7), (1, [100, 110, 120, 130, 150, 180, 200])], [],
        earlier=[(0.4, 80, 90, 95)], goal=150,
    )  # fmt: skip
    assert chart.now == "500"
    assert 0 < float(chart.goal) < chart.plot
    assert float(chart.bars[0].high) < float(chart.bars[0].middle) < float(chart.bars[0].low)
    assert [value for _, value in chart.names] == [180, 130, 110]
    assert charts.fan_chart([], [(0, [1.0] * 7)], [], goal=10**6).goal == ""


@pytest.mark.parametrize(("end", "is_whole"), [(300.0, True), (6000.0, True), (6001.0, False)])
def test_a_fan_shows_its_widest_band_whole_unless_it_would_press_the_rest_to_the_ground(
    end: float, is_whole: bool
) -> None:
    likely = 1000 if end > 300 else 100
    chart = charts.fan_chart([(0, 0)], [(0.5, [10.0] * 7), (1, [10, 20, 30, 50, 90, likely, end])], [])
    top = min(float(y) for _, y in re.findall(r"[ML]([\d.]+) (-?[\d.]+)", chart.bands[0][1]))
    assert (top >= 0) is is_whole
    assert chart.is_cut is not is_whole


def test_a_fan_names_its_ends_as_text_and_table_do() -> None:
    chart = charts.fan_chart([(0, 0)], [(0.5, [73.0] * 7), (1, [73, 73, 90, 300, 900, 3567, 9000])], [])
    assert [value for _, value in chart.names] == [3600, 300, 73]
