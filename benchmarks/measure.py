"""What a measure is: rows of the table, and one go at the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contenders import Contender
    from benchmarks.results import Row


class Finding(NamedTuple):
    """A figure of one row; remark: what was wrong with it (torn lines), "" for nothing."""

    key: str
    figure: float
    remark: str = ""


class Measure(Protocol):
    """One thing to measure; `program` starts a child (child.c)."""

    @property
    def name(self) -> str: ...

    @property
    def rows(self) -> Sequence[Row]: ...

    def can(self, contender: Contender) -> bool: ...

    def once(self, contender: Contender, program: Sequence[str]) -> list[Finding]: ...
