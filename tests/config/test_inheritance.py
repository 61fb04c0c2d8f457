from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.config.comments import read_comments
from procman.config.diagnostics import Severity
from procman.config.inheritance import resolve
from procman.config.options import read_options
from procman.config.procfile import parse_procfile
from procman.config.settings import Ready, ReadyWhen, Size, TypeSettings
from procman.config.sourcefile import SourceFile

if TYPE_CHECKING:
    from pathlib import Path

    from procman.config.options import Resolved

INHERITED = """
relationships = ["DATABASE_URL", "RABBIT_URL"]
size = "1G"
restart = "always"
env = { TYPE = "none" }
mounts = { scratch = "tmp" }

[process.web]
command = "serve"
env = { TYPE = "web" }
mounts = { uploads = "uploads" }

[process.queue]
command = \"\"\"
    python queue-worker.py
\"\"\"
env.TYPE = "worker"

[process.mail]
command = "python mail-worker.py"
size = "256M"
mounts = {}
relationships = { EMAILS_URL = "RABBIT_URL" }
"""

SPELLED_OUT = """
[process.web]
command = "serve"
size = "1G"
restart = "always"
relationships = { DATABASE_URL = "DATABASE_URL", RABBIT_URL = "RABBIT_URL" }
env.TYPE = "web"
mounts = ["uploads"]

[process.queue]
command = "python queue-worker.py"
size = "1024M"
restart = "always"
relationships = ["DATABASE_URL", "RABBIT_URL"]
mounts.scratch = "tmp"
env = { TYPE = "worker" }

[process.mail]
command = "python mail-worker.py"
size = "256M"
restart = "always"
relationships.EMAILS_URL = "RABBIT_URL"
env = { TYPE = "none" }
"""


def resolved(tmp_path: Path, toml: str, procfile: str = "") -> Resolved:
    (tmp_path / "procman.toml").write_text(toml, "utf-8")
    source = SourceFile("Procfile", procfile.encode())
    parsed = parse_procfile(source)
    options = read_options(str(tmp_path))
    assert options.diagnostics == ()
    return resolve(parsed.entries, options, read_comments(source, parsed).types)


def told(found: Resolved) -> list[tuple[int, str]]:
    return [(problem.span.line, problem.message) for problem in found.diagnostics]


def test_what_is_inherited_and_what_is_spelled_out_comes_to_the_same(tmp_path: Path) -> None:
    first, second = resolved(tmp_path, INHERITED), resolved(tmp_path, SPELLED_OUT)
    assert first.settings == second.settings
    assert [(e.name, e.command) for e in first.entries] == [(e.name, e.command) for e in second.entries]
    assert first.diagnostics == second.diagnostics == ()


def test_a_key_is_replaced_and_not_merged(tmp_path: Path) -> None:
    settings = resolved(tmp_path, INHERITED).settings
    assert settings["web"].mounts == {"uploads": "uploads"}
    assert settings["queue"].mounts == {"scratch": "tmp"}
    assert settings["mail"].mounts == {}
    assert settings["mail"].relationships == {"EMAILS_URL": "RABBIT_URL"}
    assert settings["mail"].env == {"TYPE": "none"}


def test_a_comment_beats_the_type_s_table_and_that_the_top(tmp_path: Path) -> None:
    toml = "count = 1\ncwd = 'a'\nsize = '1M'\n[process.web]\ncount = 2\ncwd = 'b'\n"
    found = resolved(tmp_path, toml, "# procman: count=3\nweb: x\nworker: y\n")
    web, worker = found.settings["web"], found.settings["worker"]
    assert (web.count, web.cwd, web.size) == (3, "b", Size(1024**2))
    assert (worker.count, worker.cwd) == (1, "a")
    assert found.places["web"]["count"].span.file == "Procfile"


def test_parts_of_one_value_are_inherited_by_themselves(tmp_path: Path) -> None:
    toml = "ready_timeout = 3\nrestart_over = true\n[process.web]\nready = 'port'\nsize = '1k'\n"
    web = resolved(tmp_path, toml, "web: x\n").settings["web"]
    assert (web.ready, web.size) == (Ready(ReadyWhen.PORT, within=3.0), Size(1024, restart_over=True))


def test_a_type_with_a_command_is_an_entry_after_those_of_the_procfile(tmp_path: Path) -> None:
    toml = "[process.extra]\ncommand = 'e'\n[process.web]\ncommand = 'other'\n"
    found = resolved(tmp_path, toml, "web: x\nworker: y\n")
    assert [(entry.name, entry.command) for entry in found.entries] == [
        ("web", "other"),
        ("worker", "y"),
        ("extra", "e"),
    ]
    assert found.from_options == {"web", "extra"}
    assert (found.entries[2].line, found.entries[2].column) == (2, 12)


def test_a_command_of_several_lines_begins_where_its_first_word_does(tmp_path: Path) -> None:
    (entry,) = resolved(tmp_path, '[process.a]\ncommand = """\n\n   run\n"""\n').entries
    assert (entry.command, entry.line, entry.column) == ("run", 4, 4)


def test_what_the_top_says_is_everyone_s(tmp_path: Path) -> None:
    found = resolved(tmp_path, "env = {A = '1'}\n", "web: x\n")
    assert found.everyone == TypeSettings(env={"A": "1"})
    assert found.env_origins("web") == {"A": f"{tmp_path}/procman.toml:1"}


def test_settings_for_no_type_are_told_and_stop_nothing(tmp_path: Path) -> None:
    found = resolved(tmp_path, "[process.wbe]\ncount = 2\n", "web: x\n")
    (problem,) = found.diagnostics
    assert (problem.span.line, problem.hint, problem.severity, problem.fatal) == (
        1,
        "did you mean web?",
        Severity.WARNING,
        False,
    )
    assert list(found.settings) == ["web"]


def test_a_command_at_the_top_is_nobody_s(tmp_path: Path) -> None:
    found = resolved(tmp_path, "command = 'x'\n", "web: y\n")
    assert told(found) == [(1, "a command belongs to one type")]
    assert found.entries[0].command == "y"


def test_a_wrong_value_is_told_once_however_many_inherit_it(tmp_path: Path) -> None:
    found = resolved(tmp_path, "\nsize = 'big'\n", "web: x\nworker: y\n")
    assert told(found) == [(2, "size is 'big'")]
    assert found.diagnostics[0].fatal


def test_an_unknown_need_is_told_with_the_nearest_type(tmp_path: Path) -> None:
    found = resolved(tmp_path, "needs = ['cahce']\n", "web: x\ncache: y\n")
    assert told(found) == [(1, "needs names 'cahce', which is no process type")]
    assert found.diagnostics[0].hint == "did you mean cache?"


@pytest.mark.parametrize(
    ("comments", "circle"),
    [
        ({"web": "db", "db": "web"}, "web -> db -> web"),
        ({"web": "web"}, "web -> web"),
        ({"web": "db", "db": "cache", "cache": "db"}, "db -> cache -> db"),
    ],
)
def test_a_circle_is_shown(tmp_path: Path, comments: dict[str, str], circle: str) -> None:
    lines = [
        f"# procman: needs={comments[name]}\n{name}: x\n" if name in comments else f"{name}: x\n"
        for name in ("web", "db", "cache")
    ]
    found = resolved(tmp_path, "", "".join(lines))
    assert [problem.message for problem in found.diagnostics] == [f"needs go round in a circle: {circle}"]
    assert found.diagnostics[0].fatal


def test_what_all_need_does_not_need_itself(tmp_path: Path) -> None:
    found = resolved(tmp_path, "needs = ['db', 'cache']\n", "web: x\ndb: y\ncache: z\n")
    assert found.diagnostics == ()
    assert {name: said.needs for name, said in found.settings.items()} == {
        "web": ("db", "cache"),
        "db": (),
        "cache": (),
    }
