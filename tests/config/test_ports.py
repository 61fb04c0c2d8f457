from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.config.dotenv import Setting
from procman.config.ports import assign, base_port, check_ports
from procman.errors import ProcmanError


def settings_with(port: str) -> dict[str, Setting]:
    return {"PORT": Setting(port, ".env", 3)}


@pytest.mark.parametrize(
    ("option", "environment", "file", "override", "base"),
    [
        (None, None, None, False, 5000),
        (None, None, "7000", False, 7000),
        (None, "6000", "7000", False, 6000),
        (None, "6000", "7000", True, 7000),
        ("8000", "6000", "7000", True, 8000),
        (8000, "garbage", "garbage", False, 8000),
        (None, "", "7000", False, 7000),
        (None, " ", None, False, 5000),
        (None, "6000", "", True, 6000),
        (None, "6000", "garbage", False, 6000),
        (None, "65535", None, False, 65535),
        (None, " 6000 ", None, False, 6000),
    ],
)
def test_the_base_is_the_first_that_says_something(
    option: str | int | None, environment: str | None, file: str | None, override: bool, base: int
) -> None:
    environ = {} if environment is None else {"PORT": environment}
    values = {} if file is None else settings_with(file)
    assert base_port(option, environ, values, override=override) == base


@pytest.mark.parametrize("text", ["abc", "0", "-1", "65536", "5000.5", "1e3", "৫০০০", "9" * 5000])
def test_garbage_names_where_it_came_from(text: str) -> None:
    with pytest.raises(ProcmanError, match=r"^PORT from the environment is ") as caught:
        base_port(None, {"PORT": text}, {})
    assert caught.value.exit_code == 1
    assert len(str(caught.value)) < 200
    with pytest.raises(ProcmanError, match=r"^PORT from \.env:3 is ") as caught:
        base_port(None, {}, settings_with(text))
    assert caught.value.exit_code == 1
    with pytest.raises(ProcmanError, match=r"^-p is ") as caught:
        base_port(text, {}, {})
    assert caught.value.exit_code == 2


def test_ports_are_those_that_foreman_gives() -> None:
    assert [assign(5000, index, number) for index in (0, 1) for number in (1, 2)] == [5000, 5001, 5100, 5101]
    assert assign(3000, 2, 1, step=10) == 3020


@given(st.lists(st.integers(0, 100), max_size=20), st.integers(1, 60_000))
@settings(max_examples=40, deadline=None)
def test_up_to_a_hundred_instances_of_each_type_never_collide(counts: list[int], base: int) -> None:
    ports = {
        f"type{index}.{number}": assign(base, index, number)
        for index, count in enumerate(counts)
        for number in range(1, count + 1)
    }
    check_ports(ports)
    assert len(set(ports.values())) == sum(counts)


@pytest.mark.parametrize("port", [0, 65536, -5])
def test_a_port_that_does_not_exist_names_the_instance(port: int) -> None:
    with pytest.raises(ProcmanError, match=rf"^web\.1 would get port {port}, ports are 1 to 65535"):
        check_ports({"web.1": port})


def test_the_first_and_the_last_port_exist() -> None:
    check_ports({"web.1": 1, "worker.1": 65535})


def test_a_shared_port_names_both_instances() -> None:
    ports = {f"web.{number}": assign(5000, 0, number) for number in range(1, 102)} | {"worker.1": 5100}
    with pytest.raises(ProcmanError, match=r"^web\.101 and worker\.1 would both get port 5100") as caught:
        check_ports(ports)
    assert "--port-step" in caught.value.hint
