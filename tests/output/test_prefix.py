import time

import pytest

from procman.errors import ProcmanError
from procman.output.palette import Palette
from procman.output.prefix import Prefixes

NINE = 1_700_038_800.0  # 2023-11-15 09:00:00 UTC


def prefixes(
    *names: str, color: bool = False, timestamp: str = "%H:%M:%S", template: str | None = None
) -> Prefixes:
    palette = Palette(["web", "worker"], enabled=color)
    return Prefixes(names, palette, timestamp=timestamp, template=template, start=NINE, localtime=time.gmtime)


def test_a_prefix_looks_like_foremans() -> None:
    lines = prefixes("web.1", "worker.10")
    assert lines.of("web.1", NINE) == b"09:00:00 web.1     | "
    assert lines.of("worker.10", NINE) == b"09:00:00 worker.10 | "
    assert prefixes("a.1").of("system", NINE) == b"09:00:00 system | "


def test_the_whole_prefix_has_the_colour_of_the_type() -> None:
    assert prefixes("web.1", color=True).of("web.1", NINE) == b"\x1b[36m09:00:00 web.1  | \x1b[0m"


def test_the_time_goes_on_and_back() -> None:
    lines = prefixes("web.1")
    assert lines.of("web.1", NINE + 0.9) == b"09:00:00 web.1  | "
    assert lines.of("web.1", NINE + 1) == b"09:00:01 web.1  | "
    assert lines.of("web.1", NINE - 1) == b"08:59:59 web.1  | "


def test_within_a_second_a_prefix_is_built_once() -> None:
    lines = prefixes("web.1")
    assert lines.of("web.1", NINE) is lines.of("web.1", NINE + 0.5)


@pytest.mark.parametrize(
    ("timestamp", "prefix"),
    [
        ("none", b"web.1  | "),
        ("iso", b"2023-11-15T09:00:12+00:00 web.1  | "),
        ("relative", b"    +12.3 web.1  | "),
        ("[%H]", b"[09] web.1  | "),
    ],
)
def test_other_timestamps(timestamp: str, prefix: bytes) -> None:
    assert prefixes("web.1", timestamp=timestamp).of("web.1", NINE + 12.34) == prefix


def test_relative_time_moves_by_tenths() -> None:
    lines = prefixes("web.1", timestamp="relative")
    assert lines.of("web.1", NINE + 0.1).startswith(b"     +0.1")
    assert lines.of("web.1", NINE + 0.25).startswith(b"     +0.2")


def test_a_template_has_the_users_fields() -> None:
    lines = prefixes("web.1", template="<{time}> {name} {type}/{number} {pid} {{é}}: ")
    lines.add("web.1", pid=42)
    assert lines.of("web.1", NINE) == "<09:00:00> web.1 web/1 42 {é}: ".encode()
    assert lines.of("system", NINE) == "<09:00:00> system system/  {é}: ".encode()


def test_an_empty_template_is_no_prefix() -> None:
    assert prefixes("web.1", color=True, template="").of("web.1", NINE) == b""


@pytest.mark.parametrize(
    "template",
    ["{nam}", "{name.__class__}", "{name!r}", "{name:>9}", "{name[0]}", "{}", "{:9}", "{", "}", "a\nb"],
)
def test_a_bad_template_is_a_usage_error(template: str) -> None:
    with pytest.raises(ProcmanError, match="--prefix") as error:
        prefixes("web.1", template=template)
    assert error.value.exit_code == 2


@pytest.mark.parametrize("timestamp", ["%H\0", "%H\n%M", "%n"])
def test_a_bad_timestamp_is_a_usage_error(timestamp: str) -> None:
    with pytest.raises(ProcmanError, match="--timestamp") as error:
        prefixes("web.1", timestamp=timestamp)
    assert error.value.exit_code == 2


def test_a_longer_name_widens_the_column() -> None:
    lines = prefixes("web.1")
    lines.of("web.1", NINE)
    lines.add("worker.10")
    assert lines.of("web.1", NINE) == b"09:00:00 web.1     | "


def test_stderr_has_a_mark_of_its_own() -> None:
    lines = prefixes("web.1")
    assert lines.of("web.1", NINE, marked=True) == b"09:00:00 web.1  ! "
    assert lines.of("web.1", NINE) == b"09:00:00 web.1  | "
    assert prefixes("web.1", template="").of("web.1", NINE, marked=True) == b"! "
