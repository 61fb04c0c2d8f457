"""Record a real run on a real pseudo-terminal, as the picture of the README: `python docs/record.py`.

procman starts Procfile.example, answers a request, does three jobs, and is interrupted by Ctrl-C. Its log
goes on line by line, with no escapes but colours: lines and SGR are all of a terminal that is needed here.
"""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import time
from contextlib import closing, suppress
from typing import NamedTuple
from urllib.request import urlopen
from xml.sax.saxutils import escape

CHECKOUT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PICTURE = os.path.join(CHECKOUT, "docs", "procman.svg")
COMMAND = "procman start -f Procfile.example"
COLUMNS, ROWS = 104, 24
WITHIN = 30.0
CTRL_C = b"\x03"

GLYPH, LINE, MARGIN, BAR = 8.43, 20, 18, 34
NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
LIGHT = {
    "paper": "#ffffff", "frame": "#d0d7de", "ink": "#24292f", "black": "#24292f", "red": "#cf222e",
    "green": "#116329", "yellow": "#7d4e00", "blue": "#0550ae", "magenta": "#8250df", "cyan": "#0b6e75",
    "white": "#57606a",
}  # fmt: skip
DARK = {
    "paper": "#0d1117", "frame": "#30363d", "ink": "#e6edf3", "black": "#8b949e", "red": "#ff7b72",
    "green": "#7ee787", "yellow": "#e3b341", "blue": "#79c0ff", "magenta": "#d2a8ff", "cyan": "#76e3ea",
    "white": "#b1bac4",
}  # fmt: skip
_SGR = re.compile(r"\x1b\[([\d;]*)m")


class Span(NamedTuple):
    """classes: of the style sheet, such as `cyan bold`."""

    text: str
    classes: str


def record(port: int) -> str:
    """Run procman on a terminal and give what it wrote, Ctrl-C included."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(CHECKOUT)
        environ = {key: value for key, value in os.environ.items() if not key.startswith("PROCMAN")}
        environ |= {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(ROWS), "PORT": str(port)}
        for name in ("NO_COLOR", "FORCE_COLOR"):
            environ.pop(name, None)
        os.execve(sys.executable, [sys.executable, "-m", "procman", *COMMAND.split()[1:]], environ)
    heard = _hear(terminal, b"", "ready on")
    with closing(urlopen(f"http://127.0.0.1:{port}/LICENSE", timeout=WITHIN)):
        heard = _hear(terminal, heard, "job 3 done")
    os.write(terminal, CTRL_C)
    heard = _hear(terminal, heard, "")
    os.waitpid(pid, 0)
    os.close(terminal)
    return heard.decode("utf-8", "replace")


def _hear(terminal: int, heard: bytes, until: str) -> bytes:
    """Read until a text has been heard, "" for the end."""
    deadline = time.monotonic() + WITHIN
    while not until or until.encode() not in heard:
        if not select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise SystemExit(
                f"no {until or 'end'!r} within {WITHIN:g} s:\n{heard.decode('utf-8', 'replace')}"
            )
        piece = b""
        with suppress(OSError):  # Linux says EIO when the other side has gone
            piece = os.read(terminal, 65536)
        if not piece:
            break
        heard += piece
    return heard


def spans(line: str) -> list[Span]:
    """Part a line where its colours change."""
    found: list[Span] = []
    color, bold = "", False
    at = 0
    for match in [*_SGR.finditer(line), None]:
        text = line[at : match.start() if match else len(line)]
        if text:
            found.append(Span(text, " ".join(filter(None, (color, "bold" * bold)))))
        if match is None:
            break
        at = match.end()
        for code in map(int, filter(None, (match[1] or "0").split(";"))):
            bold = code == 1 or (bold and code not in {0, 22})
            if code in {0, 39}:
                color = ""
            elif code in range(30, 38) or code in range(90, 98):
                color = NAMES[code % 10]
    return found


def draw(lines: list[str]) -> str:
    """Draw a window with these lines; it is light or dark as the reader's page is."""
    width = round(COLUMNS * GLYPH + 2 * MARGIN)
    height = BAR + len(lines) * LINE + MARGIN
    title = escape(COMMAND)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
            f' height="{height}" role="img" aria-label="A terminal that runs {title}">'
        ),
        f"<title>{title}</title>",
        f"<style>{_style()}</style>",
        f'<rect class="paper" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
        *(f'<circle class="frame" cx="{MARGIN + 4 + 18 * n}" cy="17" r="5"/>' for n in range(3)),
    ]
    for number, line in enumerate(lines):
        y = BAR + (number + 1) * LINE - 6
        row = "".join(
            f'<tspan class="{span.classes}">{escape(span.text)}</tspan>'
            if span.classes
            else escape(span.text)
            for span in spans(line)
        )
        parts.append(f'<text x="{MARGIN}" y="{y}" xml:space="preserve">{row}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _style() -> str:
    def rules(colors: dict[str, str]) -> str:
        paper, frame = colors["paper"], colors["frame"]
        inks = "".join(f".{name}{{fill:{colors[name]}}}" for name in NAMES)
        return (
            f"text{{fill:{colors['ink']}}}.paper{{fill:{paper};stroke:{frame}}}.frame{{fill:{frame}}}{inks}"
        )

    font = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
    return (
        f"text{{font:14px {font}}}.bold{{font-weight:700}}{rules(LIGHT)}"
        f"@media(prefers-color-scheme:dark){{{rules(DARK)}}}"
    )


def main(argv: list[str]) -> None:
    port = int(argv[0]) if argv else 5000
    text = record(port).replace("\r\n", "\n").rstrip("\n").replace(CHECKOUT, "~/procman")
    lines = [f"\x1b[32m$\x1b[0m {COMMAND}", *text.split("\n")]
    with open(PICTURE, "w", encoding="utf-8") as file:
        file.write(draw(lines))
    sys.stdout.write(f"{PICTURE}: {len(lines)} lines\n")


if __name__ == "__main__":
    main(sys.argv[1:])
