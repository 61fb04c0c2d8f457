"""The app as `export` and `deploy` hand it over: options, and the plan that a fresh machine would make."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, TypeVar

import click

from procman.cli.kinds import kind_errors, project_meanings
from procman.cli.project import load_project, warn
from procman.config.environment import build_environment
from procman.config.formation import counted, parse_formation
from procman.config.kinds import Kind, kind_of
from procman.config.plan import make_plan
from procman.config.ports import base_port
from procman.export.formats import CONTAINERS
from procman.export.from_plan import check_app, process_types
from procman.export.model import App
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.cli.project import Project
    from procman.config.plan import Plan

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class HandOver(NamedTuple):
    """notices: what there is to say before anything is written. counted: the types that -c names."""

    app: App
    notices: tuple[str, ...]
    counted: frozenset[str]


def app_options(command: Decorated) -> Decorated:
    """Add the options that say what is handed over, as foreman export has them."""
    for option in reversed(
        (
            click.option("-a", "--app", metavar="NAME", help="The app's name. [the root folder's name]"),
            click.option(
                "-c",
                "-m",
                "--formation",
                "--concurrency",
                multiple=True,
                metavar="TYPE=N,…",
                help="How many of each type; all=N for the rest. [1 each]",
            ),
            click.option("--image", metavar="IMAGE", help="For engines that run containers. [APP:latest]"),
        )
    ):
        command = option(command)
    return command


def load_handover(engine: str, directory: str, **options: Any) -> HandOver:
    """Read the project and plan it as on a machine where no variable is set.

    The values are those of the `.env` files: what the shell of whoever exports happens to hold stays behind.
    """
    project = load_project(
        options["procfile"],
        options["root"],
        options["env_files"],
        override=options["override"],
        options=options["configured"].options,
    )
    kinds = kind_errors(project, plain=options["plain"])
    warn((*project.procfile.diagnostics, *kinds, *project.dotenv_problems))
    types = [entry.name for entry in project.procfile.entries]
    usual = {name: said.count for name, said in project.types.items() if said.count is not None}
    counts = parse_formation(options["formation"], types, usual)
    plan = _plan(project, counts, **options)
    contained = engine in CONTAINERS
    name = options["app"] or default_name(project.root)
    own = {"PS", "PROC_TYPE", *(() if options["no_port"] else ("PORT",))}
    app = App(
        name=name,
        root=project.root,
        directory=os.path.abspath(directory),
        types=process_types(plan, project.procfile.entries, counts, contained=contained),
        environ={key: value for key, value in plan.environ.items() if key not in own},
        user=name if options.get("run_as") is None else options["run_as"],
        log=options.get("log") or "",
        image=options["image"] or ("" if engine == "compose" else f"{name.lower()}:latest"),
    )
    check_app(app)
    notices = [*plan.notices, *_notices(project, plan, contained=contained)]
    if contained and not options["image"]:
        notices.append(f"image {name.lower()}:latest (--image IMAGE names another)")
    return HandOver(app, tuple(notices), counted(options["formation"]))


def _notices(project: Project, plan: Plan, *, contained: bool) -> list[str]:
    """Say which lines are not handed over."""
    left = [
        f"{entry.name} is for the build and not exported"
        for entry in project.procfile.entries
        if kind_of(entry) is Kind.PREFLIGHT
    ]
    static = [each.process_type for each in plan.instances if contained and each.kind is Kind.STATIC]
    return [
        *left,
        *(f"{name} is not exported: let the cluster's web server have the files" for name in static),
    ]


def _plan(project: Project, counts: dict[str, int], **options: Any) -> Plan:
    base = None if options["no_port"] else base_port(options["port"], {}, project.settings)
    entries = project.procfile.entries
    return make_plan(
        entries,
        build_environment({}, project.settings, override=False),
        # A type of which none is to run is still one that there is: scaling it up finds it.
        {name: max(count, 1) for name, count in counts.items()},
        root=project.root,
        base_port=base,
        port_step=options["port_step"],
        excluded=[entry.name for entry in entries if kind_of(entry) is Kind.PREFLIGHT],
        run_phases=True,
        settings=project.types,
        meanings=project_meanings(project, plain=options["plain"]),
    )


def default_name(root: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "-", os.path.basename(root)).strip("-_") or "app"
