"""`python -m procman` and the `procman` command."""

import gc
import sys


def main() -> None:
    # What imports make stays: to look for garbage among it took a twentieth of the start.
    gc.set_threshold(50_000)
    from procman.cli.main import main as run

    sys.exit(run())


if __name__ == "__main__":
    main()
