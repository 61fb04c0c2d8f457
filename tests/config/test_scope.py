from __future__ import annotations

from procman.config.environment import Environment
from procman.config.scope import (
    mount_paths,
    mount_variable,
    own_variables,
    related_variables,
    shared_variables,
)
from procman.config.settings import TypeSettings

BASE = {"PATH": "/bin", "DATABASE_URL": "pg", "RABBIT_URL": "amqp"}
ENVIRONMENT = Environment(BASE, dict.fromkeys(BASE, ".env:1"), ())
WEB = TypeSettings(relationships={"DATABASE_URL": "DATABASE_URL", "RABBIT_URL": "RABBIT_URL"})
MAIL = TypeSettings(relationships={"EMAILS_URL": "RABBIT_URL"}, env={"TYPE": "worker"})
NONE = TypeSettings(relationships={})
ANY = TypeSettings()
RELATED = related_variables([WEB, MAIL, NONE, ANY])


def seen(settings: TypeSettings) -> dict[str, str]:
    return {key: value for key, (value, _) in own_variables(ENVIRONMENT, RELATED, settings).items()}


def test_a_variable_that_a_relationship_names_is_no_longer_everybody_s() -> None:
    assert shared_variables(BASE, [WEB, MAIL, ANY]) == {"PATH": "/bin"}
    assert shared_variables(BASE, [ANY, NONE]) == BASE


def test_a_type_sees_its_relationships_under_its_own_names_and_no_others() -> None:
    assert seen(WEB) == {"DATABASE_URL": "pg", "RABBIT_URL": "amqp"}
    assert seen(MAIL) == {"EMAILS_URL": "amqp", "TYPE": "worker"}
    assert seen(NONE) == {}


def test_a_type_without_relationships_sees_all() -> None:
    assert seen(ANY) == {"DATABASE_URL": "pg", "RABBIT_URL": "amqp"}


def test_a_relationship_to_what_is_not_set_gives_nothing() -> None:
    assert seen(TypeSettings(relationships={"A": "NOT_SET"})) == {}


def test_the_type_s_own_env_beats_what_it_is_related_to() -> None:
    assert seen(WEB._replace(env={"DATABASE_URL": "mine"}))["DATABASE_URL"] == "mine"


def test_each_value_says_where_it_came_from() -> None:
    found = own_variables(ENVIRONMENT, RELATED, MAIL, {"TYPE": "procman.toml:3"})
    assert {key: origin for key, (_, origin) in found.items()} == {
        "EMAILS_URL": ".env:1 as RABBIT_URL",
        "TYPE": "procman.toml:3",
    }


def test_a_mount_is_a_folder_of_the_type_alone_and_a_variable() -> None:
    assert mount_paths("/app", "web", {"up-loads": "./a//b/"}) == {"up-loads": "/app/.procman/mounts/web/a/b"}
    assert mount_variable("up-loads") == "MOUNT_UP_LOADS"
