import json
from datetime import datetime
from typing import Any

from procman.output.block import Block
from procman.output.jsonlines import JsonLines

AT = 1_700_038_800.25


def objects(data: bytes) -> list[dict[str, Any]]:
    assert not data or data.endswith(b"\n")
    return [json.loads(line) for line in data.decode().split("\n")[:-1]]


def sink() -> JsonLines:
    return JsonLines(clock=lambda: AT)


def test_each_line_is_an_object() -> None:
    first, second = objects(sink().render(Block("web.1", b'say "hi"\n\n', "stderr")))
    time = first.pop("time")
    assert first == {"process": "web.1", "stream": "stderr", "text": 'say "hi"', "event": None}
    assert second["text"] == ""
    assert datetime.fromisoformat(time).timestamp() == AT
    assert ".250" in time


def test_an_event_has_its_name() -> None:
    (event,) = objects(sink().render(Block("web.1", b"exited with code 0\n", event="exited")))
    assert (event["event"], event["text"]) == ("exited", "exited with code 0")


def test_text_is_plain_and_always_utf_8() -> None:
    data = b"\x1b[31mr\x1b[0m \xc3\xa9 \xff \0 1%\r2%\r\n\xe2\x80\xa8\n"
    texts = [line["text"] for line in objects(sink().render(Block("web.1", data)))]
    assert texts == ["2%", "\u2028"]
    assert objects(sink().render(Block("web.1", b"\xc3\xa9\xff\0\n")))[0]["text"] == "é\ufffd\0"


def test_half_a_line_waits_for_its_end() -> None:
    json_lines = sink()
    assert json_lines.render(Block("web.1", b"hal")) == b""
    assert objects(json_lines.render(Block("web.1", b"f\nx", continues=True)))[0]["text"] == "half"
    assert objects(json_lines.close())[0]["text"] == "x"
    assert json_lines.close() == b""
