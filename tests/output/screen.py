"""A terminal as far as procman's own sequences go: rows, a cursor, a scroll region, what scrolled away."""

from __future__ import annotations

import re

_CSI = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


class Screen:
    """lines: what scrolled off the top, in order; rows: what is seen."""

    def __init__(self, rows: int, columns: int) -> None:
        self.lines: list[str] = []
        self.rows = [""] * rows
        self._columns = columns
        self._row = self._column = 0
        self._region = (0, rows - 1)
        self._saved = (0, 0)

    @property
    def log(self) -> list[str]:
        """All lines but the bottom one, in order, without the empty ones at the end."""
        seen = [*self.lines, *self.rows[:-1]]
        while seen and not seen[-1]:
            seen.pop()
        return seen

    def resize(self, rows: int, columns: int, *, pulls: bool = False) -> None:
        """Do as terminals do: the region is all of it, what is too much scrolls away or is cut off.

        pulls: a window that grows shows again what scrolled away, as in VTE; else empty rows, as in xterm.
        """
        while pulls and len(self.rows) < rows and self.lines:
            self.rows.insert(0, self.lines.pop())
            self._row += 1
        while self._row >= rows:
            self.lines.append(self.rows.pop(0))
            self._row -= 1
        self.rows = (self.rows + [""] * rows)[:rows]
        self._columns = columns
        self._region = (0, rows - 1)
        self._saved = (min(self._saved[0], rows - 1), self._saved[1])

    def feed(self, data: bytes) -> None:
        text = data.decode("utf-8")
        at = 0
        while at < len(text):
            match = _CSI.match(text, at)
            if match:
                self._control(match[1], match[2])
                at = match.end()
            elif text[at] == "\x1b":
                self._escape(text[at + 1])
                at += 2
            else:
                self._put(text[at])
                at += 1

    def _put(self, character: str) -> None:
        if character == "\n":  # as a terminal shows it after the kernel's output processing
            self._index()
            self._column = 0
        elif character == "\r":
            self._column = 0
        else:
            if self._column >= self._columns:
                self._index()
                self._column = 0
            row = self.rows[self._row].ljust(self._column)
            self.rows[self._row] = row[: self._column] + character + row[self._column + 1 :]
            self._column += 1

    def _index(self) -> None:
        top, bottom = self._region
        if self._row == bottom:
            if top == 0:
                self.lines.append(self.rows[0])
            del self.rows[top]
            self.rows.insert(bottom, "")
        elif self._row < len(self.rows) - 1:
            self._row += 1

    def _escape(self, letter: str) -> None:
        match letter:
            case "7":
                self._saved = (self._row, self._column)
            case "8":
                self._row, self._column = self._saved
            case "D":
                self._index()
            case _:
                raise AssertionError(letter)

    def _control(self, text: str, letter: str) -> None:
        numbers = [int(number) for number in text.split(";") if number]
        match letter:
            case "r":
                self._region = (numbers[0] - 1, numbers[1] - 1) if numbers else (0, len(self.rows) - 1)
                self._row = self._column = 0
            case "H":
                self._row, self._column = numbers[0] - 1, numbers[1] - 1
            case "A":
                self._row = max(0, self._row - 1)
            case "J":
                self.rows[self._row] = self.rows[self._row][: self._column]
                for row in range(self._row + 1, len(self.rows)):
                    self.rows[row] = ""
            case "K":
                self.rows[self._row] = "" if numbers == [2] else self.rows[self._row][: self._column]
            case "m":
                pass
            case _:
                raise AssertionError(letter)
