from __future__ import annotations

import plistlib
from typing import TYPE_CHECKING

import pytest

from procman.config.plan import Restart
from procman.errors import ProcmanError
from procman.export.launchd import launchd
from tests.export.apps import CRON, RELEASE, VALUES, WEB, make_app, process, text_of
from tests.export.engines import engine, output

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.engine


def test_a_job_reads_back_as_what_was_meant() -> None:
    job = plistlib.loads(text_of(launchd(make_app(WEB)), "shop-web-2.plist").encode())
    assert job["Label"] == "shop-web-2"
    assert job["ProgramArguments"] == ["/bin/sh", "-c", "exec bundle exec ruby web.rb -p $PORT"]
    assert job["EnvironmentVariables"] == {**VALUES, "PS": "web.2", "PROC_TYPE": "web", "PORT": "5001"}
    assert (job["KeepAlive"], job["RunAtLoad"], job["ExitTimeOut"], job["UserName"]) == (
        True,
        True,
        5,
        "shop",
    )


def test_another_reader_of_property_lists_takes_it(tmp_path: Path) -> None:
    plist = tmp_path / "x.plist"
    plist.write_text(text_of(launchd(make_app(WEB)), "shop-web-1.plist"), encoding="utf-8")
    done = output(engine("plistutil"), "-i", str(plist), "-o", str(tmp_path / "x.bin"), "-f", "bin")
    assert done.returncode == 0, done.stderr
    assert plistlib.loads((tmp_path / "x.bin").read_bytes())["Label"] == "shop-web-1"


def test_a_cron_line_has_times_and_is_not_kept_alive() -> None:
    job = plistlib.loads(text_of(launchd(make_app(CRON)), "shop-cron.plist").encode())
    assert job["StartCalendarInterval"][1] == {"Minute": 5, "Hour": 3, "Weekday": 0}
    assert "KeepAlive" not in job
    assert "RunAtLoad" not in job


def test_a_release_is_a_script_for_the_user_to_run() -> None:
    export = launchd(make_app(WEB, RELEASE))
    assert "su -s /bin/sh shop -c 'exec rake db:migrate'" in text_of(export, "shop-release.sh")
    assert export.notices == ("launchd knows no release: run /etc/shop/shop-release.sh before it starts",)


def test_one_that_ended_well_stays_down_when_it_is_to_come_back_after_failures_only() -> None:
    export = launchd(make_app(process("x", restart=Restart.ON_FAILURE, stop_signal=3)))
    job = plistlib.loads(text_of(export, "shop-web-1.plist").encode())
    assert job["KeepAlive"] == {"SuccessfulExit": False}
    assert export.notices == ("launchd stops web with SIGTERM, whatever its stop_signal",)


def test_what_xml_can_not_hold_is_refused_with_the_variables_name() -> None:
    with pytest.raises(ProcmanError, match=r"KEY can't be exported to launchd: .* '\\r'"):
        launchd(make_app(WEB, environ={"KEY": "a\rb"}))
