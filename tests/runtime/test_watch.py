from __future__ import annotations

import queue
import re
import select
import subprocess
from typing import TYPE_CHECKING

import pytest

from procman.config.instance import Instance
from procman.config.kinds import Kind
from procman.core.events import KillAsked, RestartAsked, Spawned, StopAsked
from procman.runtime.watch import MOST_RESTARTS, Watch, git_ignored, translate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Files:
    """A watch whose changes the test makes; `now` is its clock."""

    def __init__(self, ignored: tuple[str, ...] = ()) -> None:
        self._changes: queue.Queue[set[str]] = queue.Queue()
        self.said: list[str] = []
        web = Instance("web.1", "web", 1, "serve", {}, None, Kind.PROCESS, watch=("src/**/*.py",))
        again = web._replace(name="web.2", number=2)
        other = Instance("css.1", "css", 1, "build", {}, None, Kind.PROCESS, watch=("*.css",))
        plain = Instance("db.1", "db", 1, "store", {}, None, Kind.PROCESS)
        self.watch = Watch(
            "/app",
            {instance.name: instance for instance in (web, again, other, plain)},
            say=lambda name, text, _event: self.said.append(f"{name} {text}"),
            changes=self._wait,
            ignored=lambda _root, paths: {path for path in paths if path in ignored},
        )

    def _wait(self, _root: str) -> Iterator[set[str]]:
        while True:
            yield self._changes.get()

    def change(self, *paths: str, now: float = 0.0) -> list[str]:
        """Change files and give the names that are restarted for it."""
        self._changes.put({f"/app/{path}" for path in paths})
        assert select.select([self.watch.fileno()], [], [], 10.0)[0], "no change arrived"
        return [event.name for event in self.watch.read(now) if isinstance(event, RestartAsked)]


def test_all_instances_of_the_type_concerned_are_restarted_and_no_others() -> None:
    files = Files()
    assert files.change("src/app/views.py") == ["web.1", "web.2"]
    assert files.change("main.css") == ["css.1"]
    assert files.said[0] == "web.1 restarting: src/app/views.py changed"


def test_what_was_stopped_by_hand_stays_so_until_it_is_started_again() -> None:
    files = Files()
    files.watch.notice(StopAsked("web.2"), 0.0)
    files.watch.notice(KillAsked("css.1"), 0.0)
    assert files.change("src/a.py", now=1.0) == ["web.1"]
    assert files.change("main.css", now=1.0) == []
    files.watch.notice(Spawned("web.2", 4711), 2.0)
    assert files.change("src/a.py", now=3.0) == ["web.1", "web.2"]


def test_what_nobody_watches_and_what_git_ignores_restarts_nothing() -> None:
    files = Files(ignored=("src/generated.py",))
    # One change that counts comes after those that don't, so that there is something to wait for.
    files._changes.put({"/app/README.md"})
    assert files.change("src/generated.py") == []
    assert files.change("site.css") == ["css.1"]


def test_a_loop_is_said_and_left_alone_until_it_has_calmed_down() -> None:
    files = Files()
    for number in range(MOST_RESTARTS):
        assert files.change("src/a.py", now=float(number)) == ["web.1", "web.2"]
    assert files.change("src/a.py", now=5.0) == []
    assert files.change("src/a.py", now=6.0) == []
    assert sum("does it write what it watches?" in line for line in files.said) == 1
    assert files.change("src/a.py", now=30.0) == ["web.1", "web.2"]


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("src/**/*.py", "src/a.py", True),
        ("src/**/*.py", "src/a/b/c.py", True),
        ("src/**/*.py", "lib/src/a.py", False),
        ("*.py", "a.py", True),
        ("*.py", "src/a.py", False),
        ("src/", "src/deep/er.txt", True),
        ("src/**", "src/deep/er.txt", True),
        ("./a?.txt", "ab.txt", True),
        ("a[1].txt", "a[1].txt", True),
        ("a.txt", "axtxt", False),
    ],
)
def test_globs_mean_what_they_mean_to_git_and_shells(glob: str, path: str, matches: bool) -> None:
    assert bool(re.fullmatch(translate(glob), path)) is matches


def test_git_says_what_it_ignores(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("*.log\nbuild/\n")
    assert git_ignored(str(tmp_path), ["a.log", "a.py", "build/x.py"]) == {"a.log", "build/x.py"}


def test_without_a_repository_nothing_is_ignored(tmp_path: Path) -> None:
    assert git_ignored(str(tmp_path), ["a.log"]) == set()
