"""Changed files as a feed: cues a restart of the types that watch them.

watchfiles (the extra `procman[watch]`) waits for changes in a thread of its own and joins what
comes within a moment; what git ignores is left out; a change that restarts a type more than five
times in ten seconds is most likely its own doing, and is said so and left alone for a while.
"""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING

from procman.core.events import Event, KillAsked, RestartAsked, Spawned, StopAsked
from procman.errors import ProcmanError
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Mapping

    from procman.config.plan import Instance

DEBOUNCE_MS = 400
STEP_MS = 60
MOST_RESTARTS = 5
WITHIN = 10.0
"""Seconds: more than MOST_RESTARTS restarts of a type within them are a loop."""
SHOWN = 3


class Watched(NamedTuple):
    """One type: its patterns, compiled, for paths relative to the root with slashes."""

    process_type: str
    patterns: tuple[re.Pattern[str], ...]

    def wants(self, path: str) -> bool:
        return any(pattern.fullmatch(path) for pattern in self.patterns)


class Watch:
    """A feed of restarts, and an observer: what was stopped by hand stays so, whatever changes.

    changes: blocks and gives sets of absolute paths (watchfiles' by default).
    """

    def __init__(
        self,
        root: str,
        instances: Mapping[str, Instance],
        *,
        say: Callable[[str, str, str], None],
        changes: Callable[[str], Iterable[set[str]]] | None = None,
        ignored: Callable[[str, list[str]], set[str]] | None = None,
    ) -> None:
        self._root = root
        self._instances = instances
        self._say = say
        self._watched = _watched(instances.values())
        self._ignored = ignored or git_ignored
        self._restarts: dict[str, deque[float]] = {}
        self._resting: set[str] = set()
        self._stopped: set[str] = set()
        self._changed: deque[list[str]] = deque()
        self._reader, self._bell = os.pipe()
        os.set_blocking(self._reader, False)
        self.deadline: float | None = None
        changes = changes or watchfiles_changes()
        from threading import Thread

        Thread(target=self._wait, args=(changes(root),), daemon=True, name="procman-watch").start()

    def fileno(self) -> int:
        return self._reader

    def read(self, now: float) -> list[Event]:
        try:
            os.read(self._reader, 4096)
        except BlockingIOError:
            return []
        paths: list[str] = []
        while self._changed:
            paths += self._changed.popleft()
        return [event for watched in self._watched for event in self._restart(watched, paths, now)]

    def notice(self, event: Event, now: float) -> None:  # noqa: ARG002 - as observers are told
        if isinstance(event, StopAsked | KillAsked):
            self._stopped.add(event.name)
        elif isinstance(event, Spawned):
            self._stopped.discard(event.name)

    def _restart(self, watched: Watched, paths: list[str], now: float) -> list[Event]:
        changed = sorted({path for path in paths if watched.wants(path)})
        names = [
            instance.name
            for instance in self._instances.values()
            if instance.process_type == watched.process_type and instance.name not in self._stopped
        ]
        if not changed or not names:
            return []
        shown = ", ".join(changed[:SHOWN]) + (" …" if len(changed) > SHOWN else "")
        history = self._restarts.setdefault(watched.process_type, deque(maxlen=MOST_RESTARTS))
        if len(history) == MOST_RESTARTS and now - history[0] < WITHIN:
            if watched.process_type not in self._resting:
                self._resting.add(watched.process_type)
                self._say(names[0], _LOOP.format(shown=shown), "watch")
            return []
        self._resting.discard(watched.process_type)
        history.append(now)
        self._say(names[0], f"restarting: {shown} changed", "watch")
        return [RestartAsked(name) for name in names]

    def _wait(self, changes: Iterable[set[str]]) -> None:
        for paths in changes:
            relative = [os.path.relpath(path, self._root).replace(os.sep, "/") for path in paths]
            wanted = [path for path in relative if any(watched.wants(path) for watched in self._watched)]
            if wanted:
                ignored = self._ignored(self._root, wanted)
                self._changed.append([path for path in wanted if path not in ignored])
                os.write(self._bell, b"!")


_LOOP = "not restarted for {shown}: 5 restarts in 10 s, does it write what it watches?"


def _watched(instances: Iterable[Instance]) -> list[Watched]:
    import re

    patterns = {i.process_type: i.watch for i in instances if i.watch}
    return [
        Watched(process_type, tuple(re.compile(translate(glob)) for glob in globs))
        for process_type, globs in patterns.items()
    ]


def translate(glob: str) -> str:
    """Turn a glob into a regular expression: `**/` is any folders, `*` stays within one."""
    import re

    parts = []
    for segment in glob.removeprefix("./").rstrip("/").split("/"):
        if segment == "**":
            parts.append("(?:[^/]+/)*")
        else:
            text = re.escape(segment).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
            parts.append(text + "/")
    # A folder means everything in it.
    pattern = "".join(parts)
    return pattern + ".*" if glob.endswith(("/", "**")) else pattern.removesuffix("/")


def watchfiles_changes() -> Callable[[str], Iterable[set[str]]]:
    """Give the changes below a folder by watchfiles; raises ProcmanError when it isn't installed."""
    try:
        from watchfiles import DefaultFilter, watch
    except ImportError:
        raise ProcmanError(
            "watch needs the package watchfiles", hint="install it: pip install 'procman[watch]'"
        ) from None

    def changes(root: str) -> Iterable[set[str]]:
        for found in watch(
            root, watch_filter=DefaultFilter(), debounce=DEBOUNCE_MS, step=STEP_MS, raise_interrupt=False
        ):
            yield {path for _, path in found}

    return changes


def git_ignored(root: str, paths: list[str]) -> set[str]:
    """Give those paths that git ignores; none where there is no git, or no repository."""
    from subprocess import DEVNULL, PIPE, run

    try:
        done = run(
            ["git", "-C", root, "check-ignore", "-z", "--stdin"],
            input="\0".join(paths).encode("utf-8", "surrogateescape"),
            stdout=PIPE,
            stderr=DEVNULL,
            check=False,
        )
    except OSError:
        return set()
    return set(filter(None, done.stdout.decode("utf-8", "surrogateescape").split("\0")))
