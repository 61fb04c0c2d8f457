"""The files and variables of foreman and overmind, as options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.config.legacy import below
from procman.config.options import NO_OPTIONS, Options, read_options

if TYPE_CHECKING:
    from pathlib import Path


def foreman(folder: Path, text: str) -> Options:
    (folder / ".foreman").write_text(text, "utf-8")
    return below(NO_OPTIONS, str(folder), {})


def overmind(folder: Path, text: str, environ: dict[str, str] | None = None) -> Options:
    (folder / ".overmind.env").write_text(text, "utf-8")
    return below(NO_OPTIONS, str(folder), environ or {})


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("port: 15000", "port", "15000"),
        ("formation: alpha=0,bravo=1", "formation", ["alpha=0,bravo=1"]),
        ('concurrency: "web=2"', "formation", ["web=2"]),
        ("timeout: 7 # seconds", "timeout", "7"),
        ("timestamp: false", "no_timestamp", True),
        ("color: true", "color", "always"),
        ("user: shop", "run_as", "shop"),
        (":app: shop", "app", "shop"),
        ("log: '/var/log/shop'", "log", "/var/log/shop"),
    ],
)
def test_a_key_of_the_foreman_file_is_an_option(tmp_path: Path, line: str, key: str, value: object) -> None:
    options = foreman(tmp_path, f"---\n# ours\n{line}\n")
    assert options.values == {key: value}
    assert options.places[key].line == 3


def test_its_paths_are_found_from_its_own_folder(tmp_path: Path) -> None:
    options = foreman(tmp_path, "procfile: Procfile.dev\nroot: app\n")
    assert options.values == {"procfile": str(tmp_path / "Procfile.dev"), "root": str(tmp_path / "app")}


def test_its_timeout_is_that_of_the_types_too(tmp_path: Path) -> None:
    assert foreman(tmp_path, "timeout: 7\n").top["stop_timeout"].value == 7


def test_what_has_no_counterpart_is_told_with_its_line(tmp_path: Path) -> None:
    assert foreman(tmp_path, "port: 1\ntemplate: x\n").legacy == (
        f"{tmp_path}/.foreman is read: port",
        f"{tmp_path}/.foreman:2: template has no counterpart here and says nothing",
    )


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("OVERMIND_PORT=3000", "port", "3000"),
        ("OVERMIND_PORT_STEP=10", "port_step", "10"),
        ("OVERMIND_NO_PORT=1", "no_port", True),
        ("OVERMIND_PROCESSES=web,worker", "processes", ["web", "worker"]),
        ("OVERMIND_IGNORED_PROCESSES=web,worker", "except", ["web,worker"]),
        ("OVERMIND_FORMATION=all=2,worker=5", "formation", ["all=2,worker=5"]),
        ("OVERMIND_ANY_CAN_DIE=1", "stop_on", "never"),
        ("OVERMIND_AUTO_RESTART=all", "keep", True),
        ("OVERMIND_DAEMONIZE=1", "detach", True),
        ("OVERMIND_TIMEOUT=9", "timeout", "9"),
    ],
)
def test_a_variable_of_overmind_is_an_option(tmp_path: Path, line: str, key: str, value: object) -> None:
    assert overmind(tmp_path, f"{line}\n").values[key] == value
    name, _, text = line.partition("=")
    assert below(NO_OPTIONS, str(tmp_path / "elsewhere"), {name: text}).values[key] == value


def test_restarts_and_signals_are_settings_of_their_types(tmp_path: Path) -> None:
    options = overmind(tmp_path, "OVERMIND_AUTO_RESTART=web\nOVERMIND_STOP_SIGNALS=web=INT,db=QUIT\n")
    said = {name: {key: raw.value for key, raw in table.items()} for name, table in options.types.items()}
    assert said == {"web": {"restart": "always", "stop_signal": "INT"}, "db": {"stop_signal": "QUIT"}}


def test_its_other_variables_are_the_processes_and_stand_before_those_of_dotenv(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\n", "utf-8")
    one, other = str(tmp_path / ".overmind.env"), str(tmp_path / ".env")
    assert overmind(tmp_path, "A=2\n").values["env"] == [f"{one},{other}"]
    assert overmind(tmp_path, "OVERMIND_ENV=x,y\n").values["env"] == [f"{one},{other},x,y"]
    assert overmind(tmp_path, "OVERMIND_SKIP_ENV=1\n").values["env"] == [one]


def test_the_environment_beats_their_file_and_procman_s_own_file_beats_both(tmp_path: Path) -> None:
    (tmp_path / ".overmind.env").write_text("OVERMIND_PORT=1000\nOVERMIND_TIMEOUT=1\n", "utf-8")
    (tmp_path / ".foreman").write_text("port: 500\ntimeout: 3\napp: shop\n", "utf-8")
    (tmp_path / "procman.toml").write_text("timeout = 2\n", "utf-8")
    options = read_options(str(tmp_path), {"OVERMIND_PORT": "2000"})
    assert (options.values["port"], options.values["timeout"], options.values["app"]) == ("2000", 2, "shop")
    assert options.top["stop_timeout"].value == 2


def test_what_the_own_file_says_of_a_type_replaces_what_theirs_says_key_by_key(tmp_path: Path) -> None:
    (tmp_path / ".overmind.env").write_text(
        "OVERMIND_AUTO_RESTART=web\nOVERMIND_STOP_SIGNALS=web=INT\n", "utf-8"
    )
    (tmp_path / "procman.toml").write_text("[process.web]\nrestart = 'never'\n", "utf-8")
    web = read_options(str(tmp_path), {}).types["web"]
    assert (web["restart"].value, web["stop_signal"].value) == ("never", "INT")
