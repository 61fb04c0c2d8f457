from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from procman.config.kinds import PHASES, Kind, classify, kind_of
from procman.config.procfile import Entry, parse_procfile
from procman.config.sourcefile import SourceFile

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
FOLDERS = frozenset({"public", "both", "/srv/www"})
PROGRAMS = frozenset({"serve", "both", "bin/serve"})


def kind(line: str, *, plain: bool = False) -> Kind:
    name, _, command = line.partition(": ")
    entry = Entry(name, command, 1, len(name) + 3)
    return classify(entry, plain=plain, is_directory=FOLDERS.__contains__, is_program=PROGRAMS.__contains__)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("release", Kind.RELEASE),
        ("preflight", Kind.PREFLIGHT),
        ("web", Kind.PROCESS),
        ("Release", Kind.PROCESS),
        ("release-notes", Kind.PROCESS),
        ("process", Kind.PROCESS),
        ("cron", Kind.PROCESS),
        ("wsgi", Kind.PROCESS),
    ],
)
def test_the_exact_name_makes_a_phase(name: str, kind: Kind) -> None:
    assert kind_of(Entry(name, "true", 1, 1)) is kind


def test_preflight_comes_before_release() -> None:
    assert PHASES == (Kind.PREFLIGHT, Kind.RELEASE)


@pytest.mark.parametrize(
    "line",
    [
        "cron: 0 0 * * * python midnight_cleanup.py",
        "cron: */5 * * * * python batch.py",
        "cron-daily: 30 4 * * 1 x",
        "cron2: *\t*  * * *   x",
        "cron: 99 99 * * * x",  # out of range: an error, but no ordinary process
    ],
)
def test_a_name_that_starts_with_cron_and_five_fields_make_a_cron_line(line: str) -> None:
    assert kind(line) is Kind.CRON


@pytest.mark.parametrize(
    "line",
    [
        "cron: node worker.js",
        "cron: bundle exec ./bin/cron",
        "cron: run-parts /etc/periodic/daily && crond -f",
        "cron: php artisan schedule:check",
        "cron: * * * * *",
        "cron: 0-5 * * * * x",
        "cron: @daily x",
        "backup: 0 3 * * * x",
        "Cron: 0 3 * * * x",
        "sidekiqCron: 0 3 * * * x",
    ],
)
def test_another_name_or_another_shape_is_no_cron_line(line: str) -> None:
    assert kind(line) is Kind.PROCESS


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("wsgi: module.submodule:app", Kind.WSGI),
        ("wsgi: app:app", Kind.WSGI),
        ("wsgi: gunicorn app:app", Kind.PROCESS),
        ("wsgi: app", Kind.PROCESS),
        ("wsgi: ./serve:app", Kind.PROCESS),
        ("wsgi: app:create()", Kind.PROCESS),
        ("wsgi: app:", Kind.PROCESS),
        ("wsgi: app..x:app", Kind.PROCESS),
        ("web: app:app", Kind.PROCESS),
        ("wsgi2: app:app", Kind.PROCESS),
    ],
)
def test_wsgi_is_a_module_and_a_callable_and_nothing_else(line: str, expected: Kind) -> None:
    assert kind(line) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("static: public", Kind.STATIC),
        ("static: /srv/www", Kind.STATIC),
        ("static: /", Kind.STATIC),
        ("static: /docs:build/html,/:public", Kind.STATIC),
        ("static: both", Kind.STATIC),  # a folder comes before a program
        ("static: missing", Kind.STATIC),  # and what is neither is a slip, told as one
        ("static: serve", Kind.PROCESS),
        ("static: bin/serve", Kind.PROCESS),
        ("static: serve public", Kind.PROCESS),
        ("static: python -m http.server $PORT", Kind.PROCESS),
        ("static: $STATIC_COMMAND", Kind.PROCESS),
        ("static: cd:x;serve", Kind.PROCESS),
        ("static2: public", Kind.PROCESS),
    ],
)
def test_static_is_one_word_that_is_no_program(line: str, expected: Kind) -> None:
    assert kind(line) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cron: 0 0 * * * x", Kind.PROCESS),
        ("wsgi: app:app", Kind.PROCESS),
        ("static: public", Kind.PROCESS),
        ("release: x", Kind.RELEASE),
        ("preflight: x", Kind.PREFLIGHT),
    ],
)
def test_plain_leaves_only_the_phases(line: str, expected: Kind) -> None:
    assert kind(line, plain=True) is expected


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the cases from the field are not at {CORPUS}")
def test_no_real_procfile_means_anything_that_was_not_reviewed() -> None:
    found: list[tuple[str, str, Kind]] = []
    for name in json.loads((CORPUS / "procfiles" / "parsed.json").read_text()):
        data = (CORPUS / "procfiles" / f"{name}.Procfile").read_bytes()
        found += [
            (entry.name, entry.command, kind(f"{entry.name}: {entry.command}"))
            for entry in parse_procfile(SourceFile(name, data)).entries
        ]
    special = [each for each in found if each[2] not in {Kind.PROCESS, *PHASES}]
    assert special == [
        ("wsgi", "app:app", Kind.WSGI),
        ("wsgi", "pikudjango.wsgi:application", Kind.WSGI),
    ]
    crons = [(command, its) for name, command, its in found if name.startswith("cron")]
    assert Counter(crons) == {
        ("node worker.js", Kind.PROCESS): 3,
        ("run-parts /etc/periodic/daily && run-parts /etc/periodic/hourly && crond -f", Kind.PROCESS): 1,
        ("python3 -u worker.py", Kind.PROCESS): 1,
        ("bundle exec ./bin/cron", Kind.PROCESS): 1,
    }
