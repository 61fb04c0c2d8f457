"""Readiness, order, watching, renewed environments: what is said of types, seen in a run."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import TYPE_CHECKING

import pytest

from tests.harness import eventually

if TYPE_CHECKING:
    from tests.project import Project

SERVER = "python3 -m http.server $PORT --bind 127.0.0.1"


def test_who_needs_another_starts_when_it_is_ready_and_stops_before_it(project: Project) -> None:
    project.procfile(
        "# procman: needs=db\n"
        "web: trap 'echo closed; exit 0' TERM; echo serving; while :; do sleep 0.1; done\n"
        "# procman: ready=log:accepting\n"
        "db: sleep 0.3; echo accepting; trap 'echo stored; exit 0' TERM; while :; do sleep 0.1; done\n"
    )
    procman = project.start()
    procman.until("serving")
    assert procman.stop() == -2
    lines = [line.split(None, 1)[1] for line in procman.output.splitlines() if " | " in line]
    order = [re.sub(r" +\| ", ": ", line) for line in lines]
    assert order.index("db.1: accepting") < order.index("web.1: serving")
    assert order.index("web.1: closed") < order.index("db.1: stored")


def test_a_web_process_is_ready_when_it_listens_on_its_port(project: Project) -> None:
    project.procfile(f"web: {SERVER}\n")
    procman = project.start()
    procman.until(re.compile(rf"web\.1 +\| ready on http://localhost:{project.port} in \d+\.\d s"))
    procman.stop()


def test_a_web_with_an_empty_ready_is_ready_when_it_runs(project: Project) -> None:
    project.write("procman.toml", '[process.web]\nready = ""\n')
    project.procfile('web: sleep 100\n# procman: ready=""\nstatic: .\n')
    resolved = json.loads(project.run("check", "--resolved", "--json").stdout)
    assert [each["ready"] for each in resolved["types"]] == [None, None]
    procman = project.start()
    procman.until("started with pid", times=2)
    eventually(lambda: project.run("wait", "web", "static", "--timeout", "2").returncode == 0)
    assert " ready" not in procman.output
    procman.stop()


def test_one_that_is_not_ready_in_time_takes_all_down_with_status_1(project: Project) -> None:
    project.procfile("# procman: ready=log:never ready_timeout=0.3\ndb: sleep 100\nother: sleep 100\n")
    procman = project.start()
    assert procman.wait() == 1
    assert "not ready after 0.3 s" in procman.output


def test_circles_are_refused_and_shown(project: Project) -> None:
    project.procfile("# procman: needs=b\na: sleep 1\n# procman: needs=a\nb: sleep 1\n")
    done = project.run("start")
    assert done.returncode == 1
    assert re.search(r"a -> b -> a|b -> a -> b", done.stderr)


def test_a_changed_file_restarts_only_the_type_that_watches_it(project: Project) -> None:
    pytest.importorskip("watchfiles", reason="the extra procman[watch] is not installed")
    project.procfile("# procman: watch=*.txt\na: sleep 100\nb: sleep 100\n")
    procman = project.start()
    procman.until("started with pid", times=2)
    numbers = count()

    def seen() -> bool:
        """Change the file until the watcher, which may begin late, has seen it."""
        project.write("notes.txt", str(next(numbers)))
        return "notes.txt changed" in procman.output

    eventually(seen, every=0.3)
    procman.until(re.compile(r"a\.1 .*notes\.txt changed"))
    procman.until(re.compile(r"a\.1 +\| started with pid"), times=2)
    assert len(procman.pids("b.1")) == 1
    procman.stop()


def test_a_restart_reads_the_env_file_again_and_names_what_changed(project: Project) -> None:
    project.env("GREETING=hello\nSAME=1\n")
    project.procfile('# procman: restart=always\nweb: echo "says $GREETING"; sleep 0.2\n')
    procman = project.start()
    procman.until("says hello")
    project.env("GREETING=goodbye\nSAME=1\n")
    procman.until("says goodbye")
    assert re.search(r"web\.1 +\| \.env changed: GREETING$", procman.output, re.MULTILINE)
    procman.stop()


def test_a_port_that_is_taken_is_named_with_its_holder(project: Project) -> None:
    project.procfile(f"web: {SERVER}\n")
    first = project.start()
    first.until("ready on")
    other = project.root / "other"
    other.mkdir()
    (other / "Procfile").write_text(f"web: {SERVER}\n")
    second = project.start("-f", "other/Procfile")
    assert second.wait() == 1
    assert re.search(
        rf"port {project.port} of web\.1 is taken by .*http\.server \(pid {first.pids('web.1')[0]}, "
        r"your earlier procman\)",
        second.output,
    )
    assert second.output.count(f"port {project.port} is taken by") == 1, "and again at the end"
    first.stop()


def test_the_env_file_of_the_folder_one_stands_in_is_the_one_read_again(project: Project) -> None:
    below = project.root / "sub"
    below.mkdir()
    (below / ".env").write_text("GREETING=wrong\n")
    (below / "Procfile").write_text('# procman: restart=always\nweb: echo "says $GREETING"; sleep 0.2\n')
    project.env("GREETING=hello\n")
    procman = project.start("-f", "sub/Procfile")
    procman.until("says hello", times=2)
    procman.stop()
    assert "wrong" not in procman.output
