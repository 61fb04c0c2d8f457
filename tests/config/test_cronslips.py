from __future__ import annotations

import pytest

from procman.config.cronslips import cron_problems
from procman.config.diagnostics import Diagnostic, Severity
from procman.config.procfile import Entry


def problems(command: str, name: str = "cron") -> list[Diagnostic]:
    text = f"{name}: {command}"
    found = list(cron_problems("Procfile", Entry(name, command, 1, len(name) + 3), text))
    assert all(problem.fatal and problem.severity is Severity.ERROR and problem.hint for problem in found)
    return found


def underlined(problem: Diagnostic) -> str:
    span = problem.span
    return span.text[span.column - 1 :][: span.length]


@pytest.mark.parametrize(
    "command",
    [
        "0 0 * * * x",
        "59 23 31 12 7 x",
        "0 0 1 1 0 x",
        "*/59 */23 */31 */12 */7 x",
        "00 0 29 2 * x",
        "0 0 31 2 1 x",  # or every Monday
        "0 0 31 */2 * x",
        "node worker.js",
        "crond -f",
        "7z a x",
        "2>/dev/null x",
        "H x",
        "L",
        "at 5 x",
        "sun x",
        '"my program" 5',
        "./5 x",
        "@x/y",
    ],
)
def test_a_right_schedule_and_an_ordinary_process_have_no_problem(command: str) -> None:
    assert problems(command) == []


def test_other_names_are_none_of_its_business() -> None:
    assert problems("61 * * * * x", "worker") == []


@pytest.mark.parametrize(
    ("command", "told", "message"),
    [
        ("60 * * * * x", ["60"], "minute 60 is out of range: 0 to 59"),
        ("0 24 * * * x", ["24"], "hour 24 is out of range: 0 to 23"),
        ("0 0 0 * * x", ["0"], "day 0 is out of range: 1 to 31"),
        ("0 0 32 * * x", ["32"], "day 32 is out of range: 1 to 31"),
        ("0 0 1 13 * x", ["13"], "month 13 is out of range: 1 to 12"),
        ("0 0 1 0 * x", ["0"], "month 0 is out of range: 1 to 12"),
        ("0 0 * * 8 x", ["8"], "weekday 8 is out of range: 0 to 7"),
        ("*/0 * * * * x", ["*/0"], "step of minute 0 is out of range: 1 to 59"),
        ("* */24 * * * x", ["*/24"], "step of hour 24 is out of range: 1 to 23"),
        (f"{'9' * 5000} * * * * x", ["9" * 5000], "minute 999999999999… is out of range: 0 to 59"),
        ("0 0 30 2 * x", ["30"], "day 30 never comes in month 2, so x never runs"),
        ("0 0 31 04 */2 x", ["31"], "day 31 never comes in month 04, so x never runs"),
        ("60 24 * * 8 x", ["60", "24", "8"], "minute 60 is out of range: 0 to 59"),
    ],
)
def test_a_value_out_of_range_names_its_field(command: str, told: list[str], message: str) -> None:
    found = problems(command)
    assert {problem.code for problem in found} == {"cron-field"}
    assert [underlined(problem) for problem in found] == told
    assert found[0].message == message


@pytest.mark.parametrize(
    ("command", "told", "message"),
    [
        ("1-5 * * * * x", "1-5", "minute `1-5` is neither"),
        ("0 9,17 * * * x", "9,17", "hour `9,17` is neither"),
        ("0 9 * * MON-FRI x", "MON-FRI", "weekday `MON-FRI` is neither"),
        ("0 9 * jan * x", "jan", "month `jan` is neither"),
        ("0 0 L * * x", "L", "day `L` is neither"),
        ("*/5-10 * * * * x", "*/5-10", "minute `*/5-10` is neither"),
        ("H/15 * * * * x", "H/15", "minute `H/15` is neither"),
        ("0 9 ? * * x", "?", "day `?` is neither"),
        ("5 * * * python x", "python", "weekday is missing"),
        ("*/5 python x", "python", "hour is missing"),
        ("* * * * *", "*", "no command"),
        ("*/5", "5", "hour is missing, and a command"),
        ("* * * * * * x", "*", "more than five fields"),
        ("0 */5 * * * 7 x", "7", "more than five fields"),
        ("@daily x", "@daily", "@daily is not known here"),
        ("@reboot x", "@reboot", "@reboot is not known here"),
        ('"*/5 * * * *" x', '"*/5', "a schedule stands without quotes"),
    ],
)
def test_what_is_almost_a_schedule_is_told_with_its_place(command: str, told: str, message: str) -> None:
    (problem,) = problems(command)
    assert problem.code == "cron-shape"
    assert underlined(problem) == told
    assert problem.message.startswith(message)


def test_a_macro_is_written_out() -> None:
    (problem,) = problems("@weekly x")
    assert problem.hint == "write `0 0 * * 7`"
