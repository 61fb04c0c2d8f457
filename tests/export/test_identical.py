"""One nasty command and one nasty value, the same everywhere: under procman, and under what it exports to.

supervisord and runit run them for real; what systemd, launchd, upstart, compose and Kubernetes are told is
read back as they would, and then run.
"""

from __future__ import annotations

import os
import plistlib
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.export import parsers
from tests.export.engines import engine, output
from tests.export.test_upstart import script
from tests.harness import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tests.project import Project

pytestmark = pytest.mark.engine

COMMAND = (
    r"""printf '%s\n' "pct=% %h %%n dollar=$A ${A} \$HOME semi=;x ;c hash=#y #z q='c d' bs=\\ \n """
    r"""sub=$(echo hi) tick=`echo t` é" '$A "x" $$ $(PORT) ; # \' "$NASTY" "$PROC_TYPE" "$PORT" > seen.new """
    r"""&& mv seen.new seen; exec sleep 600"""
)
VALUE = (
    " x \"y\" 'z' $HOME $A $$ $(PORT) %h %% `id` \\ \\n ;c #d = é\t\n"
    "ExecStartPre=/bin/false\nend script\n[Service] \\"
)


class Site(NamedTuple):
    project: Project
    folder: Path

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def seen(self) -> bytes:
        """Wait for what the command has seen; the next one starts afresh."""
        path = self.project.root / "seen"
        eventually(path.exists, 20.0)
        found = path.read_bytes()
        path.unlink()
        return found


def export(project: Project, form: str) -> Site:
    folder = project.root / form
    where = ("-p", str(project.port), "-l", str(project.root))
    done = project.run("export", form, str(folder), "-a", "shop", "-u", "", *where)
    assert done.returncode == 0, done.stderr
    return Site(project, folder)


def under_procman(project: Project) -> bytes:
    quoted = VALUE.replace("\\", "\\\\").replace("'", "\\'")
    project.procfile(f"web: {COMMAND}\n")
    project.env(f"A=a b\nNASTY='{quoted}'\n")
    procman = project.start()
    found = Site(project, project.root).seen()
    procman.stop()
    assert VALUE.encode() in found
    return found


def run(site: Site, argv: Sequence[str], environ: Mapping[str, str]) -> bytes:
    """Run what an engine would run, with no more environment than it would give."""
    base = {"PATH": os.environ["PATH"], "TEST_MARK": site.project.mark}
    process = subprocess.Popen(argv, cwd=site.project.root, env={**base, **environ})
    try:
        return site.seen()
    finally:
        process.kill()
        process.wait()


def systemd(site: Site) -> bytes:
    unit = site.read("shop-web@.service")
    lines = dict(line.partition("=")[::2] for line in unit.splitlines() if "=" in line)
    instance = {"i": "1"}
    environ = dict(
        word.partition("=")[::2] for word in parsers.systemd_words(lines["Environment"], specifiers=instance)
    )
    environ |= parsers.environment_file(site.read("shop.env"))
    return run(site, parsers.systemd_words(lines["ExecStart"], command=True, specifiers=instance), environ)


def launchd(site: Site) -> bytes:
    job = plistlib.loads(site.read("shop-web-1.plist").encode())
    return run(site, job["ProgramArguments"], job["EnvironmentVariables"])


def upstart(site: Site) -> bytes:
    return run(site, ["/bin/sh", "-e", "-c", script(site.read("shop-web-1.conf"))], {})


def runit_script(site: Site) -> bytes:
    engine("chpst")
    return run(site, [str(site.folder / "shop-web-1" / "run")], {})


def compose(site: Site) -> bytes:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    service = yaml.safe_load(site.read("compose.yaml"))["services"]["web"]
    environ = {key: value.replace("$$", "$") for key, value in service["environment"].items()}
    return run(site, [word.replace("$$", "$") for word in service["entrypoint"]], environ)


def docker_compose(site: Site) -> bytes:
    """Let docker-compose read the file, and take its answer, in which every $ is doubled again."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    text = site.read("compose.yaml").replace("name: shop\n", "", 1)
    (site.folder / "nameless.yaml").write_text(text)
    done = output(engine("docker-compose"), "--file", str(site.folder / "nameless.yaml"), "config")
    assert done.returncode == 0, done.stderr
    (site.folder / "compose.yaml").write_text(done.stdout)
    assert yaml.safe_load(done.stdout)
    return compose(site)


def kubernetes(site: Site) -> bytes:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    environ: dict[str, str] = {}
    for document in yaml.safe_load_all(site.read("00-config.yaml")):
        environ |= document.get("data", {}) | document.get("stringData", {})
    web = next(yaml.safe_load_all(site.read("20-app.yaml")))["spec"]["template"]["spec"]["containers"][0]
    for variable in web["env"]:
        environ[variable["name"]] = parsers.kubernetes_expanded(variable.get("value", ""), environ)
    return run(site, [parsers.kubernetes_expanded(word, environ) for word in web["command"]], environ)


@pytest.mark.parametrize(
    ("form", "reader"),
    [
        ("systemd", systemd),
        ("launchd", launchd),
        ("upstart", upstart),
        ("runit", runit_script),
        ("compose", compose),
        ("compose", docker_compose),
        ("kubernetes", kubernetes),
    ],
)
def test_what_was_exported_runs_as_procman_runs_it(
    project: Project, form: str, reader: Callable[[Site], bytes]
) -> None:
    expected = under_procman(project)
    assert reader(export(project, form)) == expected


def test_supervisord_runs_it_as_procman_does_and_brings_it_back(project: Project) -> None:
    expected = under_procman(project)
    site = export(project, "supervisord")
    control = [engine("supervisorctl"), "-s", f"unix://{project.root}/s.sock"]
    conf = project.write(
        "main.conf",
        "[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=s.pid\n"
        "[unix_http_server]\nfile=s.sock\n"
        "[rpcinterface:supervisor]\n"
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
        f"[include]\nfiles={site.folder}/shop.conf\n",
    )
    manager = project.launch(engine("supervisord"), "-c", str(conf))
    assert site.seen() == expected

    def pid() -> int:
        shown = output(*control, "pid", "shop:shop-web-1").stdout.strip()
        return int(shown) if shown.isdecimal() else 0

    first = eventually(pid)
    os.kill(first, 9)
    assert site.seen() == expected
    assert eventually(pid) != first
    assert "shop-web-1: stopped" in output(*control, "stop", "shop:*").stdout
    manager.stop()


def test_runit_runs_it_as_procman_does_and_brings_it_back(project: Project) -> None:
    expected = under_procman(project)
    site = export(project, "runit")
    runsvdir, control = engine("runsvdir"), engine("sv")
    manager = project.launch(runsvdir, str(site.folder))
    service = site.folder / "shop-web-1"
    assert site.seen() == expected
    pid = service / "supervise" / "pid"
    first = int(pid.read_text())
    os.kill(first, 9)
    assert site.seen() == expected
    eventually(lambda: pid.read_text().strip() not in {"", str(first)})
    # The whole group is told: what a shell started besides goes, too.
    assert "ok: down" in output(control, "-w", "10", "down", str(service)).stdout
    assert (project.root / "web-1" / "current").exists()
    with suppress(ProcessLookupError):
        os.kill(manager.pid, 1)  # HUP: runsvdir ends what it supervises
    manager.wait()
