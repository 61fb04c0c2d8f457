from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from procman.config.toml_places import find_places, nearest_place, span_at

TEXT = '''\
# [not.a.table]
port = 3000  # [nor.this]
name."with.dot" = """
fake = 1
[fake]
""""
[tool . "procman"]  # comment
env = { A = "x, y = {", 'b' = [1, {c = 2}] }
lists = [
  "]",  # ]
  ["a"], { d = 1 },
]
at = 1979-05-27 07:32:00
[[many]]
x = \'\'\'a'\'\'\'
'''


def place(*path: str) -> tuple[int, int, str]:
    found = find_places(TEXT)[path]
    span = span_at("t", TEXT, found.start, found.end)
    return span.line, span.column, span.text[span.column - 1 : span.column - 1 + span.length]


def test_every_key_has_its_line_and_column() -> None:
    assert place("port") == (2, 1, "port")
    assert place("name", "with.dot") == (3, 1, 'name."with.dot"')
    assert place("tool", "procman") == (7, 2, 'tool . "procman"')
    assert place("tool", "procman", "env", "A") == (8, 9, "A")
    assert place("tool", "procman", "env", "b") == (8, 25, "'b'")
    assert place("tool", "procman", "at") == (13, 1, "at")
    assert place("many", "x") == (15, 1, "x")


def test_what_stands_in_strings_comments_and_lists_is_no_key() -> None:
    tomllib.loads(TEXT)
    known = {path[-1] for path in find_places(TEXT)}
    assert not known & {"fake", "not", "nor", "c", "d", "y"}


def test_a_value_has_a_place_too() -> None:
    assert TEXT[find_places(TEXT)["port",].value :].startswith("3000")


def test_the_tables_that_a_dotted_key_goes_through_stand_where_it_does() -> None:
    places = find_places("a.b.c = 1\na.b.d = 2\n[x.y]\nz.w = 3\n[x]\n")
    assert places["a",].start == places["a", "b"].start == 0
    assert places["x", "y", "z"].start == places["x", "y", "z", "w"].start


def test_an_unknown_path_is_where_the_table_round_it_is() -> None:
    places = find_places(TEXT)
    assert nearest_place(places, ("tool", "procman", "no", "such")) == places["tool", "procman"]
    assert nearest_place(places, ("nothing",)).start == 0


KEYS = st.text("ab-_1", min_size=1, max_size=4)
VALUES = st.recursive(
    st.sampled_from(["1", "true", '"a\\"]"', "'}'", '"""x\n= """', "'''\n[t]\n'''", "1.5e3", "[]", "{}"]),
    lambda inner: st.lists(inner, min_size=1, max_size=3).map(lambda items: f"[ {', '.join(items)},\n]"),
    max_leaves=4,
)


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=4), max_size=4))
@settings(max_examples=60, deadline=None)
def test_whatever_tomllib_reads_has_a_place(tables: dict[str, dict[str, str]]) -> None:
    text = "".join(
        f"[{name}] # x\n" + "".join(f"{key} = {value} # {{\n" for key, value in pairs.items())
        for name, pairs in tables.items()
    )
    read: dict[str, dict[str, Any]] = tomllib.loads(text)
    places = find_places(text)
    assert set(places) == {(name,) for name in read} | {(name, key) for name in read for key in read[name]}
    for path, found in places.items():
        assert text[found.start : found.end] == path[-1]
