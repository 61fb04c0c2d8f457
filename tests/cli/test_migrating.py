"""Command lines from the manuals of foreman, honcho and overmind: only the program's name is changed."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.project import Project

pytestmark = pytest.mark.engine

PAGE = (Path(__file__).parent.parent.parent / "docs" / "migrating.md").read_text("utf-8")

PROCFILE = """\
web: echo "web $PS ${PORT-none} ${FOO-}"
worker: echo "worker $PS ${PORT-none} ${FOO-}"
assets: echo "assets $PS ${PORT-none} ${FOO-}"
"""

FOREMAN = {
    "start": ["web web.1 5000", "worker worker.1 5100"],
    "start web": ["web web.1 5000"],
    "start -f Procfile.dev": ["dev dev.1 5000"],
    "start web -f ./Procfile": ["web web.1 5000"],
    "start -m all=1,worker=0": ["web web.1", "assets assets.1"],
    "start --formation web=1,worker=2": ["worker worker.2 5101"],
    "start -m worker=2,web=0": ["worker worker.1 5100", "worker worker.2 5101"],
    "start -p 7000": ["web web.1 7000", "worker worker.1 7100"],
    "start --port=7000": ["web web.1 7000"],
    "start -t 10 --no-timestamp": ["web web.1 5000"],
    "start --timestamp": ["web web.1 5000"],
    "start -c": ["web web.1 5000"],
    "start --color": ["web web.1 5000"],
    "start --color -m web=1": ["web web.1 5000"],
    "start --no-color": ["web web.1 5000"],
    "start -e one.env,two.env": ["web web.1 5000 two"],
    "start --env=one.env": ["web web.1 5000 one"],
    "start -d . -f Procfile": ["web web.1 5000"],
    "run web": ["web web.1"],
    "run echo hello": ["hello"],
    "run -e one.env env": ["FOO=one"],
    "check": ["valid procfile detected (web, worker, assets)"],
    "check -f Procfile.dev": ["valid procfile detected (dev)"],
    "version": [""],
    "-v": [""],
    "help start": ["Usage: "],
    "export upstart out": ["writing: out/"],
    "export systemd out -a shop -u shop -l /var/log/shop -p 7000 -m web=2": ["writing: out/"],
    "export supervisord out --app=shop --user=shop --log=/var/log": ["writing: out/"],
    "export runit out -e one.env": ["writing: out/"],
    "export launchd out -t templates -r /var/run/shop --timeout 10": ["writing: out/"],
}
HONCHO = {
    "start": ["web web.1 5000"],
    "start web worker": ["web web.1 5000", "worker worker.1 5100"],
    "-f Procfile.dev start": ["dev dev.1"],
    "-d . -f Procfile.dev start": ["dev dev.1"],
    "-e one.env,two.env run sh -c 'env | grep FOO'": ["FOO=two"],
    "--no-colour --no-prefix start": ["web web.1"],
    "start -p 7000": ["web web.1 7000"],
    "start -c web=2,worker=0": ["web web.2 5001"],
    "start --concurrency web=2": ["web web.2 5001"],
    "start -q worker,assets": ["web web.1"],
    "check": ["valid procfile detected"],
    "help": ["Usage: "],
    "version": [""],
    "export -a myapp supervisord out": ["writing: out/"],
    "export -a myapp -s /bin/bash -t templates upstart out": ["writing: out/"],
    "export -c web=2 -l logs -p 7000 -u shop systemd out": ["writing: out/"],
}
OVERMIND = {
    "start": ["web web.1 5000"],
    "s": ["web web.1 5000"],
    "start -f Procfile.dev": ["dev dev.1"],
    "OVERMIND_PROCFILE=Procfile.dev start": ["dev dev.1"],
    "start -p 3000 -P 10": ["web web.1 3000", "worker worker.1 3010"],
    "OVERMIND_PORT=3000 OVERMIND_PORT_STEP=10 start": ["worker worker.1 3010"],
    "start -N": ["web web.1 none"],
    "OVERMIND_NO_PORT=1 start": ["web web.1 none"],
    "start -l web,worker": ["web web.1 5000", "worker worker.1 5100"],
    "OVERMIND_PROCESSES=web,worker start": ["web web.1 5000", "worker worker.1 5100"],
    "start -x web,worker": ["assets assets.1 5200"],
    "OVERMIND_IGNORED_PROCESSES=web,worker start": ["assets assets.1 5200"],
    "start -m web=2,worker=5": ["worker worker.5 5104"],
    "OVERMIND_FORMATION=all=2,worker=5 start": ["assets assets.2 5201", "worker worker.5"],
    "start -m web=0": ["worker worker.1"],
    "start --any-can-die": ["web web.1"],
    "OVERMIND_CAN_DIE=assets,npm_install start": ["web web.1"],
    "OVERMIND_ANY_CAN_DIE=1 start": ["web web.1"],
    "start -b 123,123,125,126,127": ["web web.1"],
    "OVERMIND_COLORS=123,123 start": ["web web.1"],
    "OVERMIND_ENV=one.env,two.env s": ["web web.1 5000 two"],
    "OVERMIND_ENV=one.env run env": ["FOO=one"],
    "run echo hello": ["hello"],
    "start -s path/to/socket": ["web web.1"],
    "start -s 0.0.0.0:4321 -S tcp": ["web web.1"],
    "start -F overmind.tmux.conf -w title -H bash -T": ["web web.1"],
}
ALL = [
    *(("foreman", line) for line in FOREMAN),
    *(("honcho", line) for line in HONCHO),
    *(("overmind", line) for line in OVERMIND),
]
MANUALS = {"foreman": FOREMAN, "honcho": HONCHO, "overmind": OVERMIND}


def prepare(project: Project) -> None:
    project.procfile(PROCFILE)
    project.write("Procfile.dev", 'dev: echo "dev $PS $PORT"\n')
    project.write("one.env", "FOO=one\n")
    project.write("two.env", "FOO=two\n")


def say(project: Project, line: str) -> subprocess.CompletedProcess[str]:
    """Run a command line as it is written, variables before it included; nothing here listens to its port."""
    words = shlex.split(line)
    env = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
    return subprocess.run(
        [*project.command(), *words[len(env) :]],
        cwd=project.root,
        env=project.environ(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=40,
    )


@pytest.mark.parametrize(("manual", "line"), ALL)
def test_a_documented_command_line_runs_unchanged(project: Project, manual: str, line: str) -> None:
    prepare(project)
    done = say(project, line)
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout or "Usage" not in done.stderr
    for text in MANUALS[manual][line]:
        assert text in done.stdout, done.stderr


def test_only_what_was_asked_for_runs(project: Project) -> None:
    prepare(project)
    for line in ("start web", "start -l web", "start -m all=0,web=1", "OVERMIND_PROCESSES=web start"):
        done = say(project, line)
        assert re.findall(r"(\S+) +\| started", done.stdout) == ["web.1"], line


def test_nothing_starts_when_what_is_named_is_left_out_as_well(project: Project) -> None:
    prepare(project)
    for line in ("start -l web -x web", "OVERMIND_IGNORED_PROCESSES=web OVERMIND_PROCESSES=web start"):
        assert say(project, line).returncode == 1, line


def test_overmind_s_restarts_and_signals_are_those_of_the_types(project: Project) -> None:
    project.procfile("rails: test -e again && exec sleep 60; touch again; exit 1\n")
    procman = project.start("-r", "rails", "-i", "rails=QUIT")
    procman.until("exited with code 1")
    procman.until("started with pid", times=2)
    procman.stop()
    assert "rails.1 | terminated by SIGQUIT" in procman.output


def test_what_is_left_out_is_said(project: Project) -> None:
    prepare(project)
    assert say(project, "start -s path/to/socket").stderr.startswith("procman: -s is left out: ")


def test_overmind_s_commands_reach_what_runs(project: Project) -> None:
    project.procfile("web: exec sleep 60\nsidekiq: exec sleep 60\nassets: exec sleep 60\n")
    assert say(project, "start -D -N").returncode == 0
    for line, shown in {
        "restart sidekiq": "sidekiq.1 restarted",
        "restart sidekiq assets": "assets.1 restarted",
        "restart 'sidekiq*'": "sidekiq.1 restarted",
        "r -s path/to/socket sidekiq": "sidekiq.1 restarted",
        "ps": "sidekiq.1",
        "status": "sidekiq.1",
        "stop sidekiq assets": "assets.1 stopped",
        "i web": "web.1 stopped",
        "kill": "",
    }.items():
        done = say(project, line)
        assert (done.returncode, shown in done.stdout) == (0, True), (line, done)
    assert say(project, "ps").returncode == 3


def test_honcho_and_overmind_mean_other_things_by_c_and_only_one_can_be_right(project: Project) -> None:
    prepare(project)
    assert say(project, "start -c assets,npm_install").returncode == 2


def test_a_foreman_file_and_an_overmind_file_are_read_and_only_check_says_so(project: Project) -> None:
    prepare(project)
    project.write(".foreman", "formation: web=2,worker=0,assets=0\nport: 15000\ntemplate: x\n")
    done = say(project, "start")
    assert "web web.2 15001" in done.stdout
    assert "worker" not in done.stdout
    assert done.stderr == ""
    assert say(project, "check").stderr == (
        "note: .foreman is read: formation, port\n"
        "note: .foreman:3: template has no counterpart here and says nothing\n"
    )
    project.write(".overmind.env", "OVERMIND_PORT=3000\nFOO=overmind\n")
    assert "web web.1 3000 overmind" in say(project, "start").stdout
    project.write("procman.toml", "port = 4000\n")
    assert "web web.1 4000 overmind" in say(project, "start").stdout


@pytest.mark.parametrize("manual", MANUALS)
def test_every_option_of_these_command_lines_is_on_the_page(manual: str) -> None:
    part = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    page = next(text for text in part if text.lower().startswith(manual))
    options = {
        word.partition("=")[0] for line in MANUALS[manual] for word in line.split() if re.match("-", word)
    }
    assert {option for option in options if f"`{option}" not in page and f" {option}" not in page} == set()
