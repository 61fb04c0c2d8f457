"""Words of other process managers, put into procman's."""

from __future__ import annotations

import pytest

from procman.cli.dialects import translate


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("s", "start"),
        ("start -N", "start --no-port"),
        ("start -p 3000 -P 10", "start -p 3000 --port-step 10"),
        ("start -P10", "start --port-step 10"),
        ("start -l web,worker -p 1", "start -p 1 web worker"),
        ("start --processes=web", "start web"),
        ("start --any-can-die", "start --stop-on never"),
        ("start -r all", "start --keep"),
        ("start -T --ignored-processes web", "start -x web"),
        ("start -c", "start --color always"),
        ("start -c -p 3000", "start --color always -p 3000"),
        ("start --color web", "start --color always web"),
        ("start --timestamp", "start"),
        ("export systemd x --user=shop", "export systemd x --run-as=shop"),
        ("echo", "logs -f"),
        ("kill", "quit"),
        ("c web", "connect web"),
        ("e yarn install", "run yarn install"),
    ],
)
def test_it_is_said_in_procman_s_words(theirs: str, ours: str) -> None:
    translated = translate(theirs.split())
    assert translated.args == ours.split()
    assert translated.notes == []


@pytest.mark.parametrize(
    "args",
    [
        "start -c web=2 --color never --timestamp iso -x web",
        "start -- -N",
        "run env -N -P 10",
        "export systemd --user ~/.config",
        "nope -N",
        "",
    ],
)
def test_what_is_good_here_or_no_business_of_theirs_stays(args: str) -> None:
    assert translate(args.split()).args == args.split()


def test_restarts_and_signals_become_settings_of_the_types() -> None:
    said = translate(["start", "-r", "rails,webpack", "-i", "rails=QUIT"]).types
    assert {name: {key: raw.value for key, raw in table.items()} for name, table in said.items()} == {
        "rails": {"restart": "always", "stop_signal": "QUIT"},
        "webpack": {"restart": "always"},
    }


@pytest.mark.parametrize(
    ("theirs", "ours", "name"),
    [
        ("start -s path/to/socket web", "start web", "-s"),
        ("start --can-die=assets", "start", "--can-die"),
        ("start -w title -D", "start -D", "-w"),
        ("connect -s path/to/socket web", "connect web", "-s"),
        ("export -t templates upstart /etc/init", "export upstart /etc/init", "-t"),
    ],
)
def test_what_has_no_counterpart_is_left_out_and_said(theirs: str, ours: str, name: str) -> None:
    translated = translate(theirs.split())
    assert translated.args == ours.split()
    assert [note.partition(" is left out: ")[0] for note in translated.notes] == [name]
