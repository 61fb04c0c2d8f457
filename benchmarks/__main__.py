"""`python -m benchmarks`: everybody who is here, one after the other, round after round."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.commands import IMPORT_CLICK, Check, RunTrue, StartUp, interpreter
from benchmarks.contenders import Contender, baselines, peers
from benchmarks.flood import Burst, Stalled
from benchmarks.latency import Latency
from benchmarks.picture import picture
from benchmarks.report import OURS, figure, replaced, table
from benchmarks.results import Results
from benchmarks.scale import Crash, Idle, Scale
from benchmarks.stage import Failed
from benchmarks.throughput import throughputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.measure import Measure

HERE = os.path.dirname(os.path.abspath(__file__))
PICTURED = (
    "speed-pipe-1",
    "speed-pipe-16",
    "latency",
    "startup",
    "start-100",
    "stop-100",
    "memory-1",
    "crash-100",
)


def main() -> None:
    options = _options()
    measures = all_measures(quick=options.quick)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        contenders = present([*peers(), *baselines(compiled("prefixer.c", directory))])
        if options.only:
            measures, contenders = chosen(measures, contenders, options.only)
        program = [compiled("child.c", directory)]
        if not program[0]:
            program = [sys.executable, "-IS", os.path.join(HERE, "child.py")]
        before = machine.load()
        results = run(measures, contenders, program, options.rounds)
    rows = [row for measure in measures for row in measure.rows]
    columns = [contender.name for contender in contenders if contender.name != IMPORT_CLICK]
    text = f"{machine.describe()}; {options.rounds} interleaved rounds; load at their start {before:.1f}\n\n"
    text += table(results, rows, columns)
    sys.stdout.write(text)
    if options.markdown:
        _write(options.markdown, replaced(_read(options.markdown), text))
    if options.svg:
        shown = sorted((row for row in rows if row.key in PICTURED), key=lambda row: PICTURED.index(row.key))
        _write(options.svg, picture(results, shown, columns))


def all_measures(*, quick: bool) -> list[Measure]:
    return [
        StartUp(),
        RunTrue(),
        Check(),
        Latency(),
        Idle(),
        *throughputs(quick=quick),
        *(Scale(count) for count in ((1, 100) if quick else (1, 10, 100, 1000))),
        Crash(100),
        Burst(),
        Stalled(1.0 if quick else 5.0),
    ]


def run(
    measures: Sequence[Measure], contenders: Sequence[Contender], program: Sequence[str], rounds: int
) -> Results:
    """Give each its turn in every round, so that whatever else the machine does meets them all.

    Ctrl-C ends it early, with what has been found so far.
    """
    results = Results()
    given_up: set[tuple[Measure, str]] = set()
    turns = [
        (turn, measure, contender)
        for turn in range(rounds)
        for measure in measures
        for contender in contenders
        if measure.can(contender)
    ]
    with suppress(KeyboardInterrupt):
        for turn, measure, contender in turns:
            if (measure, contender.name) not in given_up and not _measured(
                results, turn, measure, contender, program
            ):
                given_up.add((measure, contender.name))
    return results


def _measured(
    results: Results, turn: int, measure: Measure, contender: Contender, program: Sequence[str]
) -> bool:
    """Measure once; False when the contender could not do it, and is not to be asked again."""
    try:
        findings = measure.once(contender, program)
    except (Failed, subprocess.TimeoutExpired, OSError) as error:
        text = str(error) if isinstance(error, Failed) else "time-out"
        results.remark(measure.rows[0].key, contender.name, text)
        _tell(turn, contender, f"{measure.rows[0].title}: {text}")
        return False
    for key, value, remark in findings:
        results.add(key, contender.name, turn, value)
        if remark:
            results.remark(key, contender.name, remark)
        _tell(turn, contender, f"{key} {figure(value)} {remark}")
    return True


def present(everybody: Sequence[Contender]) -> list[Contender]:
    """Leave out, with a line, who is not installed; add the interpreter that procman starts in."""
    for contender in everybody:
        if not contender.program:
            sys.stderr.write(f"skipped: {contender.name} is not here\n")
    here = [contender for contender in everybody if contender.program]
    return here + [interpreter(contender) for contender in here if contender.name == OURS]


def chosen(
    measures: Sequence[Measure], contenders: Sequence[Contender], names: Sequence[str]
) -> tuple[list[Measure], list[Contender]]:
    """Keep what `--only` names, measures or contenders; baselines stay."""
    known = {measure.name for measure in measures} | {contender.name for contender in contenders}
    if unknown := set(names) - known:
        sys.exit(f"no {', '.join(sorted(unknown))} here\n  there are {', '.join(sorted(known))}")
    some_measures = [measure for measure in measures if measure.name in names]
    some_contenders = [contender for contender in contenders if contender.name in names]
    kept = [contender for contender in contenders if contender in some_contenders or contender.baseline]
    return some_measures or list(measures), kept if some_contenders else list(contenders)


def compiled(source: str, directory: str) -> str:
    """Compile one of our C programs; "" where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return ""
    program = os.path.join(directory, source.removesuffix(".c"))
    subprocess.run([compiler, "-O2", "-o", program, os.path.join(HERE, source)], check=True)
    return program


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer sizes, 3 rounds")
    parser.add_argument("--only", action="append", metavar="NAME", help="a measure or a manager; repeatable")
    parser.add_argument("--rounds", type=int, metavar="N", help="[9]")
    parser.add_argument("--markdown", metavar="FILE", help="write the table there, between its marks")
    parser.add_argument("--svg", metavar="FILE", help="write the picture there")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 9)
    return options


def _tell(turn: int, contender: Contender, text: str) -> None:
    sys.stderr.write(f"{turn + 1}: {contender.name}: {text}\n")


def _read(path: str) -> str:
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
