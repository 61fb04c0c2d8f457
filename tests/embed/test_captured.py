from __future__ import annotations

import io
import json
import threading
from typing import TYPE_CHECKING

from procman.embed import captured
from procman.embed.captured import MOST_CHARACTERS, MOST_LINES, Captured, Line, line_of
from tests.harness import WITHIN

if TYPE_CHECKING:
    from collections.abc import Iterable


def said(*texts: str, process: str = "web.1") -> bytes:
    return b"".join(
        json.dumps(
            {
                "time": "2026-01-02T03:04:05.678+01:00",
                "process": process,
                "stream": "stdout",
                "text": text,
                "event": None,
            }
        ).encode()
        + b"\n"
        for text in texts
    )


def texts(lines: Iterable[Line]) -> list[str]:
    return [line.text for line in lines]


def heard(data: bytes) -> Captured:
    found = Captured()
    found.listen(io.BytesIO(data))
    return found


def test_a_line_is_what_json_said_of_it() -> None:
    line = line_of(said("héllo")[:-1])
    assert line[1:] == ("web.1", "stdout", "héllo", None)
    assert line.at.isoformat() == "2026-01-02T03:04:05.678000+01:00"


def test_a_line_is_of_its_instance_and_of_its_type() -> None:
    line = line_of(said("x", process="queue-mail.12"))
    assert [name for name in ("queue-mail.12", "queue-mail", None) if line.is_of(name)] == [
        "queue-mail.12",
        "queue-mail",
        None,
    ]
    assert not any(line.is_of(name) for name in ("queue", "queue-mail.1", "12", ""))


def test_the_half_line_of_one_that_was_killed_is_left_out() -> None:
    assert texts(heard(said("whole") + said("half")[:40]).lines()) == ["whole"]


def test_the_latest_lines_are_kept() -> None:
    found = heard(said(*(str(number) for number in range(MOST_LINES + 5))))
    assert len(found.lines()) == MOST_LINES
    assert found.lines()[0].text == "5"


def test_long_lines_are_counted_by_their_characters_but_the_newest_stays() -> None:
    third = "x" * (MOST_CHARACTERS // 3)
    found = heard(said(*(third + str(number) for number in range(4))))
    assert [text[-1] for text in texts(found.lines())] == ["2", "3"]
    assert len(heard(said("old", "x" * (MOST_CHARACTERS + 1))).lines()) == 1


def test_the_first_match_is_given_though_others_follow() -> None:
    found = heard(said("one", "two", "three", "two"))
    line = found.first(lambda line: "t" in line.text, within=0)
    assert line is not None
    assert line.text == "two"


def test_what_was_cleared_is_not_found_and_what_comes_later_is() -> None:
    found = heard(said("one"))
    found.clear()
    assert found.first(lambda _: True, within=0) is None
    found.listen(io.BytesIO(said("one")))
    assert found.first(lambda _: True, within=0) is not None


def test_waiting_ends_with_the_stream_and_not_with_the_time() -> None:
    found = Captured()
    waiter = threading.Thread(target=found.first, args=[lambda _: False, 1000.0])
    waiter.start()
    found.listen(io.BytesIO(said("one")))
    waiter.join(WITHIN)
    assert not waiter.is_alive()
    assert found.over


def test_a_waiter_sees_every_line_once_though_old_ones_are_dropped_meanwhile() -> None:
    found = Captured()
    seen: list[str] = []

    def note(line: Line) -> bool:
        seen.append(line.text)
        if line.text == "one":  # as if a flood came between two looks
            found.listen(io.BytesIO(said(*(str(number) for number in range(captured.MOST_LINES)))))
        return False

    found.listen(io.BytesIO(said("one")))
    assert found.first(note, within=0) is None
    assert seen == ["one", *(str(number) for number in range(captured.MOST_LINES))]
