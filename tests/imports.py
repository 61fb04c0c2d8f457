"""`procman ARGS`, which notes in a file what had been imported by the first spawn, or by the end."""

from __future__ import annotations

import atexit
import sys


def main(path: str, *args: str) -> None:
    noted = False

    def note(event: str = "os.posix_spawn", _args: object = None) -> None:
        nonlocal noted
        if event == "os.posix_spawn" and not noted:
            noted = True
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(sys.modules))

    sys.addaudithook(note)
    atexit.register(note)
    sys.argv = ["procman", *args]
    from procman.__main__ import main as procman

    procman()


if __name__ == "__main__":
    main(*sys.argv[1:])
