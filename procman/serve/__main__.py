"""Run one of the servers by this folder's path: `python3 procman/serve wsgi module:callable`.

They run on the app's own Python, where procman need not be installed. So they are a package of another name,
and their folder is not where modules are looked for: an app may have a `wsgi.py`, or a `body.py`, of its own.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType

PACKAGE = "procman_serve"
FOLDER = os.path.dirname(os.path.abspath(__file__))


def main() -> int:
    sys.path[:] = [path for path in sys.path if not path or os.path.abspath(path) != FOLDER]
    package = ModuleType(PACKAGE)
    package.__path__ = [FOLDER]
    sys.modules[PACKAGE] = package
    server, *arguments = sys.argv[1:]
    return int(import_module(f"{PACKAGE}.{server}").main(arguments))


if __name__ == "__main__":
    sys.exit(main())
