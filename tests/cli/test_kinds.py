"""Cron, wsgi and static lines as their users meet them: piku's own example, and what can go wrong."""

from __future__ import annotations

import json
import re
import signal
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from tests.web import ask

if TYPE_CHECKING:
    from tests.project import Project

PIKU = """\
# A module to be loaded by uwsgi to serve HTTP requests
wsgi: module.submodule:app
# A background worker, using the default name
worker: python long_running_script.py
# Another worker with a different name
fetcher: python fetcher.py
# Simple cron expression: minute [0-59], hour [0-23], day [0-31], month [1-12], weekday [1-7]
cron: 0 0 * * * python midnight_cleanup.py
release: python initial_cleanup.py
"""
APP = """
import os
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""
WORKER = "import time; print(__file__, 'works', flush=True); time.sleep(600)\n"


@pytest.fixture
def site(project: Project) -> Project:
    """Give a project in which piku's example runs, on a PATH where no server is installed."""
    for folder in ("bin", "module", "public"):
        (project.root / folder).mkdir()
    for name in ("python", "python3"):
        project.write(f"bin/{name}", f'#!/bin/sh\nexec {sys.executable} "$@"\n').chmod(0o755)
    project.write("module/submodule.py", APP)
    project.write("long_running_script.py", WORKER)
    project.write("fetcher.py", WORKER)
    project.write("midnight_cleanup.py", "import sys; print('cleaned', *sys.argv[1:])\n")
    project.write("initial_cleanup.py", "print('released')\n")
    project.write("public/page.html", "a page")
    project.write("public/.secret", "SECRET")
    project.env(f"PATH={project.root}/bin\n")
    project.procfile(PIKU)
    return project


def test_pikus_example_runs_as_written(site: Project) -> None:
    running = site.start("--override", "--release")
    running.until("released")
    running.until("long_running_script.py works")
    running.until("fetcher.py works")
    running.until("serving on")
    pids = {ask(site.port).body for _ in range(60)}
    assert len(pids) == 2
    assert running.pids("cron.1") == []
    assert running.stop() == -signal.SIGINT
    assert running.output.index("released") < running.output.index("works")
    assert running.lines("wsgi.1")[-1] == "exited with code 0"


def test_a_folder_is_served_on_its_port(site: Project) -> None:
    site.procfile("web: python long_running_script.py\nstatic: public\n")
    running = site.start()
    running.until("serving on")
    assert ask(site.port + 100, "/page").body == b"a page"
    assert ask(site.port + 100, "/.secret").status == 404
    running.stop()
    assert running.lines("static.1")[-1] == "exited with code 0"


def test_a_folder_that_is_missing_is_told_and_served_once_it_is_there(site: Project) -> None:
    site.procfile("static: dist\n")
    running = site.start()
    running.until("serving on")
    assert "Procfile:1:9: warning: dist is no folder" in running.output
    assert ask(site.port, "/x").status == 404
    (site.root / "public").rename(site.root / "dist")
    assert ask(site.port, "/page").status == 200


def test_a_cron_line_waits_for_its_time_and_keeps_procman_there(site: Project) -> None:
    site.procfile("cron: 0 0 29 2 * python midnight_cleanup.py\njob: python midnight_cleanup.py\n")
    running = site.start("--override")
    running.until("exited with code 0")
    assert running.stop() == -signal.SIGINT
    assert running.pids("cron.1") == []
    assert "SIGINT received, starting shutdown" in running.lines("system")


def test_a_cron_line_runs_now_when_it_is_run_by_hand(site: Project) -> None:
    done = site.run("run", "--override", "cron", "--all")
    assert (done.stdout, done.returncode) == ("cleaned --all\n", 0)


def test_a_cron_line_is_never_doubled(site: Project) -> None:
    done = site.run("start", "-c", "cron=2")
    assert done.returncode == 1
    assert "cron is a cron line and can't run 2 times at once" in done.stderr
    running = site.start("--override", "-c", "all=2,cron=1,wsgi=0")
    running.until("works", times=4)


def test_a_wrong_cron_line_stops_a_start_before_anything_runs(site: Project) -> None:
    site.procfile("web: echo started\ncron: 0 24 * * * x\n")
    done = site.run("start")
    assert done.returncode == 1
    assert "Procfile:2:9: error: hour 24 is out of range: 0 to 23" in done.stderr
    assert "started" not in done.stdout


def test_plain_makes_every_line_a_command(site: Project) -> None:
    site.procfile("cron: 0 24 * * * x\nwsgi: module.submodule:app\n")
    done = site.run("start", "--plain", "wsgi")
    assert done.returncode == 127
    assert "exited with code 127" in done.stdout
    checked = site.run("check", "--plain", "--format", "json")
    assert {entry["kind"] for entry in json.loads(checked.stdout)["entries"]} == {"process"}


def test_check_tells_the_kinds_and_the_next_three_times(site: Project) -> None:
    done = site.run("check", "--override", "--format", "json")
    entries = {entry["name"]: entry for entry in json.loads(done.stdout)["entries"]}
    assert {name: entry["kind"] for name, entry in entries.items()} == {
        "wsgi": "wsgi",
        "worker": "process",
        "fetcher": "process",
        "cron": "cron",
        "release": "release",
    }
    times = [datetime.fromisoformat(text) for text in entries["cron"]["next"]]
    assert [(at.hour, at.minute, at.tzinfo is not None) for at in times] == [(0, 0, True)] * 3
    assert "next" not in entries["worker"]
    text = site.run("check", "--override").stdout.splitlines()
    assert text[0] == "valid procfile detected (wsgi, worker, fetcher, cron, release)"
    assert text[1].startswith(f"cron: next {times[0]:%Y-%m-%d %H:%M}, ")


def test_only_what_a_shell_reads_is_checked_as_a_command(site: Project) -> None:
    site.procfile("cron: */5 * * * * nope\nwsgi: module.submodule:app\nstatic: public\n")
    done = site.run("check")
    assert done.returncode == 0
    assert done.stderr.splitlines()[0] == "Procfile:1:19: warning: nope is not found"
    assert done.stderr.count("warning") == 1


def test_without_ports_a_wsgi_line_says_what_it_needs(site: Project) -> None:
    done = site.run("start", "--no-port", "wsgi")
    # Who says it depends on what is installed: the shell before an installed server, or procman's own.
    assert done.returncode in (1, 2)
    assert re.search("PORT:? is not set", done.stdout)
