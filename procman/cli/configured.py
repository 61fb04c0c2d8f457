"""Options from three places: the command line, `PROCMAN_…` in the environment, the options file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from procman.config.options import NO_OPTIONS, Options, read_options
from procman.config.sourcefile import is_nowhere
from procman.errors import ProcmanError
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from procman.config.options import Raw

PREFIX = "PROCMAN_"
RIVALS = (
    ("no_port", "port"),
    ("no_timestamp", "timestamp"),
    ("no_prefix", "prefix"),
    ("no_color", "color"),
    ("excluded", "names"),
)
"""An option, and the one that makes it void when it comes from nearer to the user."""
_NEAREST_FIRST = (
    ParameterSource.COMMANDLINE,
    ParameterSource.ENVIRONMENT,
    ParameterSource.DEFAULT_MAP,
    ParameterSource.DEFAULT,
)


class Configured(NamedTuple):
    """explicit: the parameters that came from the command line or the environment."""

    options: Options
    explicit: frozenset[str]


class CommaSeparated(click.types.StringParamType):
    """A text; of several in one variable each ends at a comma."""

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        return [part.strip() for part in rv.split(",")]


class ConfiguredCommand(click.Command):
    """A command that hands over where its options came from, as `configured`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for option in self._options():
            option.envvar = [PREFIX + key.upper() for key in option_keys(option)]
            if option.multiple:
                option.type = CommaSeparated()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = NO_OPTIONS
        if not ctx.resilient_parsing:
            given: Mapping[str, Any] = {}
            if any(map(_may_say_where, args)):
                # -f and -d say where the file is that holds the defaults of all the others.
                given, _, _ = self.make_parser(ctx).parse_args(list(args))
            options = read_options(_folder(given, os.environ))
            if ctx.obj:  # settings of types that were typed, as overmind has them
                options = _with_typed(options, ctx.obj)
        ctx.default_map = {
            str(option.name): options.values[key]
            for option in self._options()
            for key in option_keys(option)
            if key in options.values
        } | dict(self._denied(ctx))
        try:
            rest = super().parse_args(ctx, args)
        except click.BadParameter as error:
            _say_where(error, ctx, options)
            raise
        for name, rival in RIVALS:
            if ctx.params.get(name) and ctx.params.get(rival) and _rank(ctx, rival) < _rank(ctx, name):
                ctx.params[name] = () if isinstance(ctx.params[name], tuple) else False
        if not ctx.params.get("names", True):
            ctx.params["names"] = tuple(options.values.get("processes", ()))
        nearer = _NEAREST_FIRST.index(ParameterSource.DEFAULT_MAP)
        explicit = frozenset(name for name in ctx.params if _rank(ctx, name) < nearer)
        ctx.params["configured"] = Configured(options, explicit)
        return rest

    def _denied(self, ctx: click.Context) -> Iterator[tuple[str, bool]]:
        """Give what variables like PROCMAN_NO_PTY say: click has one for the first half of such a pair."""
        for option in self._options():
            for name in option.secondary_opts:
                value = os.environ.get(PREFIX + name.removeprefix("--").replace("-", "_").upper())
                if value:
                    yield str(option.name), not click.BOOL.convert(value, option, ctx)

    def _options(self) -> Iterator[click.Option]:
        return (param for param in self.params if isinstance(param, click.Option))


def option_keys(option: click.Option) -> list[str]:
    """Return the keys that say an option: its long names, with underscores."""
    return [name[2:].replace("-", "_") for name in option.opts if name.startswith("--")]


def _may_say_where(word: str) -> bool:
    """Say whether a word can be -f or -d (`-Dd` is both): only then is the line parsed twice."""
    if word.startswith("--"):
        return word.startswith(("--procfile", "--root", "--app-root"))
    return word.startswith("-") and ("f" in word or "d" in word)


def _rank(ctx: click.Context, name: str) -> int:
    source = ctx.get_parameter_source(name)
    return _NEAREST_FIRST.index(source) if source in _NEAREST_FIRST else len(_NEAREST_FIRST)


def _folder(given: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """Return the folder of the options file: -d, else the Procfile's, "" being the current one."""
    root = given.get("root") or environ.get(f"{PREFIX}ROOT") or environ.get(f"{PREFIX}APP_ROOT")
    if root:
        return str(root)
    procfile = given.get("procfile") or environ.get(f"{PREFIX}PROCFILE") or environ.get("PROCFILE") or ""
    return "" if is_nowhere(procfile) else os.path.dirname(procfile)


def _with_typed(options: Options, typed: Mapping[str, Mapping[str, Raw]]) -> Options:
    from procman.config.legacy import overlaid

    headers = {name: raw.span for name, table in typed.items() for raw in table.values()}
    return options._replace(types=overlaid(options.types, typed), headers={**headers, **options.headers})


def _say_where(error: click.BadParameter, ctx: click.Context, options: Options) -> None:
    """Name the variable or the line that a wrong value came from: nobody typed the option."""
    option = error.param
    if not isinstance(option, click.Option):
        return
    keys = option_keys(option)
    match ctx.get_parameter_source(str(option.name)):
        case ParameterSource.ENVIRONMENT:
            error.param_hint = next(
                (PREFIX + k.upper() for k in keys if PREFIX + k.upper() in os.environ), None
            )
        case ParameterSource.DEFAULT_MAP:
            key = next(key for key in keys if key in options.values)
            place = options.places[key]
            where = f"{place.file}:{place.line}: {key}" if place.line else place.file
            raise ProcmanError(f"{where}: {error.message.rstrip('.')}") from None
        case _:
            pass
