from __future__ import annotations

import signal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.config.environment import Environment
from procman.config.kinds import Kind, Meaning
from procman.config.plan import Instance, Need, Plan, Restart, make_plan, type_instance
from procman.config.procfile import Entry
from procman.config.settings import Ready, ReadyWhen, TypeSettings
from procman.errors import ProcmanError

ENVIRONMENT = Environment({"A": "1"}, {"A": "environment"}, ())


def entries(*names: str) -> tuple[Entry, ...]:
    return tuple(Entry(name, f"run-{name}", line, 1) for line, name in enumerate(names, start=1))


def plan(*names: str, **options: Any) -> Plan:
    options.setdefault("base_port", 5000)
    return make_plan(entries(*names), ENVIRONMENT, options.pop("counts", {}), root="/app", **options)


def names(planned: Plan) -> list[str]:
    return [instance.name for instance in planned.instances]


def test_an_instance_has_command_port_and_names() -> None:
    planned = plan("web", "worker", counts={"worker": 2})
    assert planned.instances[2] == Instance(
        name="worker.2",
        process_type="worker",
        number=2,
        command="run-worker",
        environ={"PORT": "5101", "PS": "worker.2", "PROC_TYPE": "worker"},
        port=5101,
        kind=Kind.PROCESS,
    )
    assert (planned.root, planned.environ, planned.left_out) == ("/app", {"A": "1"}, ())
    assert planned.instances[2].stop_signal == signal.SIGTERM


def test_grace_and_restart_reach_every_instance() -> None:
    planned = plan("web", "worker", grace=0.5, restart=Restart.ALWAYS)
    assert {(i.grace, i.restart) for i in planned.instances} == {(0.5, Restart.ALWAYS)}


def test_ports_count_the_types_of_the_file_also_those_that_do_not_run() -> None:
    planned = plan("release", "web", "clock", "worker", counts={"clock": 0}, selected=["clock", "worker"])
    assert [(i.name, i.port) for i in planned.instances] == [("worker.1", 5300)]


def test_without_a_base_there_is_no_port() -> None:
    (instance,) = plan("web", base_port=None).instances
    assert instance.port is None
    assert instance.environ == {"PS": "web.1", "PROC_TYPE": "web"}


def test_the_step_is_the_distance_between_types() -> None:
    assert [i.port for i in plan("web", "worker", port_step=10).instances] == [5000, 5010]


def test_ports_that_collide_are_refused_before_anything_starts() -> None:
    with pytest.raises(ProcmanError, match=r"web\.3 and worker\.1 would both get port 5002"):
        plan("web", "worker", counts={"web": 3}, port_step=2)
    assert len(plan("web", "worker", counts={"web": 3}, port_step=2, base_port=None).instances) == 4


def test_ports_beyond_the_last_are_refused() -> None:
    with pytest.raises(ProcmanError, match=r"worker\.1 would get port 65600"):
        plan("web", "worker", base_port=65500)


def test_a_bare_start_leaves_the_phases_out_and_says_which() -> None:
    planned = plan("release", "web", "preflight")
    assert names(planned) == ["web.1"]
    assert planned.left_out == ("preflight", "release")
    assert planned.instances[0].needs == ()


@pytest.mark.parametrize("option", [{"selected": ["web"]}, {"excluded": ["release"]}])
def test_a_phase_that_nobody_asked_for_is_not_reported_as_left_out(option: dict[str, list[str]]) -> None:
    planned = plan("release", "web", **option)
    assert (names(planned), planned.left_out) == (["web.1"], ())


def test_a_phase_that_was_named_or_counted_is_an_ordinary_process() -> None:
    selected = plan("release", "web", selected=["release"], named=frozenset({"release"}))
    counted = plan("release", "web", counts={"release": 2}, named=frozenset({"release"}))
    assert names(selected) == ["release.1"]
    assert names(counted) == ["release.1", "release.2", "web.1"]
    assert {i.kind for i in (*selected.instances, *counted.instances)} == {Kind.PROCESS}
    assert selected.left_out == counted.left_out == ()


def test_phases_run_to_completion_one_after_the_other_before_all_else() -> None:
    planned = plan("web", "release", "preflight", "worker", run_phases=True, restart=Restart.ALWAYS)
    assert [(i.name, i.kind, i.needs, i.restart) for i in planned.instances] == [
        ("preflight.1", Kind.PREFLIGHT, (), Restart.NEVER),
        ("release.1", Kind.RELEASE, (Need("preflight.1", completed=True),), Restart.NEVER),
        ("web.1", Kind.PROCESS, (Need("release.1", completed=True),), Restart.ALWAYS),
        ("worker.1", Kind.PROCESS, (Need("release.1", completed=True),), Restart.ALWAYS),
    ]
    assert planned.instances[0].port == 5200


def test_without_a_release_the_others_wait_for_the_preflight() -> None:
    planned = plan("web", "preflight", run_phases=True)
    assert planned.instances[1].needs == (Need("preflight.1", completed=True),)


def test_phases_come_first_also_for_a_selection_and_once_whatever_the_count() -> None:
    planned = plan(
        "web", "worker", "release", run_phases=True, selected=["web"], counts={"web": 1, "release": 3}
    )
    assert names(planned) == ["release.1", "web.1"]


@pytest.mark.parametrize("option", [{"counts": {"release": 0}}, {"excluded": ["release"]}])
def test_a_phase_that_was_taken_out_does_not_run(option: dict[str, Any]) -> None:
    planned = plan("web", "release", run_phases=True, **option)
    assert (names(planned), planned.instances[0].needs) == (["web.1"], ())


@pytest.mark.parametrize(
    ("types", "options", "message"),
    [
        ((), {}, "no entry"),
        (("web",), {"counts": {"web": 0}}, "0 instances"),
        (("web",), {"excluded": ["web"]}, "left out"),
        (("release",), {}, "release only runs when it is asked for"),
    ],
)
def test_nothing_to_start_is_an_error(types: tuple[str, ...], options: dict[str, Any], message: str) -> None:
    with pytest.raises(ProcmanError, match=message) as caught:
        plan(*types, **options)
    assert caught.value.exit_code == 1
    assert caught.value.message.startswith("nothing to start: ")


MEANINGS = {
    "cron": Meaning(Kind.CRON, "job", "0 0 * * *"),
    "wsgi": Meaning(Kind.WSGI, "serve-app"),
    "release": Meaning(Kind.RELEASE, "run-release"),
}


def test_an_instance_does_what_its_line_means() -> None:
    planned = plan("web", "cron", "wsgi", meanings=MEANINGS, restart=Restart.ALWAYS)
    assert [(i.kind, i.command, i.schedule, i.restart) for i in planned.instances] == [
        (Kind.PROCESS, "run-web", None, Restart.ALWAYS),
        (Kind.CRON, "job", "0 0 * * *", Restart.NEVER),
        (Kind.WSGI, "serve-app", None, Restart.ALWAYS),
    ]


def test_a_cron_line_has_one_instance_whatever_all_have_and_more_are_refused() -> None:
    counts = {"web": 2, "cron": 2}
    assert names(plan("web", "cron", counts=counts, meanings=MEANINGS)) == ["web.1", "web.2", "cron.1"]
    with pytest.raises(ProcmanError, match="cron is a cron line and can't run 2 times at once"):
        plan("web", "cron", counts=counts, named=frozenset({"cron"}), meanings=MEANINGS)
    assert names(plan("web", "cron", counts={"cron": 0}, meanings=MEANINGS)) == ["web.1"]


def test_a_phase_stays_one_and_is_an_ordinary_process_when_it_was_named() -> None:
    first = plan("release", "web", run_phases=True, meanings=MEANINGS).instances[0]
    named = plan("release", selected=["release"], named=frozenset({"release"}), meanings=MEANINGS)
    assert (first.kind, named.instances[0].kind) == (Kind.RELEASE, Kind.PROCESS)


def test_run_does_what_a_line_means_too() -> None:
    found = type_instance(
        entries("cron"), "cron", ENVIRONMENT, root="/app", base_port=None, meanings=MEANINGS
    )
    assert found is not None
    assert (found.command, found.kind) == ("job", Kind.CRON)


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(ProcmanError, match="no process type 'wbe'"):
        plan("web", selected=["wbe"])


def test_what_settings_say_beats_the_default_and_a_start_beats_them() -> None:
    said = {"web": TypeSettings(stop_signal=2, stop_timeout=9.0, restart=Restart.ON_FAILURE, cwd="sub")}
    web, worker = plan("web", "worker", settings=said).instances
    assert (web.stop_signal, web.grace, web.restart, web.cwd) == (2, 9.0, Restart.ON_FAILURE, "sub")
    assert (worker.stop_signal, worker.grace, worker.restart, worker.cwd) == (15, 5.0, Restart.NEVER, None)
    (web, _) = plan("web", "worker", settings=said, grace=1.0, restart=Restart.ALWAYS).instances
    assert (web.grace, web.restart) == (1.0, Restart.ALWAYS)


def test_the_layers_of_a_child_s_environment() -> None:
    said = {"web": TypeSettings(env={"A": "2", "PORT": "9", "PS": "x", "TYPE": "web"}, mounts={"m": "f"})}
    web, worker = plan("web", "worker", settings=said).instances
    assert web.environ == {
        "A": "2",
        "TYPE": "web",
        "MOUNT_M": "/app/.procman/mounts/web/f",
        "PORT": "5000",
        "PS": "web.1",
        "PROC_TYPE": "web",
    }
    assert "A" not in worker.environ


def test_a_variable_that_types_share_out_is_not_everybody_s() -> None:
    said = {"web": TypeSettings(relationships={"B": "A"}), "clock": TypeSettings(relationships={})}
    planned = plan("web", "worker", "clock", settings=said, base_port=None)
    assert planned.environ == {}
    assert [{key for key in i.environ if len(key) == 1} for i in planned.instances] == [{"B"}, {"A"}, set()]


def test_a_web_process_is_looked_at_on_its_port_unless_it_has_none() -> None:
    def ready(**options: Any) -> list[Ready | None]:
        return [instance.ready for instance in plan("web", "worker", **options).instances]

    by_port = Ready(ReadyWhen.PORT)
    assert ready() == [by_port._replace(required=False), None]
    assert ready(base_port=None) == [None, None]
    said = {"web": TypeSettings(ready=by_port), "worker": TypeSettings(ready=Ready(ReadyWhen.LOG, "up"))}
    assert ready(settings=said) == [by_port, Ready(ReadyWhen.LOG, "up")]
    unseen = plan("web", "worker", settings=said, base_port=None)
    assert [instance.ready for instance in unseen.instances] == [None, Ready(ReadyWhen.LOG, "up")]
    assert unseen.notices == ("web has no PORT, so `ready = port` is not looked at",)


def test_an_empty_ready_switches_the_look_at_the_port_off_and_is_no_lack_of_a_port() -> None:
    said = {"web": TypeSettings(ready=Ready(ReadyWhen.RUNS))}
    planned = plan("web", "worker", settings=said)
    assert [instance.ready for instance in planned.instances] == [None, None]
    assert planned.notices == ()


def test_phases_are_not_restarted_whatever_is_said_of_them() -> None:
    said = {"release": TypeSettings(restart=Restart.ALWAYS)}
    release, _ = plan("release", "web", settings=said, run_phases=True).instances
    assert release.restart is Restart.NEVER


def test_a_singleton_runs_once() -> None:
    said = {"clock": TypeSettings(singleton=True)}
    assert plan("clock", settings=said).instances[0].singleton
    with pytest.raises(ProcmanError, match="clock is a singleton and can't run 2 times"):
        plan("clock", settings=said, counts={"clock": 2})


def test_run_takes_the_first_instance_of_a_type() -> None:
    file = entries("release", "web")
    instance = type_instance(file, "web", ENVIRONMENT, root="/app", base_port=5000)
    assert instance == plan("release", "web").instances[0]
    assert type_instance(file, "echo", ENVIRONMENT, root="/app", base_port=5000) is None


def test_run_checks_only_the_port_of_its_own_type() -> None:
    file = entries("web", "worker")
    assert type_instance(file, "web", ENVIRONMENT, root="/app", base_port=65500) is not None
    with pytest.raises(ProcmanError, match="65600"):
        type_instance(file, "worker", ENVIRONMENT, root="/app", base_port=65500)


TYPES = ["web", "worker", "release", "preflight", "clock"]


@given(
    st.permutations(TYPES),
    st.dictionaries(st.sampled_from(TYPES), st.integers(0, 3)),
    st.lists(st.sampled_from(TYPES)),
    st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_whatever_is_asked_names_and_ports_are_unique_and_needs_come_first(
    types: list[str], counts: dict[str, int], selected: list[str], run_phases: bool
) -> None:
    named = frozenset(selected) | frozenset(counts)
    try:
        planned = plan(*types, counts=counts, selected=selected, named=named, run_phases=run_phases)
    except ProcmanError as error:
        assert error.message.startswith("nothing to start")  # noqa: PT017 - either is a right answer
        return
    seen: set[str] = set()
    for instance in planned.instances:
        assert instance.name not in seen
        assert {need.name for need in instance.needs} <= seen
        assert instance.port == 5000 + 100 * types.index(instance.process_type) + instance.number - 1
        seen.add(instance.name)
    assert not set(planned.left_out) & {instance.process_type for instance in planned.instances}
