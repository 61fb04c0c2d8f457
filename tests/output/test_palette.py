import pytest

from procman.output.palette import Palette, want_color

RESET = b"\x1b[0m"


def test_types_are_coloured_in_order_and_then_brightly() -> None:
    types = [f"t{number}" for number in range(13)]
    palette = Palette(types, enabled=True)
    codes = [36, 33, 32, 35, 31, 34, 96, 93, 92, 95, 91, 94, 36]
    assert [palette.color(name) for name in types] == [(b"\x1b[%dm" % code, RESET) for code in codes]


def test_the_system_is_white_and_takes_no_colour_from_the_types() -> None:
    palette = Palette(["web"], enabled=True)
    assert palette.color("system") == (b"\x1b[37m", RESET)
    assert palette.color("late") == (b"\x1b[33m", RESET)
    assert palette.color("web") == (b"\x1b[36m", RESET)


def test_without_colour_nothing_is_switched() -> None:
    palette = Palette(["web"], enabled=False)
    assert palette.color("web") == palette.color("system") == palette.color("late") == (b"", b"")


@pytest.mark.parametrize(
    ("choice", "environ", "isatty", "wanted"),
    [
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1", "TERM": "dumb"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"FORCE_COLOR": ""}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"TERM": "dumb"}, True, False),
    ],
)
def test_when_to_colour(choice: str, environ: dict[str, str], isatty: bool, wanted: bool) -> None:
    assert want_color(choice, environ, isatty) is wanted
