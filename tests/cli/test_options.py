from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from procman.cli.configured import ConfiguredCommand, option_keys
from procman.cli.main import COMMANDS, cli
from procman.cli.project import load_project
from procman.cli.start import plan_start, start
from procman.config.comments import read_comments
from procman.config.inheritance import resolve
from procman.config.option_keys import CHOICES, OPPOSITES, OPTIONS, Form
from procman.config.options import read_options
from procman.config.procfile import Entry, parse_procfile
from procman.config.settings import Restart
from procman.config.sourcefile import SourceFile
from procman.config.type_settings import KEYS
from procman.errors import ProcmanError
from tests.config.test_inheritance import INHERITED, SPELLED_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.config.plan import Plan
    from tests.project import Project


def long_options() -> Iterator[tuple[str, click.Option]]:
    """Give every long option of every command that has its options from files, too, by its key."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if isinstance(command, ConfiguredCommand):
            for option in command.params:
                if isinstance(option, click.Option):
                    yield from ((key, option) for key in option_keys(option))


def form_of(option: click.Option) -> Form:
    if option.is_flag:
        return Form.FLAG
    if option.multiple:
        return Form.TEXTS
    if isinstance(option.type, click.types.IntParamType):
        return Form.WHOLE
    return Form.NUMBER if isinstance(option.type, click.types.FloatParamType) else Form.TEXT


def test_every_long_option_has_a_key_of_its_form_and_a_variable() -> None:
    found = {key: form_of(option) for key, option in long_options()}
    known = {key: Form.TEXT if form is Form.PORT else form for key, form in OPTIONS.items()}
    assert found == {key: form for key, form in known.items() if key not in OPPOSITES}
    assert all(f"PROCMAN_{key.upper()}" in (option.envvar or ()) for key, option in long_options())
    negative = {name.removeprefix("--no-") for _, option in long_options() for name in option.secondary_opts}
    assert negative == set(OPPOSITES.values())


def test_the_choices_of_a_key_are_those_of_the_option() -> None:
    found = {
        key: option.type.choices
        for key, option in long_options()
        if isinstance(option.type, click.Choice) and set(option.type.choices) != {"text", "json", "github"}
    }
    assert {key: set(each) for key, each in found.items()} == {k: set(v) for k, v in CHOICES.items()}


def planned(root: Path, procfile: str, toml: str, *args: str) -> Plan:
    """Plan `procman start ARGS` in this process."""
    (root / "Procfile").write_text(procfile, "utf-8")
    (root / "procman.toml").write_text(toml, "utf-8")
    context = start.make_context("start", ["-d", str(root), *args])
    options: dict[str, Any] = context.params
    names = options.pop("names")
    project = load_project(None, options["root"], (), override=False, options=options["configured"].options)
    assert not any(problem.fatal for problem in project.procfile.diagnostics)
    return plan_start(project, names, **options)


def names(plan: Plan) -> list[str]:
    return [instance.name for instance in plan.instances]


def test_the_command_line_beats_the_environment_that_the_file_that_the_default(project: Project) -> None:
    project.procfile("web: x\n")

    def port(*args: str, env: dict[str, str] | None = None) -> str:
        rows = json.loads(project.run("env", "web", "--json", *args, env=env).stdout)
        return str(next(row["value"] for row in rows if row["key"] == "PORT"))

    assert port() == "5000"
    project.write("procman.toml", "port = 3000\n")
    assert port() == "3000"
    assert port(env={"PROCMAN_PORT": "4000"}) == "4000"
    assert port("-p", "6000", env={"PROCMAN_PORT": "4000"}) == "6000"


def test_what_is_typed_makes_void_what_the_file_says_against_it(tmp_path: Path) -> None:
    toml = "no_port = true\nexcept = ['worker']\n"
    lines = "web: x\nworker: y\n"
    assert names(planned(tmp_path, lines, toml)) == ["web.1"]
    assert planned(tmp_path, lines, toml).instances[0].port is None
    assert planned(tmp_path, lines, toml, "-p", "3000").instances[0].port == 3000
    assert names(planned(tmp_path, lines, toml, "worker")) == ["worker.1"]


def test_the_formation_beats_the_count_and_a_name_brings_up_what_has_none(tmp_path: Path) -> None:
    lines, toml = "web: x\nworker: y\n", "[process.worker]\ncount = 0\n[process.web]\ncount = 2\n"
    assert names(planned(tmp_path, lines, toml)) == ["web.1", "web.2"]
    assert names(planned(tmp_path, lines, toml, "worker")) == ["worker.1"]
    assert names(planned(tmp_path, lines, toml, "-c", "web=1,worker=1")) == ["web.1", "worker.1"]
    assert names(planned(tmp_path, lines, "formation = 'web=3'\n" + toml)) == ["web.1", "web.2", "web.3"]


def test_a_singleton_is_not_multiplied(tmp_path: Path) -> None:
    lines, toml = "web: x\nclock: y\n", "[process.clock]\nsingleton = true\n"
    assert planned(tmp_path, lines, toml).instances[1].singleton
    with pytest.raises(ProcmanError, match="clock is a singleton and can't run 2 times") as caught:
        planned(tmp_path, lines, toml, "-c", "all=2")
    assert caught.value.exit_code == 1


def test_a_typed_timeout_beats_the_types_and_theirs_the_file_s(tmp_path: Path) -> None:
    lines, toml = "web: x\nworker: y\n", "timeout = 7\n[process.worker]\nstop_timeout = 9\n"
    assert [i.grace for i in planned(tmp_path, lines, toml).instances] == [7, 9]
    assert [i.grace for i in planned(tmp_path, lines, toml, "-t", "1").instances] == [1, 1]
    assert [i.grace for i in planned(tmp_path, lines, "").instances] == [5, 5]


def test_keep_is_always_for_all(tmp_path: Path) -> None:
    lines, toml = "web: x\nworker: y\n", "[process.worker]\nrestart = 'on-failure'\n"
    assert [i.restart for i in planned(tmp_path, lines, toml).instances] == [
        Restart.NEVER,
        Restart.ON_FAILURE,
    ]
    kept = planned(tmp_path, lines, toml, "--keep")
    assert {i.restart for i in kept.instances} == {Restart.ALWAYS}


def test_what_is_said_of_a_type_reaches_its_instances(tmp_path: Path) -> None:
    comment = "# procman: stop_signal=INT cwd=. ready=log:up ready_timeout=3 watch=a,b size=1M needs=db"
    web, db = planned(tmp_path, f"{comment} mounts=data\nweb: x\ndb: y\n", "").instances
    assert (web.stop_signal, web.cwd, web.watch) == (2, ".", ("a", "b"))
    assert (web.ready and (web.ready.target, web.ready.within), web.size and web.size.limit) == (
        ("up", 3),
        1024**2,
    )
    assert [need.name for need in web.needs] == ["db.1"]
    assert web.environ["MOUNT_DATA"] == web.mounts["data"] == f"{tmp_path}/.procman/mounts/web/data"
    assert (db.ready, db.mounts) == (None, {})


def test_what_can_not_be_as_it_was_told_is_said(tmp_path: Path) -> None:
    toml = "[process.web]\nneeds = ['db']\nready = 'port'\n"
    plan = planned(tmp_path, "web: x\ndb: y\n", toml, "web", "--no-port")
    assert plan.notices == (
        "web needs db, which is not started here and taken to be ready",
        "web has no PORT, so `ready = port` is not looked at",
    )


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("PROCMAN_PORT_STEP", "x", "invalid value for PROCMAN_PORT_STEP: 'x' is not a valid integer"),
        ("PROCMAN_STOP_ON", "x", "invalid value for PROCMAN_STOP_ON"),
        ("PROCMAN_KEEP", "perhaps", "invalid value for PROCMAN_KEEP"),
    ],
)
def test_a_wrong_variable_is_named(project: Project, variable: str, value: str, message: str) -> None:
    project.procfile("web: x\n")
    done = project.run("start", env={variable: value})
    assert done.returncode == 2
    assert message in done.stderr


def test_a_value_out_of_range_is_told_with_its_line(project: Project) -> None:
    project.procfile("web: x\n")
    project.write("procman.toml", "\nport_step = 0\n")
    done = project.run("start")
    assert (done.returncode, done.stderr.split("\n")[0]) == (
        1,
        "procman: procman.toml:2: port_step: 0 is not in the range x>=1",
    )


def test_lists_in_variables_are_comma_separated_and_flags_can_be_denied(project: Project) -> None:
    project.procfile("web: echo web\nworker: echo worker\nthird: test -t 1 || echo pipe\n")
    env = {"PROCMAN_EXCEPT": "web, worker", "PROCMAN_NO_PTY": "1", "PROCMAN_TIMESTAMP": "none"}
    done = project.run("start", env=env)
    assert done.stdout.split("\n")[1] == "third.1 | pipe"
    assert "worker" not in done.stdout


def test_no_procfile_is_needed_where_the_options_have_a_command(project: Project) -> None:
    project.write("pyproject.toml", '[tool.procman.process.web]\ncommand = """\necho $PS\necho two\n"""\n')
    done = project.run("start")
    assert (done.returncode, done.stderr) == (0, "")
    assert "web.1  | web.1\n" in done.stdout
    assert "web.1  | two\n" in done.stdout
    assert project.run("check").stdout == "valid procfile detected (web)\n"
    assert project.run("run", "web").stdout == "web.1\ntwo\n"


def test_an_unknown_key_is_a_warning_at_start_and_an_error_to_check(project: Project) -> None:
    project.procfile("web: echo up\n")
    project.write("procman.toml", "poort = 1\n")
    started, checked = project.run("start"), project.run("check")
    assert started.returncode == 0
    assert "procman.toml:1:1: warning: no option or setting is called poort" in started.stderr
    assert checked.returncode == 1
    assert "procman.toml:1:1: error:" in checked.stderr
    assert "did you mean port?" in checked.stderr


@pytest.mark.parametrize(
    ("toml", "place"),
    [
        ("port = []", "procman.toml:1:1: error: port is a list"),
        ("[process.web]\nsize = 'big'", "procman.toml:2:1: error: size is 'big'"),
        ("[process.web]\nneeds = ['web']", "procman.toml:2:1: error: needs go round in a circle: web -> web"),
        ("port = = 1", "procman.toml:1:8: error: not toml: "),
    ],
)
def test_what_is_wrong_in_the_options_starts_nothing(project: Project, toml: str, place: str) -> None:
    project.procfile("web: echo up\n")
    project.write("procman.toml", toml)
    started, checked = project.run("start"), project.run("check")
    assert (started.returncode, started.stdout) == (1, "")
    assert place in started.stderr
    assert checked.returncode == 1
    assert place in checked.stderr


def test_a_folder_to_run_in_that_is_not_there_is_told_before_anything_starts(project: Project) -> None:
    project.procfile("# procman: cwd=nowhere\nweb: echo up\nworker: echo up\n")
    started, checked = project.run("start"), project.run("check")
    assert (started.returncode, started.stdout) == (1, "")
    assert "Procfile:1: cwd of web: no such folder: nowhere" in started.stderr
    assert "Procfile:1:12: error: no such folder: nowhere" in checked.stderr
    assert project.run("start", "worker").returncode == 0


def test_both_forms_resolve_to_the_same(project: Project) -> None:
    project.write("procman.toml", INHERITED)
    inherited = project.run("check", "--resolved", "--json")
    project.write("procman.toml", SPELLED_OUT)
    spelled_out = project.run("check", "--resolved", "--json")
    assert inherited.stdout == spelled_out.stdout
    web, queue, mail = json.loads(inherited.stdout)["types"]
    assert web["mounts"] == {"uploads": "uploads"}
    assert web["ready"] == {"when": "port", "target": "", "within": 30.0, "required": False}
    assert (queue["env"], queue["command"]) == ({"TYPE": "worker"}, "python queue-worker.py")
    assert mail == {
        "name": "mail",
        "kind": "process",
        "command": "python mail-worker.py",
        "count": 1,
        "singleton": False,
        "env": {"TYPE": "none"},
        "cwd": None,
        "restart": "always",
        "stop_signal": "TERM",
        "stop_timeout": 5.0,
        "needs": [],
        "ready": None,
        "watch": [],
        "size": {"limit": 268435456, "restart_over": False},
        "mounts": {},
        "relationships": {"EMAILS_URL": "RABBIT_URL"},
    }


def test_resolved_shows_what_is_not_the_default_and_masks_secrets(project: Project) -> None:
    project.procfile(
        "# procman: stop_signal=INT stop_timeout=2 needs=db size=1.5G restart_over=yes\n"
        "# procman: ready=http:/up env=API_KEY=s3cret,MODE=x relationships= singleton=yes count=0\n"
        "web: sleep 1\ndb: sleep 1\n"
    )
    assert project.run("check", "--resolved").stdout == (
        "web\n"
        "  command        sleep 1\n"
        "  count          0\n"
        "  singleton      yes\n"
        "  env            API_KEY=********, MODE=x\n"
        "  stop_signal    INT\n"
        "  stop_timeout   2 s\n"
        "  needs          db\n"
        "  ready          http:/up, within 30 s\n"
        "  size           1536 MiB, restarted beyond\n"
        "  relationships  none\n"
        "\n"
        "db\n"
        "  command        sleep 1\n"
    )


def test_a_mount_is_there_before_its_type_and_nobody_else_s(project: Project) -> None:
    project.procfile("# procman: mounts=up=a/b\nweb: echo $MOUNT_UP; touch $MOUNT_UP/x\n")
    done = project.run("run", "web")
    folder = project.root / ".procman" / "mounts" / "web" / "a" / "b"
    assert done.stdout == f"{folder}\n"
    assert (folder / "x").exists()
    modes = {path.stat().st_mode & 0o777 for path in (folder, *folder.parents[:4])}
    assert modes == {0o700}
    assert (project.root / ".procman" / ".gitignore").read_text() == "*\n"
    assert project.run("start").returncode == 0


def test_a_mount_of_a_type_that_only_comes_up_later_is_there_too(project: Project) -> None:
    project.procfile("web: echo up\n# procman: mounts=up count=0\nworker: x\n")
    assert project.run("start").returncode == 0
    assert (project.root / ".procman" / "mounts" / "worker" / "up").is_dir()


def test_a_mount_that_can_not_be_is_told(project: Project) -> None:
    project.procfile("# procman: mounts=up\nweb: echo up\n")
    project.write(".procman", "")
    done = project.run("start")
    assert (done.returncode, done.stdout) == (1, "")
    assert "a folder for mounts can't be created: " in done.stderr


def test_a_type_sees_its_relationships_only(project: Project) -> None:
    project.env("DATABASE_URL=pg\nRABBIT_URL=amqp\n")
    project.procfile(
        "# procman: relationships=EMAILS_URL=RABBIT_URL env=TYPE=mail cwd=sub\nmail: env; pwd\nweb: env\n"
    )
    project.write("procman.toml", "env = {TYPE = 'none'}\n[process.web]\nrelationships = ['DATABASE_URL']\n")
    (project.root / "sub").mkdir()
    mail, web = project.run("run", "mail").stdout, project.run("run", "web").stdout
    assert "EMAILS_URL=amqp\n" in mail
    assert "TYPE=mail\n" in mail
    assert f"{project.root}/sub\n" in mail
    assert "DATABASE_URL" not in mail
    assert "RABBIT_URL" not in mail
    assert "DATABASE_URL=pg\n" in web
    assert "RABBIT_URL" not in web
    assert "TYPE=none\n" in web
    explained = project.run("env", "mail", "--explain").stdout.split("\n")
    assert "EMAILS_URL=amqp  # .env:2 as RABBIT_URL" in explained
    assert "TYPE=mail  # Procfile:1" in explained
    assert not any(line.startswith(("DATABASE_URL", "RABBIT_URL")) for line in explained)


def test_a_one_off_command_gets_what_the_top_gives_to_all(project: Project) -> None:
    project.write("procman.toml", "env = {MODE = 'dev'}\n")
    assert "MODE=dev\n" in project.run("run", "env").stdout
    assert "MODE=dev  # procman.toml:1" in project.run("env", "--explain").stdout.split("\n")


def test_the_options_are_found_beside_the_procfile(project: Project) -> None:
    (project.root / "sub").mkdir()
    project.write("sub/Procfile.dev", "web: x\n")
    project.write("sub/procman.toml", "procfile = 'Procfile.dev'\nport = 3000\n")
    for args, env in (
        (("-d", "sub"), {}),
        (("-f", "sub/Procfile.dev"), {}),
        ((), {"PROCMAN_ROOT": "sub"}),
        ((), {"PROCFILE": "sub/Procfile.dev"}),
    ):
        done = project.run("env", "web", *args, env=env)
        assert "PORT=3000\n" in done.stdout, (args, done.stderr)


def test_every_key_is_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "options.md").read_text("utf-8")
    tables = "\n".join(line.split("|")[1] for line in text.split("\n") if line.startswith("|"))
    documented = set(re.findall(r"`(\w+)`", tables))
    assert {*OPTIONS, *KEYS} <= documented


def test_the_examples_of_the_documentation_are_right(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "options.md").read_text("utf-8")
    examples = re.findall(r"^```toml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    found = []
    for example in examples:
        (tmp_path / "procman.toml").write_text(example, "utf-8")
        options = read_options(str(tmp_path))
        resolved = resolve([Entry("web", "x", 1, 1)], options, {})
        assert (options.diagnostics, resolved.diagnostics) == ((), ())
        found.append(resolved.settings)
    _, inherited, spelled_out = found
    assert [inherited[name] for name in ("queue", "mail")] == [
        spelled_out[name] for name in ("queue", "mail")
    ]
    source = SourceFile(
        "Procfile", re.findall(r"^```\n(# procman.*?)^```$", text, re.DOTALL | re.MULTILINE)[0].encode()
    )
    comments = read_comments(source, parse_procfile(source))
    assert comments.diagnostics == ()
    assert set(comments.types) == {"web", "db"}
