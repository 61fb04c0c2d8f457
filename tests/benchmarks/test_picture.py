from __future__ import annotations

from xml.etree import ElementTree as ET

from benchmarks.picture import picture
from benchmarks.results import Results, Row

SVG = "{http://www.w3.org/2000/svg}"
SPEED = Row("speed", "throughput <pipe>", "lines/s", "more")
START = Row("start", "start", "ms")


def drawn(rows: list[Row], figures: dict[tuple[str, str], float], columns: list[str]) -> ET.Element:
    results = Results()
    for (key, name), value in figures.items():
        results.add(key, name, 0, value)
    return ET.fromstring(picture(results, rows, columns))  # noqa: S314 - our own picture


def names(svg: ET.Element) -> list[str | None]:
    return [text.text for text in svg.iter(f"{SVG}text") if text.get("text-anchor") == "end"]


def lengths(svg: ET.Element) -> list[float]:
    return [float(bar.get("width", "")) for bar in svg.iter(f"{SVG}rect")]


def test_the_best_comes_first_and_bars_are_as_long_as_their_figures() -> None:
    svg = drawn([SPEED], {("speed", "a & b"): 1.0, ("speed", "procman"): 4.0}, ["a & b", "procman"])
    assert names(svg) == ["procman", "a & b"]
    longest, other = lengths(svg)
    assert longest == 4 * other


def test_where_less_is_better_the_shortest_comes_first() -> None:
    svg = drawn([START], {("start", "foreman"): 140.0, ("start", "procman"): 40.0}, ["foreman", "procman"])
    assert names(svg) == ["procman", "foreman"]


def test_our_bar_stands_out() -> None:
    svg = drawn([START], {("start", "foreman"): 140.0, ("start", "procman"): 40.0}, ["foreman", "procman"])
    assert [bar.get("class") for bar in svg.iter(f"{SVG}rect")] == ["bar ours", "bar"]


def test_a_bar_for_nothing_can_still_be_seen() -> None:
    assert lengths(drawn([START], {("start", "procman"): 0.0}, ["procman"])) == [1.0]


def test_everything_is_inside_the_picture() -> None:
    svg = drawn([START, SPEED], {("start", "procman"): 40.0, ("speed", "procman"): 4.0}, ["procman"])
    width, height = map(int, svg.get("viewBox", "").split()[2:])
    for bar in svg.iter(f"{SVG}rect"):
        assert float(bar.get("x", "")) + float(bar.get("width", "")) <= width
        assert float(bar.get("y", "")) + float(bar.get("height", "")) <= height


def test_it_suits_dark_pages_too() -> None:
    assert "prefers-color-scheme: dark" in picture(Results(), [], [])
