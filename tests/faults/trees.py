"""Trees of processes that are hard to fell: a command each, and how many processes it is at least."""

from __future__ import annotations

from tests.harness import child

YES = "while echo y; do sleep 0.05; done"
DEAF = "trap '' TERM INT HUP; echo ready; exec sleep 1000"

TREES = {
    "stubborn": (child("stubborn"), 1),
    "generations": (child("forker", 2, 3), 15),
    "daemon": (child("daemoniser"), 2),
    "other-group": (child("regrouped"), 2),
    "other-session": (f'setsid sh -c "{DEAF}" & wait', 2),
    "nohup": (f"nohup {child('stubborn')} | cat & wait", 3),
    "background": ("sleep 1000 & sleep 1000 & echo ready; wait", 3),
    "subshells": (f'(sh -c "{DEAF}" & wait) & wait', 3),
    "pipeline": (f"{child('stubborn')} | cat", 2),
    # dumb-init's `yes | tail & yes | tail`, slowed down: these have been seen to starve a whole machine.
    "yes-tail": (f"{YES} | tail & {YES} | tail & echo ready; wait", 5),
    "stopped": (f"{child('stopper')} & wait", 2),
    "held-pipe": (child("holder"), 2),
    "closed": (f'echo ready; sh -c "{DEAF}" >&- 2>&- <&-', 2),
    "zombies": (child("zombies", 20), 1),
    "sudo-like": (f"env LEVEL=2 setsid -w {child('stubborn')}", 1),
    "own-shell": (f"bash -c 'set -m; {child('stubborn')} & wait'", 2),
}
ON_TERMINALS = ("generations", "daemon", "other-group", "nohup", "own-shell", "held-pipe", "stopped")
