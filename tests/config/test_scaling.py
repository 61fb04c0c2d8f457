from __future__ import annotations

import pytest

from procman.config.environment import Environment
from procman.config.plan import make_plan
from procman.config.procfile import Entry
from procman.config.scaling import Scaling
from procman.config.settings import TypeSettings
from procman.errors import ProcmanError

ENTRIES = (Entry("db", "store", 1, 5), Entry("web", "serve", 2, 6), Entry("clock", "tick", 3, 8))
SETTINGS = {"web": TypeSettings(needs=("db",)), "clock": TypeSettings(singleton=True)}


def scaling(base: int | None = 5000) -> Scaling:
    environment = Environment({}, {}, ())
    plan = make_plan(ENTRIES, environment, {}, root="/app", base_port=base, settings=SETTINGS)
    return Scaling({entry.name: entry for entry in ENTRIES}, plan.site, plan.instances)


def test_another_instance_is_like_the_first_with_its_own_name_and_port() -> None:
    made = scaling().instance("web", 3)
    assert (made.name, made.port, made.environ["PS"]) == ("web.3", 5102, "web.3")
    assert [need.name for need in made.needs] == ["db.1"]


@pytest.mark.parametrize(
    ("process_type", "quantity", "words"),
    [
        ("wbe", 1, "no process type 'wbe'"),
        ("web", -1, "from 0 to"),
        ("web", 10_001, "from 0 to"),
        ("clock", 2, "singleton"),
        ("db", 101, "both get port 5100"),
    ],
)
def test_what_can_not_be_is_refused(process_type: str, quantity: int, words: str) -> None:
    found = scaling()
    with pytest.raises(ProcmanError, match=words):
        found.refuse(process_type, quantity, found.planned)


def test_what_can_be_is_not_refused() -> None:
    found = scaling()
    for quantity in (0, 1, 50):
        found.refuse("web", quantity, found.planned)
    found.refuse("clock", 1, found.planned)


def test_without_ports_no_port_is_taken_twice() -> None:
    found = scaling(base=None)
    found.refuse("db", 500, found.planned)
