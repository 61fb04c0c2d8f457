"""Ends procman in many ways in one go, without importing it anew: `statuses.py STATUSES ARG…`.

STATUSES is a JSON list. For each of them `procman ARG…` is run with it as $STATUS; what waitpid(2) told of
all of them (exit code, or minus the signal) is printed as a JSON list.
"""

from __future__ import annotations

import json
import os
import sys

import procman.cli.start  # noqa: F401 - imported once, for all
from procman.cli.main import main


def ended(status: int, args: list[str]) -> int:
    pid = os.fork()
    if pid == 0:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)
        os.environ["STATUS"] = str(status)
        os._exit(main(args))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


print(json.dumps([ended(status, sys.argv[2:]) for status in json.loads(sys.argv[1])]))
