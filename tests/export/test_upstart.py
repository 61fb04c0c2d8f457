"""No Upstart is left to try: its scripts are tried with sh, as it would (-e)."""

from __future__ import annotations

from procman.export.upstart import upstart
from tests.export.apps import CLOCK, CRON, FAST, RELEASE, WEB, make_app, process, text_of
from tests.export.engines import output


def script(text: str, stanza: str = "script") -> str:
    """Give the lines between a stanza and `end script`, as init finds them: line by line."""
    lines = text.split("\n")
    start = lines.index(stanza) + 1
    return "\n".join(lines[start : start + [line.strip() for line in lines[start:]].index("end script")])


def test_there_is_a_file_for_the_app_each_type_and_each_instance() -> None:
    files = upstart(make_app(WEB, FAST, CLOCK)).files
    assert [file.path for file in files] == [
        *("shop.conf", "shop-web.conf", "shop-web-1.conf", "shop-web-2.conf", "shop-fastworker.conf"),
        *("shop-fastworker-1.conf", "shop-fastworker-2.conf", "shop-fastworker-3.conf"),
        *("shop-clock.conf", "shop-clock-1.conf"),
    ]


def test_every_script_is_one_that_sh_can_read() -> None:
    for file in upstart(make_app(log="/var/log/a b")).files:
        for stanza in ("script", "pre-start script"):
            if stanza in file.text.split("\n"):
                done = output("/bin/sh", "-n", "-c", script(file.text, stanza))
                assert done.returncode == 0, done.stderr


def test_nothing_in_a_value_or_a_command_ends_the_script() -> None:
    evil = "x\nend script\nexec /bin/false #"
    app = make_app(process("echo '\nend script\n'"), environ={"A": evil}, root="/", user="")
    text = text_of(upstart(app), "shop-web-1.conf")
    assert text.count("end script") == text.count("\\0012end script") + 1
    assert output("/bin/sh", "-e", "-c", script(text)).stdout == "\nend script\n\n"


def test_a_failing_release_fails_the_job_and_so_all_of_the_app() -> None:
    app = make_app(WEB, RELEASE._replace(command="echo released; exit 3"), root="/", user="")
    done = output("/bin/sh", "-e", "-c", script(text_of(upstart(app), "shop.conf"), "pre-start script"))
    assert (done.stdout, done.returncode) == ("released\n", 3)


def test_cron_lines_become_a_crontab_with_scripts() -> None:
    export = upstart(make_app(CRON))
    assert text_of(export, "shop.crontab").splitlines()[1:] == ["*/5 3 * * 0 root /etc/shop/shop-cron.sh"]
    assert "su -s /bin/sh shop -c 'rake cleanup > /dev/null'" in text_of(export, "shop-cron.sh")
    assert export.notices == (
        "upstart has no timetable, cron has: install -m 644 /etc/shop/shop.crontab /etc/cron.d/shop",
    )
