from __future__ import annotations

from benchmarks.results import Results


def test_the_median_is_over_the_rounds() -> None:
    results = Results()
    for turn, figure in enumerate((3.0, 100.0, 1.0)):
        results.add("start", "procman", turn, figure)
    assert results.median("start", "procman") == 3.0


def test_of_what_was_not_measured_there_is_neither_median_nor_ratio() -> None:
    results = Results()
    results.add("start", "procman", 0, 1.0)
    assert (results.median("start", "cat"), results.ratio("start", "procman", "cat")) == (None, None)


def test_a_ratio_is_between_figures_of_the_same_round() -> None:
    results = Results()
    for turn, (ours, theirs) in enumerate(((2.0, 1.0), (40.0, 20.0), (9.0, 3.0))):
        results.add("start", "procman", turn, ours)
        results.add("start", "cat", turn, theirs)
    results.add("start", "procman", 3, 1000.0)  # a round that the other did not take part in
    assert results.ratio("start", "procman", "cat") == 2.0


def test_nothing_divides_by_a_baseline_of_zero() -> None:
    results = Results()
    results.add("idle", "procman", 0, 1.0)
    results.add("idle", "cat", 0, 0.0)
    assert results.ratio("idle", "procman", "cat") is None


def test_the_first_remark_stays() -> None:
    results = Results()
    results.remark("start", "honcho", "3 torn")
    results.remark("start", "honcho", "9 torn")
    assert (results.remarked("start", "honcho"), results.remarked("start", "nf")) == ("3 torn", "")
