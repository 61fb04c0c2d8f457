"""What each process type ends up with: the top of the options, its own table, the comments above its entry.

Key by key: what is said nearer to the type replaces what is said farther away, and nothing is merged
(`mounts = {}` empties, as on Platform.sh).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.config.diagnostics import Diagnostic, Severity
from procman.config.nearest import did_you_mean
from procman.config.needs import circles
from procman.config.options import EVERYONE, TYPES, Resolved
from procman.config.procfile import Entry
from procman.config.type_settings import KEYS, WrongValue, make_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from procman.config.diagnostics import Span
    from procman.config.options import Options, Raw

    RawByKey = Mapping[str, Raw]


def resolve(entries: Sequence[Entry], options: Options, comments: Mapping[str, RawByKey]) -> Resolved:
    """Resolve the settings of every type; everything that is wrong with them is in the result."""
    problems: list[Diagnostic] = []
    top = {key: raw for key, raw in options.top.items() if key != "command"}
    if "command" in options.top:
        hint = f"give it to one: [{TYPES}.web]"
        problems.append(_wrong("a command belongs to one type", options.top["command"].span, hint))
    # What was written once is read once, however many inherit it.
    checked: dict[int, Any] = {}
    named = {entry.name: entry for entry in entries}
    layers: dict[str, RawByKey] = {EVERYONE: top}
    for name in (*named, *(name for name in options.types if name not in named)):
        layers[name] = {**top, **options.types.get(name, {}), **comments.get(name, {})}
    values = {name: dict(_checked(layer, checked, problems)) for name, layer in layers.items()}
    for name in [name for name in layers if name not in named and name != EVERYONE]:
        if "command" not in values[name]:
            if "command" not in layers[name]:
                problems.append(_no_process(name, options.headers[name], [*named]))
            del values[name], layers[name]
    for name, each in values.items():
        _drop_inherited_need_of_itself(name, each, layers[name], top)
    problems += _wrong_needs(values, layers)
    commands = {name: each.pop("command") for name, each in values.items() if "command" in each}
    settings = {name: make_settings(each) for name, each in values.items()}
    for name, command in commands.items():
        settings[name] = settings[name]._replace(command=command)
        span = layers[name]["command"].text or layers[name]["command"].span
        named[name] = Entry(name, command, span.line, span.column)
    everyone = settings.pop(EVERYONE)
    return Resolved(tuple(named.values()), settings, everyone, layers, frozenset(commands), tuple(problems))


def _checked(
    layer: RawByKey, checked: dict[int, Any], problems: list[Diagnostic]
) -> Iterator[tuple[str, Any]]:
    for key, raw in layer.items():
        if id(raw) not in checked:
            try:
                checked[id(raw)] = KEYS[key](raw.value)
            except WrongValue as wrong:
                checked[id(raw)] = wrong
                problems.append(_wrong(f"{key} {wrong.message}", raw.span, wrong.hint))
        if not isinstance(checked[id(raw)], WrongValue):
            yield key, checked[id(raw)]


def _drop_inherited_need_of_itself(name: str, values: dict[str, Any], layer: RawByKey, top: RawByKey) -> None:
    """Let `needs = ["db"]` at the top mean all but db itself, and all that db needs."""
    if "needs" in values and layer["needs"] is top.get("needs") and name in values["needs"]:
        values["needs"] = ()


def _wrong_needs(
    values: Mapping[str, Mapping[str, Any]], layers: Mapping[str, RawByKey]
) -> Iterator[Diagnostic]:
    types = [name for name in values if name != EVERYONE]
    needs = {name: values[name].get("needs", ()) for name in types}
    said: set[tuple[Span, str]] = set()
    for name in types:
        for needed in needs[name]:
            span = layers[name]["needs"].span
            if needed not in types and (span, needed) not in said:
                said.add((span, needed))
                hint = did_you_mean(needed, types) or f"process types: {', '.join(types)}"
                yield _wrong(f"needs names {needed!r}, which is no process type", span, hint)
    for circle in circles(needs):
        span = layers[circle[0]]["needs"].span
        message = f"needs go round in a circle: {' -> '.join(circle)}"
        yield _wrong(message, span, "take one of them out, else none of these can start")


def _no_process(name: str, span: Span, known: Sequence[str]) -> Diagnostic:
    hint = did_you_mean(name, known) or 'add a line to the procfile, or here: command = "…"'
    message = f"settings for {name}, which is no process type and has no command"
    return Diagnostic("type-unknown", Severity.WARNING, message, span, hint)


def _wrong(message: str, span: Span, hint: str) -> Diagnostic:
    return Diagnostic("option-value", Severity.ERROR, message, span, hint, fatal=True)
