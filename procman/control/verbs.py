"""What a running procman does when it is asked: one generator a verb, each of which ends with "ok"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.control.asking import Asking, is_settled, running, unknown
from procman.control.listing import Listing
from procman.control.logs import logs
from procman.control.names import chosen
from procman.control.protocol import Refusal, Reply
from procman.control.run import condition, ended, is_ready
from procman.control.scaling import Scaling
from procman.control.viewing import Viewing
from procman.core.events import QuitAsked, RestartAsked, StartAsked, StopAsked
from procman.core.process import State, Want

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from procman.control.protocol import Request
    from procman.control.run import Run
    from procman.control.session import Answer, Session
    from procman.core.process import Process


FAILING = 2
"""Failures in a row after which a wait without an end of its own tells: they may go on for minutes."""


class Verbs:
    """over: nothing that was started is alive any more."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.asking = Asking(run)
        self._scaling = Scaling(run, self.asking)
        self._listing = Listing(run)
        self.viewing = Viewing(run)
        self.over = False

    def answer(self, request: Request, session: Session) -> Answer:
        """Begin an answer; raises Refusal for what can't be asked."""
        arguments = request.arguments
        match request.verb:
            case "start" | "stop" | "restart":
                return self._change(request.verb, arguments, session)
            case "info":
                return self._info()
            case "ps":
                return self._ps(arguments.get("names", []))
            case "scale":
                return self._scaling.scale(arguments.get("changes", []))
            case "signal":
                return self._signal(self._chosen(arguments), arguments.get("signal", 0))
            case "wait":
                return self._wait(arguments.get("names", []), arguments.get("timeout"), session)
            case "logs":
                return logs(self._run, arguments, session)
            case "connect":
                return self.viewing.connect(self._one(arguments.get("name", "")), arguments, session)
            case _:
                return self._quit()

    def _info(self) -> Answer:
        yield {**self._run.info, "closing": self._run.closing(), "ok": True}

    def _ps(self, words: Sequence[str]) -> Answer:
        names = self._named(words) if words else list(self._run.instances)
        yield self._listing.answer(names, self._run.clock())

    def _change(self, verb: str, arguments: Mapping[str, Any], session: Session) -> Answer:
        if verb == "stop":
            yield from self._stop(self._chosen(arguments))
            return
        self.asking.refuse_while_closing()
        before = dict(self._run.snapshot)
        if verb == "start":
            # A type that was left out so far is started by giving it its first instance.
            types = {instance.process_type for instance in self._run.instances.values()}
            absent = {word for word in arguments.get("names", []) if word in self._run.types} - types
            if absent:
                yield from self._scaling.begin(sorted(absent))
        names = self._chosen(arguments)
        change = self._restart if verb == "restart" else self._start
        yield from change(names, before, session)

    def _start(self, names: list[str], before: Mapping[str, Process], session: Session) -> Answer:
        yield from self.asking.put([StartAsked(name) for name in names])

        def reached(name: str, process: Process) -> Reply | None:
            old = before.get(name)
            done = "started" if old is None or old.at_rest else "up"
            return self._running(name, process, old, done, session)

        yield from self.asking.each(names, reached)

    def _restart(self, names: list[str], before: Mapping[str, Process], session: Session) -> Answer:
        yield from self.asking.put([RestartAsked(name) for name in names])

        def reached(name: str, process: Process) -> Reply | None:
            old = before[name]
            if old.pid is not None and process.pid == old.pid:
                return None
            return self._running(name, process, old, "restarted", session)

        yield from self.asking.each(names, reached)

    def _running(
        self, name: str, process: Process, before: Process | None, done: str, session: Session
    ) -> Reply | None:
        # A job that has done its work meanwhile has not failed to start.
        if process.state is State.EXITED and self._run.instances[name].schedule and not _has_failed(process):
            return {"process": name, "done": "completed"}
        return running(name, process, before, done, session, self._run.clock())

    def _stop(self, names: list[str]) -> Answer:
        yield from self.asking.put([StopAsked(name) for name in names])

        def reached(name: str, process: Process) -> Reply | None:
            if process.at_rest:
                return {"process": name, "done": "stopped"}
            if process.want is not Want.DOWN:
                return {"process": name, "error": "was started again meanwhile"}
            return None

        yield from self.asking.each(names, reached)

    def _signal(self, names: list[str], signum: int) -> Answer:
        import signal

        if signum not in signal.valid_signals():
            raise Refusal("bad-request", f"there is no signal {signum}")
        pids = {name: self._run.snapshot[name].pid for name in names}
        sent = [name for name, pid in pids.items() if pid is not None]
        for name in sent:
            self._run.signal(name, signum)
        if not sent:
            raise Refusal("not-running", f"not running: {', '.join(names)}")
        yield {"processes": sent, "ok": True}

    def _wait(self, words: Sequence[str], timeout: float | None, session: Session) -> Answer:
        """Wait until processes are ready; without names for all that procman was started with."""
        names = self._named(words) if words else list(self._run.instances)
        until = None if timeout is None else self._run.clock() + timeout

        def reached(name: str, process: Process) -> Reply | None:
            now = self._run.clock()
            if is_ready(process) and not is_settled(process, session, now):
                return None
            said = self._readiness(name, process, named=bool(words))
            if said is None and not words and until is None:
                said = _failing(name, process)
            if said is None and until is not None:
                session.again = max(0.0, until - now)
                if not session.again:
                    return {"process": name, "error": f"not ready after {timeout:g} s"}
            return said

        yield from self.asking.each(names, reached)

    def _readiness(self, name: str, process: Process, *, named: bool) -> Reply | None:
        """Say that a process is ready, or won't be. named: it was asked for, so an end is no success."""
        if is_ready(process):
            return {"process": name, "done": "ready"}
        if process.state is State.EXITED:
            if not named and not _has_failed(process):
                return {"process": name, "done": "completed"}
            return {"process": name, "error": ended(process) or condition(process)}
        if process.state is State.DOWN and (named or self._run.all_started()):
            if self._run.instances[name].schedule is not None and not named:
                return {"process": name, "done": "scheduled"}
            return {"process": name, "error": "not started"}
        if process.state is State.UP and process.patience is not None:
            text = f"not ready{process.address} after {process.patience:g} s"
            return {"process": name, "error": text, "late": True}
        return None

    def _quit(self) -> Answer:
        """Answer when nothing that was started is alive any more."""
        yield from self.asking.put([QuitAsked()])
        while not self.over:
            yield None
        yield {"ok": True}

    def _one(self, word: str) -> str:
        names = self._named([word])
        if len(names) > 1:
            raise Refusal("ambiguous", f"{word} is more than one process", word=word, known=names)
        return names[0]

    def _chosen(self, arguments: Mapping[str, Any]) -> list[str]:
        if arguments.get("all"):
            return list(self._run.instances)
        names = self._named(arguments.get("names", []))
        if not names:
            raise Refusal("bad-request", "name a process, or say all")
        return names

    def _named(self, words: Sequence[str]) -> list[str]:
        types = self._run.types_of_instances()
        names, word = chosen(words, types)
        if word:
            raise unknown("process", word, [*types, *dict.fromkeys(types.values())])
        return names


def _failing(name: str, process: Process) -> Reply | None:
    """Say of one that fails again and again that it does."""
    if process.state is not State.BACKOFF or process.failures < FAILING:
        return None
    text = f"{ended(process)}, {process.failures} times in a row; it is tried again"
    return {"process": name, "error": text, "late": True}


def _has_failed(process: Process) -> bool:
    return process.status is None or process.status.failed
