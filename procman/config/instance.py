"""An instance: the immutable decision to run `web.1`, made of an entry and of what is said of its type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.config.kinds import PHASES, Kind, Meaning
from procman.config.scope import mount_paths, mount_variable, own_variables
from procman.config.settings import Ready, ReadyWhen, Restart, Size, TypeSettings
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.config.environment import Environment
    from procman.config.procfile import Entry

GRACE = 5.0
DEFAULTS = TypeSettings()
SERVED = frozenset({"wsgi", "static"})


class Need(NamedTuple):
    """What has to be so before an instance starts: the named one has completed, or else is ready."""

    name: str
    completed: bool = False


class Instance(NamedTuple):
    """The decision to run `web.1`.

    environ: laid over Plan.environ. stop_signal: a signal's number, TERM unless the type says otherwise.
    grace: seconds between it and KILL. cwd: None is the plan's root, a relative one is below it.
    watch: globs below the root. mounts: the absolute path of each folder to be there, by its mount's name.
    schedule: the five fields that say when a cron instance runs.
    """

    name: str
    process_type: str
    number: int
    command: str
    environ: Mapping[str, str]
    port: int | None
    kind: Kind
    needs: tuple[Need, ...] = ()
    stop_signal: int = 15
    grace: float = GRACE
    restart: Restart = Restart.NEVER
    cwd: str | None = None
    ready: Ready | None = None
    watch: tuple[str, ...] = ()
    size: Size | None = None
    mounts: Mapping[str, str] = {}
    singleton: bool = False
    schedule: str | None = None


class Site(NamedTuple):
    """What all instances of a project share.

    ports: of each type's first instance, none at all without a base. related: the variables that only the
    types that name them see. grace, restart: beat what the types say, None leaves it to them.
    meanings: of each type; where there is none its command stands as it is.
    """

    root: str
    environment: Environment
    ports: Mapping[str, int]
    settings: Mapping[str, TypeSettings]
    related: frozenset[str]
    grace: float | None = None
    restart: Restart | None = None
    meanings: Mapping[str, Meaning] = {}

    def meaning_of(self, entry: Entry) -> Meaning:
        return self.meanings.get(entry.name) or Meaning(Kind.PROCESS, entry.command)

    def settings_of(self, process_type: str) -> TypeSettings:
        return self.settings.get(process_type, DEFAULTS)


def make_instance(entry: Entry, number: int, site: Site, phase: Kind | None = None) -> Instance:
    """Make one instance; what it needs is not known here. phase: the kind of one that runs first."""
    process_type = entry.name
    name = f"{process_type}.{number}"
    said = site.settings_of(process_type)
    meaning = site.meaning_of(entry)
    kind = phase or (Kind.PROCESS if meaning.kind in PHASES else meaning.kind)
    port = site.ports[process_type] + number - 1 if site.ports else None
    mounts = mount_paths(site.root, process_type, said.mounts)
    own = own_variables(site.environment, site.related, said)
    environ = {key: value for key, (value, _) in own.items()}
    environ |= {mount_variable(mount): path for mount, path in mounts.items()}
    environ |= {"PS": name, "PROC_TYPE": process_type}
    if port is not None:
        environ["PORT"] = str(port)
    grace = GRACE if said.stop_timeout is None else said.stop_timeout
    return Instance(
        name,
        process_type,
        number,
        meaning.command,
        environ,
        port,
        kind,
        stop_signal=said.stop_signal or 15,
        grace=grace if site.grace is None else site.grace,
        restart=Restart.NEVER
        if phase or kind is Kind.CRON
        else site.restart or said.restart or Restart.NEVER,
        cwd=said.cwd,
        ready=probe(process_type, kind, said.ready, has_port=port is not None),
        watch=said.watch,
        size=said.size,
        mounts=mounts,
        singleton=said.singleton or kind is Kind.CRON,
        schedule=meaning.schedule,
    )


def is_served(process_type: str, kind: Kind) -> bool:
    """Say whether a type is there to be connected to by its PORT, by its name or its kind."""
    return process_type == "web" or kind.value in SERVED


def probe(process_type: str, kind: Kind, said: Ready | None, *, has_port: bool) -> Ready | None:
    """Return how an instance's readiness is seen, None for not at all: a web process is, by its PORT."""
    if said is None and is_served(process_type, kind):
        said = Ready(ReadyWhen.PORT, required=False)
    if said is None or said.when is ReadyWhen.RUNS:
        return None
    return said if has_port or said.when not in {ReadyWhen.PORT, ReadyWhen.HTTP} else None
