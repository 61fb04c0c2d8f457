"""A formation that doesn't come up: what is said of it, and that nothing of it is left."""

from __future__ import annotations

import os
from signal import SIGUSR1
from typing import TYPE_CHECKING

import pytest

from procman import Formation, FormationError, NotReadyError, ProcmanError
from tests.embed.conftest import WAITER
from tests.harness import child

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.project import Project

    Make = Callable[..., Formation]


def refused(app: Formation) -> NotReadyError:
    with pytest.raises(NotReadyError) as caught, app:
        pytest.fail("it came up")
    return caught.value


def test_a_crash_before_all_is_ready_is_told_with_its_last_lines(project: Project, formation: Make) -> None:
    project.procfile(f"db: echo no disk; exit 3\nworker: {WAITER}\n")
    error = refused(formation())
    assert error.message in ("db.1: exited with code 3", "db.1 crashed first: exited with code 3")
    assert "db.1 | no disk" in str(error)
    assert "no disk" in [line.text for line in error.lines]
    assert error.exit_code == 3
    assert project.survivors() == []


def test_what_is_needed_and_fails_is_told_though_the_others_never_started(
    project: Project, formation: Make
) -> None:
    project.procfile(f"# procman: ready=log:up\ndb: exit 4\n# procman: needs=db\njob: {WAITER}\n")
    error = refused(formation())
    assert error.message == "db.1 crashed first: exited with code 4"
    assert error.exit_code == 4


def test_what_was_too_late_by_its_own_time_limit_is_told(project: Project, formation: Make) -> None:
    project.procfile(
        f"# procman: ready=log:up ready_timeout=0.3\ndb: {WAITER}\n# procman: needs=db\njob: {WAITER}\n"
    )
    assert refused(formation()).message == "db.1 was not ready after 0.3 s"


def test_who_is_not_ready_in_time_is_named_and_everything_ended(project: Project, formation: Make) -> None:
    project.procfile(f"# procman: ready=log:never\ndb: {WAITER}\nworker: {child('stubborn')}\n")
    error = refused(formation(timeout=1, grace=0.1))
    assert error.message == "not ready after 1 s: db.1"
    assert "db.1 | working" in str(error)
    assert project.survivors() == []


def test_the_time_can_be_over_before_all_have_been_started(project: Project, formation: Make) -> None:
    project.procfile(f"# procman: ready=log:never\ndb: {WAITER}\n# procman: needs=db\njob: {WAITER}\n")
    error = refused(formation(timeout=0.5))
    assert error.message == "not ready after 0.5 s"
    assert error.exit_code == 1


def test_what_procman_refuses_is_told_in_its_own_words(project: Project, formation: Make) -> None:
    project.procfile("web: true\nweb: false\n")
    error = refused(formation())
    assert "web is declared more than once: lines 1 and 2" in str(error)
    assert error.exit_code == 1
    project.procfile("web: true\n")
    error = refused(formation(types="wbe"))
    assert "'wbe'" in error.message
    assert "known: web" in str(error)


def test_a_missing_procfile_is_an_error_with_what_to_do(project: Project, formation: Make) -> None:
    assert f"{project.root}/Procfile does not exist" in str(refused(formation()))


def test_what_ends_well_before_it_was_ready_is_no_failure(project: Project, formation: Make) -> None:
    project.procfile(f"prepare: echo prepared\nworker: {WAITER}\n")
    with formation() as app:
        assert app.running
        app.wait_for("prepared")


def test_all_may_have_ended_well_when_the_block_begins(project: Project, formation: Make) -> None:
    project.procfile("prepare: echo prepared\n")
    with formation() as app:
        app.wait_for("prepared")
    assert app.status == 0


def test_an_interrupt_while_it_comes_up_leaves_nothing(project: Project, formation: Make) -> None:
    import signal

    def interrupt(_signum: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(SIGUSR1, interrupt)
    project.procfile(
        f"# procman: ready=log:never\ndb: kill -USR1 {os.getpid()}; {WAITER}\nworker: {child('forker')}\n"
    )
    try:
        with pytest.raises(KeyboardInterrupt), formation():
            pytest.fail("it came up")
    finally:
        signal.signal(SIGUSR1, before)
    assert project.survivors() == []


def test_outside_its_block_a_formation_has_no_processes_and_no_lines(tmp_path: Path) -> None:
    app = Formation(root=tmp_path)
    assert (app.running, app.status, app.lines(), app.stop()) == (False, None, [], None)
    app.clear()
    with pytest.raises(FormationError, match="not running"):
        app.url("web")
    with pytest.raises(ProcmanError, match="'x' was not said"):
        app.wait_for("x")
