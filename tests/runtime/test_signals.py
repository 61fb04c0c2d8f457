from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from procman.core.events import SignalArrived
from procman.runtime.signals import HANDLED, KEPT_IGNORED, Signals

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def signals() -> Iterator[Signals]:
    made = Signals()
    yield made
    made.restore()


def send(*signums: int) -> None:
    """Send to ourselves, which is delivered before kill(2) returns."""
    for signum in signums:
        os.kill(os.getpid(), signum)


def test_signals_arrive_as_events_in_their_order(signals: Signals) -> None:
    send(signal.SIGUSR2, signal.SIGINT, signal.SIGTERM)
    assert signals.read() == [
        SignalArrived(signal.SIGUSR2),
        SignalArrived(signal.SIGINT),
        SignalArrived(signal.SIGTERM),
    ]
    assert signals.read() == []


def test_the_same_signal_twice_before_anybody_looks_is_one(signals: Signals) -> None:
    send(signal.SIGINT, signal.SIGUSR1, signal.SIGINT)
    assert signals.read() == [SignalArrived(signal.SIGINT), SignalArrived(signal.SIGUSR1)]


def test_what_concerns_only_the_hands_is_noted_aside(signals: Signals) -> None:
    send(signal.SIGCHLD)
    assert (signals.read(), signals.children_changed, signals.window_changed) == ([], True, False)
    send(signal.SIGWINCH)
    assert (signals.read(), signals.children_changed, signals.window_changed) == ([], True, True)


def test_a_signal_wakes_whoever_sleeps_on_the_descriptor(signals: Signals) -> None:
    import select

    assert select.select([signals.fileno()], [], [], 0)[0] == []
    send(signal.SIGHUP)
    assert select.select([signals.fileno()], [], [], 0)[0] == [signals.fileno()]


def test_more_signals_than_the_pipe_holds_do_no_harm(signals: Signals) -> None:
    for _ in range(3000):
        send(signal.SIGUSR1)
    assert signals.read() == [SignalArrived(signal.SIGUSR1)]


def test_everything_is_put_back() -> None:
    before = [signal.getsignal(signum) for signum in HANDLED]
    made = Signals()
    during = [signal.getsignal(signum) for signum in HANDLED]
    made.restore()
    assert before != during
    assert [signal.getsignal(signum) for signum in HANDLED] == before
    assert signal.set_wakeup_fd(-1) == -1


@pytest.mark.parametrize("signum", KEPT_IGNORED)
def test_what_nohup_ignored_stays_ignored(signum: signal.Signals) -> None:
    before = signal.signal(signum, signal.SIG_IGN)
    made = Signals()
    try:
        assert signal.getsignal(signum) is signal.SIG_IGN
        send(signum)
        assert made.read() == []
    finally:
        made.restore()
        signal.signal(signum, before)


def test_an_ignored_interrupt_is_heard_all_the_same() -> None:
    # A shell without job control starts `procman &` with SIGINT ignored; whoever sends it means it.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    made = Signals()
    send(signal.SIGINT)
    try:
        assert made.read() == [SignalArrived(signal.SIGINT)]
    finally:
        made.restore()
        signal.signal(signal.SIGINT, before)


def test_what_a_parent_blocked_arrives() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    made = Signals()
    send(signal.SIGUSR1)
    try:
        assert made.read() == [SignalArrived(signal.SIGUSR1)]
    finally:
        made.restore()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_a_signal_can_have_its_default_for_a_while(signals: Signals) -> None:
    signals.default(signal.SIGTSTP)
    assert signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL
    signals.catch(signal.SIGTSTP)
    send(signal.SIGTSTP)
    assert signals.read() == [SignalArrived(signal.SIGTSTP)]
