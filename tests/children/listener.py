"""Says which signals it gets. `listener.py [MODE]`.

gentle: ends with 0 on TERM. slow: ends with 0 on USR2 once it has had TERM. deaf: goes on for ever.
An integer: ends with that status on TERM.
"""

import os
import signal
import sys

mode = sys.argv[1] if len(sys.argv) > 1 else "gentle"
asked = False
ending: list[int] = []


def note(signum: int, _frame: object) -> None:
    global asked  # noqa: PLW0603 - the one thing a handler can change
    os.write(1, f"got {signal.Signals(signum).name}\n".encode())
    asked = asked or signum == signal.SIGTERM
    if mode != "deaf" and asked and (mode != "slow" or signum == signal.SIGUSR2):
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # CONT comes behind TERM
        if not ending:
            ending.append(signum)
            os.write(1, b"cleaned up\n")
        os._exit(int(mode) if mode.isdigit() else 0)


for caught in (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGWINCH,
    signal.SIGCONT,
):
    signal.signal(caught, note)
os.write(1, b"ready\n")
while True:
    signal.pause()
