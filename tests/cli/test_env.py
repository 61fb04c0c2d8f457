"""`procman env`, and what a process really finds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.refusal import refusal

if TYPE_CHECKING:
    from tests.project import Project


def shown(project: Project, *args: str, **environ: str) -> dict[str, str]:
    """Give what `procman env ARGS` prints, by key."""
    done = project.run("env", *args, env=environ)
    assert done.returncode == 0, done.stderr
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def test_a_process_gets_the_file_under_the_environment_under_what_is_its_own(project: Project) -> None:
    project.procfile("web: env\nworker: env\n")
    project.env("A=file\nB=file\nPS=file\nPROC_TYPE=file\n")
    done = project.run("start", "worker", "--no-prefix", env={"B": "shell", "PS": "shell"})
    lines = set(done.stdout.splitlines())
    assert {"A=file", "B=shell", "PS=worker.1", "PROC_TYPE=worker", "PYTHONUNBUFFERED=1"} <= lines
    assert f"PORT={project.port + 100}" in lines


def test_shadowed_keys_are_told_once_and_override_turns_it_round(project: Project) -> None:
    project.procfile('web: echo "$A $B $C"\n')
    project.env("A=file\nB=file\nC=same\n")
    environ = {"A": "shell", "B": "shell", "C": "same"}
    done = project.run("start", env=environ)
    notice = ".env: 2 keys already set in the environment win: A, B (--override turns this round)"
    assert done.stdout.count(notice) == 1
    assert "shell shell same" in done.stdout
    done = project.run("start", "--override", env=environ)
    assert "already set" not in done.stdout + done.stderr
    assert "file file same" in done.stdout


def test_procman_s_own_variables_stay_behind(project: Project) -> None:
    project.procfile("web: env | grep -c ^PROCMAN_X || :\n")
    project.env("PROCMAN_XB=1\n")
    assert "| 0\n" in project.run("start", env={"PROCMAN_XA": "1"}).stdout
    assert not any(key.startswith("PROCMAN_X") for key in shown(project, PROCMAN_XA="1"))


def test_every_value_says_where_it_came_from(project: Project) -> None:
    project.procfile("web: true\nworker: true\n")
    project.env("# a comment\n\nA=file\nB=file\nC='two\nlines'\nD=after\n")
    done = project.run("env", "worker", "--explain", env={"B": "shell"})
    lines = set(done.stdout.splitlines())
    assert "A=file  # .env:3" in lines
    assert "B=shell  # environment" in lines
    assert "D=after  # .env:7" in lines
    assert "PORT=5100  # procman" in lines
    assert "PS=worker.1  # procman" in lines
    assert any(line.startswith("PYTHONUNBUFFERED=1  # ") for line in lines)


def test_secrets_are_masked_unless_asked_for(project: Project) -> None:
    project.procfile("web: true\n")
    project.env("API_KEY=hunter2\nDATABASE_URL=postgres://me:hunter2@db/x\nPLAIN=hunter2\n")
    masked = shown(project, "web")
    assert "hunter2" not in masked["API_KEY"] + masked["DATABASE_URL"]
    assert "me:" in masked["DATABASE_URL"]
    assert masked["PLAIN"] == "hunter2"
    assert shown(project, "web", "--show-secrets")["API_KEY"] == "hunter2"


def test_what_env_prints_a_shell_can_read(project: Project) -> None:
    project.procfile("web: true\n")
    project.env('A="it\'s $HOME; `x`\nsecond line"\n')
    script = f'eval "$({" ".join(project.command("env", "web"))} | tail -n +1)"; printf %s "$A"'
    launched = project.launch("sh", "-c", script)
    assert launched.wait() == 0
    assert launched.output == "it's $HOME; `x`\nsecond line"


def test_json_holds_key_value_and_origin(project: Project) -> None:
    project.procfile("web: true\n")
    project.env("A=é\n")
    done = project.run("env", "web", "--json", env={"LC_ALL": "C"})
    rows = {row["key"]: row for row in json.loads(done.stdout)}
    assert rows["A"] == {"key": "A", "value": "é", "origin": ".env:1"}
    assert rows["PS"]["value"] == "web.1"


def test_without_a_type_no_procfile_is_needed(project: Project) -> None:
    project.env("A=1\n")
    found = shown(project)
    assert found["A"] == "1"
    assert not {"PORT", "PS"} & set(found)
    assert "does not exist" in refusal(project.run("env", "web"), 1)


@pytest.mark.parametrize("name", ["wbe", "", "web.1"])
def test_an_unknown_type_is_an_error_with_the_list(project: Project, name: str) -> None:
    project.procfile("web: true\nworker: true\n")
    message = refusal(project.run("env", name), 1)
    assert f"no process type {name!r} in the procfile, known: web, worker" in message
