from __future__ import annotations

import fcntl
import os
import sys
from typing import TYPE_CHECKING

import pytest

from procman.output.widepipe import WIDE, widen

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="F_SETPIPE_SZ is Linux's")
@pytest.mark.parametrize(("before", "after"), [(65536, WIDE), (WIDE, WIDE), (2 * WIDE, 2 * WIDE)])
def test_a_pipe_holds_so_much_afterwards_or_what_it_held(before: int, after: int) -> None:
    reader, writer = os.pipe()
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, before)
    widen(writer)
    assert fcntl.fcntl(reader, fcntl.F_GETPIPE_SZ) == after
    os.close(reader)
    os.close(writer)


def test_what_is_no_pipe_stays_as_it_is(tmp_path: Path) -> None:
    with open(tmp_path / "file", "wb") as file:
        widen(file.fileno())
