"""A program with a guardian, which does what its standard input says and can be killed at any moment.

Arguments: the run's name, `native` or `portable`. Every command is answered with the guardian's pid.
"""

from __future__ import annotations

import os
import sys

from procman.runtime.guardian import Guardian


def main(run: str, way: str) -> None:
    guardian = Guardian(run, portable=way == "portable")
    print(guardian.pid, flush=True)
    for line in sys.stdin:
        match line.split():
            case ["add", pid]:
                guardian.add(int(pid))
            case ["discard", pid]:
                guardian.discard(int(pid))
            case ["replace"]:
                os.waitpid(guardian.pid, 0)
                guardian.replace()
            case ["dismiss"]:
                guardian.dismiss()
            case other:
                raise ValueError(other)
        print(guardian.pid, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
