"""`procman deploy --on kubernetes|swarm`: for those whose app has outgrown one machine."""

from __future__ import annotations

from typing import Any

import click

from procman.cli.configured import ConfiguredCommand
from procman.cli.handover import app_options, load_handover
from procman.cli.kinds import plain_option
from procman.cli.project import port_options, project_options
from procman.errors import USAGE, ProcmanError
from procman.export.drivers import deploy_on, new_id
from procman.export.tool import KUBERNETES, SWARM, Target

EPILOG = """
\b
Examples:
  procman deploy --on kubernetes --context prod --image registry.example.com/shop:1.4
  procman deploy --on swarm --context manager --image registry.example.com/shop:1.4 -c web=3
"""


@click.command(cls=ConfiguredCommand, epilog=EPILOG)
@click.option("--on", "engine", type=click.Choice([KUBERNETES, SWARM]), required=True, help="Where to.")
@click.option(
    "--context", metavar="NAME", help="Which cluster, as kubectl or docker know it; has to be named."
)
@click.option("-n", "--namespace", metavar="NAME", default="", help="Kubernetes: where in the cluster.")
@click.option("-v", "--verbose", is_flag=True, help="Show each call of kubectl or docker.")
@app_options
@project_options
@port_options
@plain_option
def deploy(engine: str, **options: Any) -> int:
    """Bring the app to a cluster: configuration, then the release to its end, then all processes.

    \b
    A type that was scaled keeps its number unless -c names it. When the release fails, nothing
    else is changed. Exit status: 0 all of it is up, 1 refused or failed, 2 usage.
    """  # noqa: D301 - a real backspace is how click is told to keep the lines
    if not options["image"]:
        raise ProcmanError("no image is named: --image IMAGE says what runs", exit_code=USAGE)
    context, namespace = options["context"] or "", options["namespace"]
    app, notices, counted = load_handover(engine, ".", **options)
    say(f"{app.name} to {engine}, context {context or '(none named)'}")
    for notice in notices:
        say(f"note: {notice}")
    target = Target(engine, context, app.name, namespace, verbose=options["verbose"])
    return deploy_on(target, app._replace(release=new_id()), counted, say)


def say(text: str) -> None:
    click.echo(f"[procman deploy] {text}", err=True)
