"""What the verbs do, with a real supervisor behind them and hands that obey at once."""

from __future__ import annotations

import signal

import pytest

from procman.config.settings import Ready, ReadyWhen
from procman.control.asking import SETTLED
from procman.core.events import Exited, Readied, SignalArrived, Status
from procman.core.process import State
from tests.control.bench import FIRST_PID, Bench

BY_PORT = Ready(ReadyWhen.PORT, required=False)


def states(bench: Bench) -> dict[str, str]:
    return {name: process.state.value for name, process in bench.run.snapshot.items()}


def test_ps_says_of_each_process_what_it_is_and_since_when() -> None:
    bench = Bench("web.1", "worker.1")
    bench.pass_time(2.5)
    answer = bench.client().ask("ps")[0]
    assert answer["ok"] is True
    assert [row["process"] for row in answer["processes"]] == ["web.1", "worker.1"]
    assert answer["processes"][0] == {
        "process": "web.1",
        "type": "web",
        "state": "up",
        "since": 2.5,
        "ready": True,
        "pid": FIRST_PID,
        "port": 5000,
        "restarts": 0,
        "exit_code": None,
        "command": "run web",
    }


def test_ps_tells_a_crash_from_an_end() -> None:
    bench = Bench("web.1", "worker.1", "third.1")
    bench.supervisor._stop_on = bench.supervisor._stop_on.__class__("never")
    bench.tell(Exited("web.1", Status(code=3)), Exited("worker.1", Status()))
    rows = bench.client().ask("ps")[0]["processes"]
    assert [(row["state"], row["exit_code"]) for row in rows] == [("crashed", 3), ("exited", 0), ("up", None)]


def test_no_answer_gives_an_environment_away() -> None:
    bench = Bench("web.1")
    words = {"ps", "info"}
    keys = {key for verb in words for row in bench.client().ask(verb) for key in row}
    assert "environ" not in keys
    assert "environ" not in bench.client().ask("ps")[0]["processes"][0]


def test_stop_answers_when_the_whole_tree_has_gone_and_the_others_go_on() -> None:
    bench = Bench("web.1", "worker.1")
    client = bench.client()
    bench.stubborn.add("web.1")
    assert client.ask("stop", names=["web"]) == []
    bench.tell(Exited("web.1", Status(signal=15)))
    assert client.look() == [{"process": "web.1", "done": "stopped"}, {"ok": True}]
    assert states(bench) == {"web.1": "exited", "worker.1": "up"}


def test_start_brings_back_what_was_stopped() -> None:
    bench = Bench("web.1", "worker.1")
    client = bench.client()
    client.ask("stop", names=["web"])
    client.ask("start", names=["web", "worker"])
    bench.pass_time(SETTLED)
    heard = client.look()[2:]
    assert heard[0] == {"process": "web.1", "done": "started", "pid": FIRST_PID + 2, "ready": True}
    assert heard[1] == {"process": "worker.1", "done": "up", "pid": FIRST_PID + 1, "ready": True}


def test_start_gives_a_type_that_was_left_out_its_first_instance() -> None:
    bench = Bench("web.1")
    client = bench.client()
    client.ask("start", names=["spare"])
    bench.pass_time(SETTLED)
    heard = client.look()
    assert heard[0]["process"] == "spare.1"
    assert heard[-1] == {"ok": True}


def test_restart_answers_when_the_new_one_is_up() -> None:
    bench = Bench("web.1")
    client = bench.client()
    bench.pass_time(5)
    assert client.ask("restart", names=["web.1"]) == []
    bench.pass_time(0.1)
    assert client.look() == []
    bench.pass_time(SETTLED)
    assert client.look() == [
        {"process": "web.1", "done": "restarted", "pid": FIRST_PID + 1, "ready": True},
        {"ok": True},
    ]


def test_restart_waits_until_the_new_one_is_ready() -> None:
    bench = Bench("web.1", ready=BY_PORT)
    bench.tell(Readied("web.1"))
    bench.pass_time(5)
    client = bench.client()
    client.ask("restart", names=["web.1"])
    bench.pass_time(0.5)
    assert client.look() == []
    bench.tell(Readied("web.1"))
    assert client.look()[-1] == {"ok": True}


def test_restart_says_why_the_new_one_is_not_up() -> None:
    bench = Bench("web.1", "worker.1", ready=BY_PORT)
    bench.supervisor._stop_on = bench.supervisor._stop_on.__class__("never")
    bench.tell(Readied("web.1"))
    client = bench.client()
    client.ask("restart", names=["web.1"])
    bench.pass_time(1)
    bench.tell(Exited("web.1", Status(code=7)))
    heard = client.look()
    assert heard[0] == {"process": "web.1", "error": "exited with code 7"}
    assert (heard[1]["ok"], heard[1]["error"]) == (False, "failed")


def test_scale_up_and_down_says_how_many_run_and_touches_nobody_else() -> None:
    bench = Bench("web.1", "worker.1")
    client = bench.client()
    up = client.ask("scale", changes=[["web", "=", 3]])
    assert up == [
        {"type": "web", "quantity": 3, "running": 3},
        {"formation": {"web": 3, "worker": 1, "spare": 0}, "ok": True},
    ]
    pids = {name: process.pid for name, process in bench.run.snapshot.items()}
    down = client.ask("scale", changes=[["web", "-", 2], ["worker", "+", 1]])
    assert down[-1]["formation"] == {"web": 1, "worker": 2, "spare": 0}
    assert list(bench.run.snapshot) == ["web.1", "worker.1", "worker.2"]
    assert all(bench.run.snapshot[name].pid == pids[name] for name in ("web.1", "worker.1"))


def test_scale_without_changes_tells_the_formation() -> None:
    assert Bench("web.1", "web.2").client().ask("scale")[-1]["formation"] == {"web": 2, "spare": 0}


def test_scale_below_nothing_is_nothing() -> None:
    assert Bench("web.1", "job.1").client().ask("scale", changes=[["web", "-", 9]])[0]["quantity"] == 0


def test_scale_changes_all_or_nothing() -> None:
    bench = Bench("web.1")
    client = bench.client()
    heard = client.ask("scale", changes=[["web", "=", 3], ["nosuch", "=", 1]])
    assert (heard[0]["error"], heard[0]["known"]) == ("unknown", ["web", "spare"])
    bench.refusal = "web is a singleton"
    assert client.ask("scale", changes=[["web", "=", 2]])[0]["message"] == "web is a singleton"
    assert list(bench.run.snapshot) == ["web.1"]


def test_a_scale_that_another_one_overtakes_says_so() -> None:
    bench = Bench("web.1", "web.2", "web.3")
    bench.stubborn |= {"web.2", "web.3"}
    first, second = bench.client(), bench.client()
    assert first.ask("scale", changes=[["web", "=", 1]]) == []
    second.ask("scale", changes=[["web", "=", 5]])
    assert first.look()[-1]["error"] == "overtaken"


def test_signal_reaches_what_runs() -> None:
    bench = Bench("web.1", "web.2", "worker.1")
    client = bench.client()
    client.ask("stop", names=["web.2"])
    assert client.ask("signal", names=["web"], signal=10)[0]["processes"] == ["web.1"]
    assert bench.signals == [("web.1", 10)]
    assert client.ask("signal", names=["web.2"], signal=10)[0]["error"] == "not-running"
    assert client.ask("signal", names=["web.1"], signal=999)[0]["error"] == "bad-request"


def test_wait_answers_when_all_are_ready() -> None:
    bench = Bench("web.1", "worker.1", ready=BY_PORT)
    client = bench.client()
    assert client.ask("wait") == []
    bench.tell(Readied("web.1"))
    assert client.look() == [{"process": "web.1", "done": "ready"}]
    bench.tell(Readied("worker.1"))
    assert client.look()[1:] == [{"process": "worker.1", "done": "ready"}, {"ok": True}]


def test_wait_ends_when_its_time_is_over() -> None:
    bench = Bench("web.1", ready=BY_PORT)
    client = bench.client()
    client.ask("wait", timeout=5)
    assert client.session.again_at == bench.now + 5
    bench.pass_time(5)
    assert client.look()[0] == {"process": "web.1", "error": "not ready after 5 s"}


def test_wait_says_who_is_late() -> None:
    bench = Bench("web.1", ready=BY_PORT)
    client = bench.client()
    client.ask("wait")
    bench.pass_time(BY_PORT.within)
    assert client.look()[0] == {
        "process": "web.1",
        "error": "not ready on http://localhost:5000 after 30 s",
        "late": True,
    }


def test_wait_for_all_takes_an_end_with_success_for_done_and_by_name_for_a_failure() -> None:
    bench = Bench("web.1", "job.1")
    bench.tell(Exited("job.1", Status()))
    bench.pass_time(SETTLED)
    assert bench.client().ask("wait")[-1] == {"ok": True}
    assert bench.client().ask("wait", names=["job"])[0]["error"] == "exited with code 0"


def test_quit_answers_last_of_all() -> None:
    bench = Bench("web.1")
    client = bench.client()
    client.ask("quit")
    assert bench.run.snapshot["web.1"].state is State.EXITED
    assert client.heard == []
    bench.verbs.over = True
    assert client.look() == [{"ok": True}]


@pytest.mark.parametrize("verb", ["start", "restart", "scale"])
def test_nothing_is_begun_while_procman_ends(verb: str) -> None:
    bench = Bench("web.1", "worker.1")
    bench.stubborn.add("web.1")
    bench.tell(SignalArrived(signal.SIGTERM))
    arguments: dict[str, object] = {"names": ["worker"]}
    if verb == "scale":
        arguments = {"changes": [["web", "=", 2]]}
    assert bench.client().ask(verb, **arguments)[0]["error"] == "closing"


def test_who_waits_for_what_will_not_come_is_told() -> None:
    bench = Bench("web.1", ready=BY_PORT)
    client = bench.client()
    client.ask("wait")
    bench.stubborn.add("web.1")
    bench.tell(SignalArrived(signal.SIGTERM))
    bench.tell(Exited("web.1", Status(signal=15)))
    assert client.look()[0] == {"process": "web.1", "error": "terminated by SIGTERM"}


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    answer = Bench("web.1").client().ask("stop", names=["wbe"])[0]
    assert (answer["word"], answer["known"]) == ("wbe", ["web.1", "web"])


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "signal"])
def test_nobody_is_meant_by_no_name(verb: str) -> None:
    assert Bench("web.1").client().ask(verb)[0]["error"] == "bad-request"


def test_all_are_meant_by_all() -> None:
    heard = Bench("web.1", "worker.1").client().ask("stop", all=True)
    assert [row.get("process") for row in heard] == ["web.1", "worker.1", None]
