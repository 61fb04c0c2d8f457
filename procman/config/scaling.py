"""More or fewer instances of a type while a run goes on: how another one is made, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.config.formation import MOST_INSTANCES
from procman.config.instance import make_instance
from procman.config.nearest import did_you_mean
from procman.config.ports import check_ports
from procman.errors import ProcmanError
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from procman.config.instance import Instance, Site
    from procman.config.procfile import Entry


class Scaling(NamedTuple):
    """entries: the Procfile's, by type. planned: the instances of the start, whose needs are inherited."""

    entries: Mapping[str, Entry]
    site: Site
    planned: tuple[Instance, ...]

    def instance(self, process_type: str, number: int) -> Instance:
        """Make one more instance; `refuse` has said before that there may be one."""
        made = make_instance(self.entries[process_type], number, self.site)
        alike = [other.needs for other in self.planned if other.process_type == process_type]
        return made._replace(needs=alike[0] if alike else ())

    def refuse(self, process_type: str, quantity: int, running: Iterable[Instance]) -> None:
        """Raise ProcmanError for what can't be: an unknown type, two of a singleton, a port that is taken."""
        if process_type not in self.entries:
            known = list(self.entries)
            raise ProcmanError(
                f"no process type {process_type!r} in the procfile, known: {', '.join(known)}",
                hint=did_you_mean(process_type, known),
            )
        if not 0 <= quantity <= MOST_INSTANCES:
            raise ProcmanError(f"{process_type}={quantity}: from 0 to {MOST_INSTANCES} instances")
        if quantity > 1 and self.instance(process_type, 1).singleton:
            raise ProcmanError(f"{process_type} is a singleton and can't run {quantity} times")
        others = [instance for instance in running if instance.process_type != process_type]
        wanted = [self.instance(process_type, number) for number in range(1, quantity + 1)]
        check_ports({i.name: i.port for i in (*others, *wanted) if i.port is not None})
