"""Escape sequences in a child's output: which stay, which go, and where an open colour ends.

A child that clears the screen, moves the cursor or sets a title would wreck the lines of the others, so these
sequences are taken out. Colours (SGR) and hyperlinks (OSC 8) stay, but end with their line and begin again on
the next, since what follows a line is another process's prefix.

Every pattern below takes each byte at most twice: no class contains ESC, so that an attempt ends at the next
ESC at the latest, and the quantifiers are possessive. A hostile line of 16 MiB costs as much as any other.
"""

from __future__ import annotations

import re
from functools import lru_cache

_COLOUR = rb"\[[0-9:;]*+m"
_LINK = rb"\]8;[^\x07\x1b\r\n]*+(?:\x07|\x1b\\)"
# CSI, OSC, the other strings (DCS, SOS, PM, APC), and two-byte and charset sequences as ECMA-48 has them. An
# unfinished one loses its introducer, or the terminal would go on reading it in the next process's line.
_SEQUENCE = (
    rb"(?:\[[0-?]*+[ -/]*+[@-~]?+"
    rb"|\][^\x07\x1b\r\n]*+(?:\x07|\x1b\\)"
    rb"|[PX^_][^\x1b\r\n]*+\x1b\\"
    rb"|[ -/]*+[0-~]?+)"
)
# All of them are compiled when the first escape comes (re keeps what it compiled): no start waits for that.
# Runs are taken at once: a hostile line may have millions of them.
_ANY = rb"\x1b++" + _SEQUENCE + rb"(?:\x1b++" + _SEQUENCE + rb")*+"
# The terminator of a link that stays must stay too; alone, terminals ignore it.
_ONE = rb"\x1b(?:(?:[\[\]PX^_]|\x1b*)(?=\x1b)|(?!" + _COLOUR + rb")(?!" + _LINK + rb"|\\)" + _SEQUENCE + rb")"
_UNWANTED = _ONE + rb"(?:" + _ONE + rb")*+"
_KEPT = rb"\x1b(?:" + _COLOUR + rb"|" + _LINK + rb")"
_UNFINISHED = (
    rb"(?:\x1b(?:[ -/]*+|\[[0-?]*+[ -/]*+|\][^\x07\x1b\r\n]*+\x1b?+|[PX^_][^\x1b\r\n]*+\x1b?+)"
    rb"|[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?+|[\xf0-\xf4][\x80-\xbf]{0,2}+)\Z"
)
_LONGEST_UNFINISHED = 4096
_LONGEST_LINK = 4096  # a longer one is not carried into the next line: it would be repeated before each
_LONGEST_PARAMETER = 32
_LONGEST_CACHED = 256

_RESET = b"\x1b[0m"
_RESETS = (_RESET, b"\x1b[m")
_LINK_END = b"\x1b]8;;\x1b\\"

# What the codes that switch something off switch off (ECMA-48 8.3.117), as slots of `_slot`.
_OFF = {
    22: (1, 2), 23: (3, 20), 24: (4,), 25: (5,), 27: (7,), 28: (8,), 29: (9,), 39: (38,), 49: (48,),
    50: (26,), 54: (51, 52), 55: (53,), 59: (58,), 65: (60, 61, 62, 63, 64), 75: (73, 74),
}  # fmt: skip
_LAST_CODE = 107


class Escapes:
    """The escapes of one stream of one process; remembers the colour and the link left open."""

    def __init__(self) -> None:
        self._opening = b""
        self._closing = b""

    def clean(self, data: bytes) -> bytes:
        r"""Make lines safe to print: only colours and links stay, `\r` progress comes in its last state."""
        escaped = b"\x1b" in data
        if not escaped and b"\r" not in data and not self._opening:
            return data
        if escaped:
            data = re.sub(_UNWANTED, b"", data)
        if b"\r" in data:
            data = _collapsed(data)
        return self._closed(data) if escaped or self._opening else data

    def _closed(self, data: bytes) -> bytes:
        """End what is open at the end of each line, and open it again on the next."""
        lines = data.split(b"\n")
        changed = False
        opening, closing, sequences = self._opening, self._closing, re.compile(_KEPT).findall
        linked = b"\x1b]" in opening or b"\x1b]" in data
        for index, line in enumerate(lines):
            before = opening
            last = line.rfind(b"\x1b")
            if last >= 0 and not linked and line.startswith(_RESETS, last):
                opening = closing = b""  # most coloured lines, at a third of the price
            elif last >= 0:
                kept = b"".join(sequences(line))
                after = _after if len(kept) < _LONGEST_CACHED else _after.__wrapped__
                opening, closing = after(before, kept)
            if (before or closing) and line:
                changed = True
                lines[index] = before + line + closing
        self._opening, self._closing = opening, closing
        return b"\n".join(lines) if changed else data


def plain(data: bytes) -> bytes:
    r"""Leave what can be read: no escapes, `\r` progress in its last state, the same number of lines."""
    if b"\x1b" in data:
        data = re.sub(_ANY, b"", data)
    return _collapsed(data) if b"\r" in data else data


def redraws(line: bytes) -> bool:
    r"""Whether something visible follows a `\r`, so that it takes the place of what stood before."""
    return b"\r" in _visible(line)


def _visible(line: bytes) -> bytes:
    r"""Give the text of a line up to its last visible character, with every `\r` before that."""
    return (re.sub(_ANY, b"", line) if b"\x1b" in line else line).rstrip(b"\r \t")


def unfinished(data: bytes) -> int:
    r"""Count the bytes at the end that are the beginning of an escape, of a UTF-8 character or of `\r\n`."""
    returns = len(data) - len(data.rstrip(b"\r"))
    if returns:
        return returns
    found = re.compile(_UNFINISHED).search(data, max(0, len(data) - _LONGEST_UNFINISHED))
    return len(data) - found.start() if found else 0


def _collapsed(data: bytes) -> bytes:
    data = data.replace(b"\r\n", b"\n")
    if b"\r" not in data:
        return data
    return b"\n".join([_last_state(line) if b"\r" in line else line for line in data.split(b"\n")])


def _last_state(line: bytes) -> bytes:
    """Find the last state with something visible in it; blanks are how progress bars wipe themselves."""
    visible = _visible(line)
    if b"\x1b" not in line:
        end = line.find(b"\r", len(visible))
        return line[visible.rfind(b"\r") + 1 : end if end >= 0 else len(line)]
    line = line.rstrip(b"\r")
    head, *after = line.rsplit(b"\r", line.count(b"\r") - visible.count(b"\r"))
    before, _, state = head.rpartition(b"\r")
    return b"".join((*re.findall(_KEPT, before), state, *re.findall(_KEPT, b"\r".join(after))))


@lru_cache(maxsize=512)
def _after(opening: bytes, kept: bytes) -> tuple[bytes, bytes]:
    """Work out what opens, and what closes, all that is open after the sequences of a line.

    Each attribute is there once, so that a child that only ever changes colours can't make it grow.
    """
    slots: dict[int, bytes] = {}
    link = b""
    # Of equal sequences only the last has a say; without this a line full of them would take seconds.
    for sequence in reversed(dict.fromkeys(reversed(re.findall(_KEPT, opening + kept)))):
        if sequence.startswith(b"\x1b]"):
            target = sequence[4:].rstrip(b"\x07\x1b\\").partition(b";")[2]
            link = sequence if target and len(sequence) <= _LONGEST_LINK else b""
            continue
        parameters = sequence[2:-1].split(b";")
        index = 0
        while index < len(parameters):
            size = _size(parameters, index)
            _apply(slots, parameters[index : index + size])
            index += size
    style = b"\x1b[" + b";".join(slots.values()) + b"m" if slots else b""
    return link + style, (_RESET if style else b"") + (_LINK_END if link else b"")


def _size(parameters: list[bytes], index: int) -> int:
    """How many parameters belong together: `38;5;N` and `38;2;R;G;B` are one colour."""
    if parameters[index] not in {b"38", b"48", b"58"}:
        return 1
    return {b"5": 3, b"2": 5}.get(b"".join(parameters[index + 1 : index + 2]), 1)


def _apply(slots: dict[int, bytes], parameters: list[bytes]) -> None:
    if max(map(len, parameters)) > _LONGEST_PARAMETER:
        return
    head, *more = parameters[0].split(b":")
    code = int(head or b"0")
    if code == 0:
        slots.clear()
    elif code in _OFF or (code, *more[:1]) == (4, b"0"):
        for slot in _OFF.get(code, (4,)):
            slots.pop(slot, None)
    elif code <= _LAST_CODE:
        slot = _slot(code)
        slots.pop(slot, None)
        slots[slot] = b";".join(parameters)


def _slot(code: int) -> int:
    """Name the attribute that a code sets: all foreground colours are one, all backgrounds another."""
    if 30 <= code <= 37 or 90 <= code <= 97:  # noqa: PLR2004 - the numbers are ECMA-48's own
        return 38
    if 40 <= code <= 47 or code >= 100:  # noqa: PLR2004 - likewise
        return 48
    return {21: 4, 6: 5, 10: 11}.get(code, 11 if 10 <= code <= 19 else code)  # noqa: PLR2004 - likewise
