"""Too little of everything: a message, all that was started is taken down, status 1."""

from __future__ import annotations

import os
from contextlib import contextmanager
from signal import SIGINT, SIGTERM
from typing import TYPE_CHECKING

import pytest

from tests.harness import child, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.conftest import Manner
    from tests.harness import Procman
    from tests.project import Project

pytestmark = pytest.mark.fault

GROUPS = ("/sys/fs/cgroup/pids", "/sys/fs/cgroup")


def limited(project: Project, limit: str, *args: str) -> Procman:
    words = " ".join(args)
    return project.launch("sh", "-c", f"ulimit {limit}; exec $procman start -p {project.port} {words}")


def test_five_hundred_children_do_not_fit_into_256_descriptors(project: Project, streams: Manner) -> None:
    project.procfile("web: sleep 1000\n")
    procman = limited(project, "-n 256", "-c web=500", *streams.args)
    assert procman.wait(20) == 1
    assert not project.survivors()
    assert "could not be started: too many open files (`ulimit -n` raises the limit" in procman.output
    assert "Traceback" not in procman.output


def test_all_descriptors_that_are_allowed_are_used(project: Project) -> None:
    project.procfile("web: sleep 1000\n")
    procman = limited(project, "-S -n 64", "-c web=100")
    procman.until("web.100 | started", 20)
    assert procman.stop() == -SIGINT


@pytest.mark.parametrize("descriptors", [16, 20, 32])
def test_hardly_any_descriptor_is_a_message_and_no_traceback(project: Project, descriptors: int) -> None:
    project.procfile("web: sleep 1000\n")
    procman = limited(project, f"-n {descriptors}", "-c web=30")
    assert procman.wait() == 1
    assert not project.survivors()
    assert "too many open files" in procman.output.lower()
    assert "Traceback" not in procman.output


def test_no_more_processes_is_a_message(project: Project) -> None:
    # Not `ulimit -u`: it binds nobody who is root, as many a container's user is.
    with group_of_twenty(project) as group:
        project.procfile("web: sleep 1000\n")
        join = f"echo $$ > {group}/cgroup.procs; exec $procman start -p {project.port} -c web=50"
        procman = project.launch("sh", "-c", join)
        assert procman.wait(20) == 1
        assert not project.survivors()
        assert "could not be started: no more processes allowed" in procman.output


def test_a_command_longer_than_the_system_takes_is_refused_before_anything_starts(project: Project) -> None:
    project.procfile(f"web: sleep 1000\nworker: echo {'x' * 131_072}\n")
    done = project.run("start")
    assert done.returncode == 1
    assert "the command of worker has" in done.stderr
    assert "started with pid" not in done.stdout


def test_an_environment_longer_than_the_system_takes_is_a_message(project: Project) -> None:
    project.procfile("web: sleep 1000\n")
    project.env("".join(f"BIG{number}={'x' * 120_000}\n" for number in range(25)))
    procman = project.start("-c", "web=2")
    assert procman.wait() == 1
    assert "longer together than the system takes" in procman.output
    assert not project.survivors()


def test_a_thousand_processes_come_and_go(project: Project) -> None:
    project.procfile("web: sleep 1000\n")
    procman = project.start("-c", "web=1000")
    procman.until("web.1000 | started", 30)
    assert len(project.survivors()) == 1002
    assert procman.stop(SIGTERM, 20) == -SIGTERM
    assert not project.survivors()
    assert procman.output.count("terminated by SIGTERM") == 1000


def test_a_full_disk_under_the_logs_is_told_and_ends_all(project: Project) -> None:
    # A file may not grow beyond 8 KiB here: the write fails as on a full disk.
    project.procfile(f"web: {child('flooder')}\nworker: {child('listener')}\n")
    procman = limited(project, "-f 16", "--log-dir logs")
    assert procman.wait() == 1
    assert procman.output.count("log files are no longer written") == 1
    assert not project.survivors()


def test_a_log_folder_that_can_not_be_made_starts_nothing(project: Project) -> None:
    project.procfile("web: sleep 1000\n")
    project.write("logs", "a file, not a folder")
    done = project.run("start", "--log-dir", "logs")
    assert done.returncode == 1
    assert "can't write logs" in done.stderr
    assert "started with pid" not in done.stdout


def test_a_fifo_that_nobody_writes_is_no_procfile(project: Project) -> None:
    os.mkfifo(project.root / "Procfile")
    done = project.run("start")
    assert done.returncode == 1
    assert "Procfile" in done.stderr


def test_a_procfile_from_a_substitution_or_a_pipe_runs(project: Project) -> None:
    by_name = project.launch(
        "bash", "-c", f"$procman start -p {project.port} -f <(echo web: echo substituted)"
    )
    assert by_name.wait() == 0
    assert "substituted" in by_name.lines("web.1")
    piped = project.launch("sh", "-c", f"echo web: echo piped | $procman start -p {project.port} -f -")
    assert piped.wait() == 0
    assert "piped" in piped.lines("web.1")


@pytest.mark.parametrize("name", ["Procfile", ".env"])
def test_a_folder_or_an_endless_device_in_the_place_of_a_file_is_a_message(
    project: Project, name: str
) -> None:
    project.procfile("web: true\n")
    option = {"Procfile": "-f", ".env": "-e"}[name]
    for path in (str(project.root), "/dev/zero"):
        done = project.run("start", option, path)
        assert done.returncode == 1, path
        assert path in done.stderr
        assert "Traceback" not in done.stderr


def test_an_env_fifo_that_nobody_writes_is_a_message(project: Project) -> None:
    project.procfile("web: true\n")
    os.mkfifo(project.root / ".env")
    done = project.run("start")
    assert done.returncode == 1
    assert ".env" in done.stderr


def test_the_memory_of_a_stalled_reader_stays_bounded(project: Project) -> None:
    project.procfile(f"web: {child('flooder')}\n")
    procman = project.start("-c", "web=4")
    procman.until("of a flood")
    assert procman.stdout is not None
    procman.stdout.pause()
    eventually(lambda: is_waiting(procman))
    assert resident(procman.pid) < 64 * 1024 * 1024
    assert procman.stop(within=8) == -SIGINT


def is_waiting(procman: Procman) -> bool:
    """Whether all flooders sleep in their writes."""
    import psutil

    return all(psutil.Process(pid).status() == psutil.STATUS_SLEEPING for pid in procman.pids())


def resident(pid: int) -> int:
    import psutil

    found: int = psutil.Process(pid).memory_info().rss
    return found


@contextmanager
def group_of_twenty(project: Project) -> Iterator[str]:
    """Make a control group of at most twenty processes; skip where none can be made."""
    parent = next((path for path in GROUPS if os.path.exists(f"{path}/cgroup.procs")), None)
    if parent is None:
        pytest.skip("no control groups here")
    path = f"{parent}/procman-{project.mark}"
    try:
        os.mkdir(path)
    except OSError as error:
        pytest.skip(f"no control group can be made: {error}")
    try:
        if not os.path.exists(f"{path}/pids.max"):
            pytest.skip("control groups do not count processes here")
        with open(f"{path}/pids.max", "w") as limit:
            limit.write("20")
        yield path
    finally:
        eventually(lambda: is_removed(path))


def is_removed(group: str) -> bool:
    try:
        os.rmdir(group)
    except OSError:
        return False
    return True
