from __future__ import annotations

import pytest

from benchmarks.report import BEGIN, END, figure, replaced, table
from benchmarks.results import Results, Row

SPEED = Row("speed", "throughput", "lines/s", "more", "cat")
START = Row("start", "start", "ms")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.123, "0.12"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (123.4, "123"),
        (9999.0, "9999"),
        (12_345.0, "12.3 k"),
        (999_900.0, "1.00 M"),
        (4_321_000.0, "4.32 M"),
    ],
)
def test_a_figure_has_three_digits(value: float, text: str) -> None:
    assert figure(value) == text


def test_each_cell_has_its_ratio_to_the_rows_baseline() -> None:
    results = Results()
    results.add("speed", "procman", 0, 3_000_000.0)
    results.add("speed", "cat", 0, 6_000_000.0)
    results.add("start", "procman", 0, 40.0)
    results.add("start", "foreman", 0, 140.0)
    assert table(results, [SPEED, START], ["procman", "cat", "foreman"]).splitlines() == [
        "| | unit | procman | cat | foreman | ratios to |",
        "|---|---|---:|---:|---:|---|",
        "| throughput | lines/s | 3.00 M (0.50) | 6.00 M |  | cat |",
        "| start | ms | 40.0 |  | 140 (3.50) | procman |",
    ]


def test_a_baseline_without_a_column_stands_beside_the_ratios() -> None:
    results = Results()
    results.add("start", "procman", 0, 40.0)
    results.add("start", "import click", 0, 32.0)
    row = START._replace(baseline="import click")
    assert "| 40.0 (1.25) | import click: 32.0 |" in table(results, [row], ["procman"])


def test_what_went_wrong_stands_in_the_cell() -> None:
    results = Results()
    results.add("speed", "procman", 0, 1000.0)
    results.remark("speed", "procman", "3 torn")
    results.remark("speed", "honcho", "time-out")
    assert "| 1000 *3 torn* | time-out |" in table(results, [SPEED], ["procman", "honcho"])


def test_a_row_that_nobody_took_part_in_is_left_out() -> None:
    assert "start" not in table(Results(), [START], ["procman"])


def test_new_figures_take_the_place_of_old_ones() -> None:
    page = f"# Benchmarks\n{BEGIN}\nold\n{END}\nthe end\n"
    assert replaced(page, "new\n") == f"# Benchmarks\n{BEGIN}\nnew\n{END}\nthe end\n"


def test_a_page_without_a_place_for_figures_becomes_them() -> None:
    assert replaced("old\n", "new\n") == "new\n"
