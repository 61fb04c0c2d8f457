from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from procman.export.compose import compose, swarm
from tests.export.apps import CLOCK, CRON, FAST, RELEASE, VALUES, WEB, make_app, text_of
from tests.export.engines import engine, find, output

if TYPE_CHECKING:
    from pathlib import Path

    from procman.export.model import Export

pytestmark = pytest.mark.engine

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")


def document(export: Export) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(export.files[0].text)
    return found


def configured(text: str, folder: Path) -> dict[str, Any]:
    """Give a file as docker compose resolves it; version 1 takes it without its name."""
    program = [engine("docker-compose")] if find("docker-compose") else [engine("docker"), "compose"]
    if output(*program, "version", "--short").stdout.startswith("1."):
        text = re.sub(r'^(name: |  "name": ).*\n', "", text, flags=re.MULTILINE)
    (folder / "compose.yaml").write_text(text)
    done = output(*program, "--file", str(folder / "compose.yaml"), "config")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)
    return found


@pytest.mark.parametrize("export", [compose, swarm])
def test_docker_compose_takes_the_file(export: Any, tmp_path: Path) -> None:
    text = export(make_app()).files[0].text
    services = configured(text, tmp_path)["services"]
    # Its own output is a file to read again: every $ is doubled there, too.
    environ = {key: str(value).replace("$$", "$") for key, value in services["web"]["environment"].items()}
    assert environ == {**VALUES, "PS": "web", "PROC_TYPE": "web", "PORT": "5000"}
    assert services["web"]["entrypoint"][2].replace("$$", "$") == "exec bundle exec ruby web.rb -p $PORT"


def test_everything_waits_for_the_release_and_nothing_runs_it_twice() -> None:
    services = document(compose(make_app()))["services"]
    gate = {"release": {"condition": "service_completed_successfully"}}
    assert {name for name, each in services.items() if each.get("depends_on") == gate} == {
        "web",
        "fastworker",
        "clock",
    }
    assert services["release"]["restart"] == "no"


def test_a_cron_line_is_a_service_that_waits_for_its_caller() -> None:
    export = compose(make_app(CRON))
    assert document(export)["services"]["cron"]["profiles"] == ["cron"]
    call = "*/5 3 * * 0 docker compose -f /etc/shop/compose.yaml run --rm cron"
    assert export.notices == (f"compose has no timetable, cron has: {call}",)


def test_replicas_share_the_range_of_ports_that_the_instances_would_have() -> None:
    services = document(compose(make_app(WEB, FAST)))["services"]
    assert services["web"]["ports"] == ["5000-5001:5000"]
    assert "ports" not in services["fastworker"]


def test_without_an_image_the_apps_own_folder_is_built() -> None:
    app = make_app(WEB, image="", root="/srv/shop", directory="/srv/shop/deploy")
    service = document(compose(app))["services"]["web"]
    assert (service["image"], service["build"]) == ("shop:latest", "..")


def test_a_swarm_rolls_back_and_starts_the_new_before_it_stops_the_old_but_for_a_singleton() -> None:
    services = document(swarm(make_app(WEB, CLOCK, RELEASE)))["services"]
    assert services["web"]["deploy"]["update_config"] == {
        "order": "start-first",
        "failure_action": "rollback",
    }
    assert services["clock"]["deploy"]["update_config"]["order"] == "stop-first"
    assert "release" not in services


def test_a_swarms_cron_services_have_no_replicas_and_their_schedule_as_a_label() -> None:
    deploy = document(swarm(make_app(CRON)))["services"]["cron"]["deploy"]
    assert deploy["replicas"] == 0
    assert deploy["labels"]["swarm.cronjob.schedule"] == "*/5 3 * * 0"


def test_a_mount_is_a_volume_of_the_type_and_its_variable_the_path_in_the_container() -> None:
    mounted = WEB._replace(
        mounts={"uploads": "/srv/shop/.procman/mounts/web/up"},
        environ={"PROC_TYPE": "web", "MOUNT_UPLOADS": "/srv/shop/.procman/mounts/web/up"},
    )
    found = document(compose(make_app(mounted)))
    assert found["services"]["web"]["volumes"] == ["web-uploads:/mnt/up"]
    assert found["services"]["web"]["environment"]["MOUNT_UPLOADS"] == "/mnt/up"
    assert found["volumes"] == {"web-uploads": None}


def test_without_pyyaml_the_file_is_json_with_the_same_content(tmp_path: Path) -> None:
    from procman.export.yamlfile import yaml_text

    whole = document(compose(make_app()))
    text = yaml_text("x", [whole], pretty=False)
    assert json.loads(text.partition("\n")[2]) == whole
    assert configured(text, tmp_path)["services"]["web"]["init"] is True


def test_the_file_is_the_owners_alone() -> None:
    assert compose(make_app()).files[0].mode == 0o600
    assert text_of(swarm(make_app()), "stack.yaml")
