"""The environment of what is started again: `.env` is read anew, and what changed in it is named."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.config.dotenv import read_dotenv_files
from procman.config.environment import build_environment
from procman.config.instance import make_instance
from procman.config.scope import shared_variables
from procman.errors import ProcmanError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from procman.cli.project import Project
    from procman.config.instance import Instance, Site
    from procman.config.plan import Plan

SHOWN = 8


class Renewal:
    """The first start of an instance is as planned; every later one sees the files as they are then.

    say: shows a line in the prefix of an instance (name, text, event).
    """

    def __init__(
        self,
        plan: Plan,
        project: Project,
        site: Site,
        *,
        override: bool,
        say: Callable[[str, str, str], None],
    ) -> None:
        self._plan = plan
        self._project = project
        self._site = site
        self._override = override
        self._say = say
        self._started: set[str] = set()

    def environ_of(self, instance: Instance) -> Mapping[str, str]:
        if instance.name not in self._started:
            self._started.add(instance.name)
            return {**self._plan.environ, **instance.environ}
        self._read_again(instance.name)
        overlay: Mapping[str, str] = instance.environ
        for entry in self._project.procfile.entries:
            if entry.name == instance.process_type:
                overlay = make_instance(entry, instance.number, self._site).environ
        base = shared_variables(self._site.environment.base, self._site.settings.values())
        return {**base, **overlay}

    def _read_again(self, name: str) -> None:
        environ, before = self._project.environ, self._site.environment.base
        try:
            settings, problems = read_dotenv_files(
                self._project.env_files, self._project.env_directory, environ, override=self._override
            )
        except ProcmanError as error:
            self._say(name, f"keeps its environment: {error.message}", "environment")
            return
        for problem in problems:
            place = f"{os.path.basename(problem.span.file)}:{problem.span.line}"
            self._say(name, f"{place}: {problem.message}", "environment")
        if any(problem.fatal for problem in problems):
            return
        environment = build_environment(environ, settings, override=self._override)
        self._site = self._site._replace(environment=environment)
        after = environment.base
        changed = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
        if changed:
            more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
            self._say(name, f".env changed: {', '.join(changed[:SHOWN])}{more}", "environment")
