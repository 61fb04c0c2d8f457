"""Which lines are shown: by process (`-q`, `--only`) and by text (`--grep`)."""

from __future__ import annotations

import re
from typing import Protocol

from procman.errors import USAGE, ProcmanError
from procman.output.block import SYSTEM, Block, Joiner
from procman.output.escapes import plain


class Sink(Protocol):
    """Anything that turns blocks into bytes."""

    def render(self, block: Block) -> bytes | memoryview: ...

    def close(self) -> bytes: ...


class Filter:
    """Passes to `inner` what the user wants to see; events and `system` always.

    muted, only: names of types (`web`) or instances (`web.1`); an empty `only` means all.
    pattern: a line is kept when its text without escapes matches anywhere; lines then come only when whole.
    """

    def __init__(
        self,
        inner: Sink,
        *,
        muted: frozenset[str] = frozenset(),
        only: frozenset[str] = frozenset(),
        pattern: re.Pattern[bytes] | None = None,
    ) -> None:
        self._inner = inner
        self._muted = muted
        self._only = only
        self._pattern = pattern
        self._joiner = Joiner()
        self._wanted: dict[str, bool] = {}

    def render(self, block: Block) -> bytes | memoryview:
        if block.event is not None or block.name == SYSTEM:
            return self._inner.render(block)
        wanted = self._wanted.get(block.name)
        if wanted is None:
            wanted = self._wanted[block.name] = self._wants(block.name)
        if not wanted:
            return b""
        if self._pattern is None:
            return self._inner.render(block)
        whole = self._joiner.join(block)
        return self._matching(whole, self._pattern) if whole else b""

    def close(self) -> bytes:
        """Pass on the lines that never got their end, and what `inner` still holds."""
        pattern = self._pattern
        held = [] if pattern is None else [self._matching(block, pattern) for block in self._joiner.close()]
        return b"".join((*held, self._inner.close()))

    def _wants(self, name: str) -> bool:
        names = {name, name.rpartition(".")[0] or name}
        return not names & self._muted and (not self._only or bool(names & self._only))

    def _matching(self, block: Block, pattern: re.Pattern[bytes]) -> bytes | memoryview:
        raw = block.data.removesuffix(b"\n").split(b"\n")
        text = plain(block.data).removesuffix(b"\n").split(b"\n")
        kept = [line for line, shown in zip(raw, text, strict=True) if pattern.search(shown)]
        return self._inner.render(block._replace(data=b"\n".join([*kept, b""]))) if kept else b""


def compile_pattern(text: str) -> re.Pattern[bytes]:
    r"""Compile a pattern over bytes: a letter beyond ASCII stands for its UTF-8 bytes, `\w` is ASCII.

    Errors: ProcmanError (usage) with the place in the pattern.
    """
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `[[` means a set today, and is the user's business
            return re.compile(text.encode("utf-8", "surrogateescape"))
    except (re.error, OverflowError, RecursionError) as error:
        raise ProcmanError(
            f"--grep {text!r} is no regular expression: {error}",
            hint="put a backslash before . * + ? ( ) [ ] { } | ^ $ that are meant as themselves",
            exit_code=USAGE,
        ) from error
