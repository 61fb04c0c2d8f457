from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from procman.config.plan import Restart
from procman.errors import ProcmanError
from procman.export.systemd import systemd, systemd_user
from tests.export.apps import CLOCK, CRON, FAST, RELEASE, WEB, make_app, process, text_of
from tests.export.engines import engine, output
from tests.export.parsers import systemd_words

if TYPE_CHECKING:
    from pathlib import Path

    from procman.export.model import Export

pytestmark = pytest.mark.engine

UNITS = ("shop.target", "shop-web@.service", "shop-cron.timer", "shop-cron.service", "shop-release.service")


def written(export: Export, folder: Path) -> list[str]:
    for file in export.files:
        (folder / file.path).write_text(file.text, encoding="utf-8")
    return [str(folder / file.path) for file in export.files if not file.path.endswith(".env")]


def verified(units: list[str], *more: str) -> str:
    """Give what systemd has against units: its status is 0 for keys that it doesn't know."""
    program, folder = engine("systemd-analyze"), os.path.dirname(units[0])
    return output(program, "verify", "--man=no", *more, *units, env={"XDG_RUNTIME_DIR": folder}).stderr


@pytest.mark.parametrize("user", [False, True])
def test_systemd_has_nothing_against_the_units_of_an_app_with_everything(tmp_path: Path, user: bool) -> None:
    nasty = process("echo '%h $HOME \\ \"x\"' > /dev/null; exec sleep 9", name="nasty", memory=2**30)
    app = make_app(
        WEB, FAST, CLOCK, CRON, RELEASE, nasty, root=str(tmp_path), directory=str(tmp_path), log="/var/log"
    )
    export = systemd_user(app) if user else systemd(app)
    assert verified(written(export, tmp_path), *(["--user"] if user else [])) == ""


def test_the_check_above_can_fail(tmp_path: Path) -> None:
    unit = tmp_path / "x.service"
    unit.write_text("[Service]\nExecStart=/bin/true\nRestartsec=1\n")
    assert "'Restartsec'" in verified([str(unit)])


def test_the_exposure_of_a_service_is_less_than_that_of_a_bare_one(tmp_path: Path) -> None:
    app = make_app(WEB, root=str(tmp_path), directory=str(tmp_path))
    unit = next(path for path in written(systemd(app), tmp_path) if path.endswith("@.service"))
    done = output(engine("systemd-analyze"), "security", "--offline=true", "--no-pager", unit)
    score = re.search(r"exposure level[^:]*: ([0-9.]+)", done.stdout)
    assert score, done.stderr
    assert float(score[1]) < 8.0  # 9.6 without any of it


def test_an_instance_works_its_port_out_of_its_number() -> None:
    unit = text_of(systemd(make_app(WEB)), "shop-web@.service")
    line = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
    words = systemd_words(line.removeprefix("ExecStart="), command=True, specifiers={"i": "3"})
    assert words[:2] == ["/bin/sh", "-c"]
    assert words[3:] == ["3", "exec bundle exec ruby web.rb -p $PORT"]
    shown = output("/bin/sh", "-c", words[2], "3", 'echo "$PORT"')
    assert shown.stdout == "5002\n"


def test_a_line_smuggled_into_a_value_stays_in_the_value() -> None:
    app = make_app(WEB, environ={"A": "x\nExecStartPre=/bin/false\n[Service]"})
    for file in systemd(app).files:
        if not file.path.endswith(".env"):
            assert "ExecStartPre" not in file.text
            assert file.text.count("[Service]") <= 1


def test_services_wait_for_the_release_and_fail_with_it() -> None:
    export = systemd(make_app(WEB, RELEASE))
    assert "Requires=shop-release.service\nAfter=shop-release.service\n" in text_of(
        export, "shop-web@.service"
    )
    release = text_of(export, "shop-release.service")
    assert "Type=oneshot\nRemainAfterExit=yes\n" in release
    assert "Restart=" not in release


def test_a_type_that_needs_another_starts_after_all_of_its_instances() -> None:
    unit = text_of(systemd(make_app(WEB, FAST._replace(needs=("web",)))), "shop-fastworker@.service")
    assert "After=shop-web@1.service\nAfter=shop-web@2.service\n" in unit


def test_values_of_one_type_stand_in_a_file_of_its_own() -> None:
    export = systemd(make_app(process("x", environ={"PROC_TYPE": "web", "TOKEN": "a%b"})))
    assert text_of(export, "shop-web.env").endswith('TOKEN="a%b"\n')
    assert "a%b" not in text_of(export, "shop-web@.service")
    assert [file.mode for file in export.files if file.path.endswith(".env")] == [0o600, 0o600]


def test_restart_signal_and_grace_are_the_types_own() -> None:
    each = process("x", restart=Restart.ON_FAILURE, stop_signal=3, grace=7.5)
    unit = text_of(systemd(make_app(each)), "shop-web@.service")
    assert "Restart=on-failure\n" in unit
    assert "KillSignal=SIGQUIT\nTimeoutStopSec=7.5\n" in unit


def test_a_type_of_which_none_runs_has_its_template_ready() -> None:
    export = systemd(make_app(WEB, FAST._replace(instances=0)))
    assert "fastworker" not in text_of(export, "shop.target")
    assert text_of(export, "shop-fastworker@.service")


def test_a_folder_that_systemd_can_not_name_is_refused() -> None:
    with pytest.raises(ProcmanError, match="the folder can't be exported to systemd"):
        systemd(make_app(WEB, root="/srv/sh*p"))
