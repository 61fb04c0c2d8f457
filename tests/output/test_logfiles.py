import os
import resource
import stat
from pathlib import Path

import pytest

from procman.errors import ProcmanError
from procman.output.block import Block
from procman.output.logfiles import LogFiles

STAMP = len("2026-11-30T06:50:00+00:00 ")


def logs(folder: Path, *names: str, limit: int = 10_000, keep: int = 5) -> LogFiles:
    return LogFiles(str(folder), names, limit=limit, keep=keep, clock=lambda: 1_700_038_800.0)


def texts(path: Path) -> list[bytes]:
    return [line[STAMP:] for line in path.read_bytes().split(b"\n")[:-1]]


def test_each_process_has_a_file_of_plain_lines_with_their_time(tmp_path: Path) -> None:
    files = logs(tmp_path / "log", "web.1", "system")
    assert files.write(Block("web.1", b"\x1b[31ma\x1b[0m\r\n\n")) is None
    files.write(Block("late.1", b"started with pid 7\n", event="started"))
    files.close()
    assert texts(tmp_path / "log/web.1.log") == [b"a", b""]
    assert texts(tmp_path / "log/late.1.log") == [b"started with pid 7"]
    assert (tmp_path / "log/web.1.log").read_bytes().startswith(b"2023-11-15T")


def test_a_second_start_appends(tmp_path: Path) -> None:
    for text in (b"one\n", b"two\n"):
        files = logs(tmp_path, "web.1")
        files.write(Block("web.1", text))
        files.close()
    assert texts(tmp_path / "web.1.log") == [b"one", b"two"]


def test_folder_and_files_are_the_users_alone(tmp_path: Path) -> None:
    logs(tmp_path / "log", "web.1").close()
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "log/web.1.log").stat().st_mode) == 0o600


def test_half_a_line_is_written_when_it_is_whole_or_at_the_end(tmp_path: Path) -> None:
    files = logs(tmp_path, "web.1")
    files.write(Block("web.1", b"hal"))
    files.write(Block("web.1", b"f\nrest", continues=True))
    assert texts(tmp_path / "web.1.log") == [b"half"]
    files.close()
    assert texts(tmp_path / "web.1.log") == [b"half", b"rest"]


def test_full_files_move_up_and_the_oldest_goes(tmp_path: Path) -> None:
    files = logs(tmp_path, "web.1", limit=2 * (STAMP + 3), keep=2)
    for number in range(10):
        files.write(Block("web.1", b"%02d\n" % number))
    files.close()
    assert sorted(os.listdir(tmp_path)) == ["web.1.log", "web.1.log.1", "web.1.log.2"]
    assert texts(tmp_path / "web.1.log") == [b"08", b"09"]
    assert texts(tmp_path / "web.1.log.1") == [b"06", b"07"]
    assert texts(tmp_path / "web.1.log.2") == [b"04", b"05"]


@pytest.mark.parametrize("keep", [0, 1, 3])
def test_no_process_has_more_than_its_share_of_the_disk(tmp_path: Path, keep: int) -> None:
    files = logs(tmp_path, "web.1", limit=200, keep=keep)
    files.write(Block("web.1", b"short\n" * 50 + b"x" * 1500 + b"\n" + b"end\n"))
    files.close()
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == keep + 1
    assert max(sizes) <= 200
    assert texts(tmp_path / "web.1.log")[-1] == b"end"


def test_a_link_a_fifo_or_a_file_for_a_folder_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "web.1.log").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "web.2.log")
    (tmp_path / "plain").touch()
    for folder, name in ((tmp_path, "web.1"), (tmp_path, "web.2"), (tmp_path / "plain", "web.1")):
        with pytest.raises(ProcmanError, match="can't write logs: "):
            logs(folder, name)
    assert not (tmp_path / "target").exists()


def test_a_fifo_that_is_read_is_refused_too(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "web.1.log")
    reader = os.open(tmp_path / "web.1.log", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(ProcmanError, match="not a regular file"):
            logs(tmp_path, "web.1")
    finally:
        os.close(reader)


def test_a_write_that_fails_is_told_once_and_is_the_last(tmp_path: Path) -> None:
    files = logs(tmp_path, "web.1")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40, limits[1]))  # like a full disk: EFBIG, SIGXFSZ is ignored
    try:
        message = files.write(Block("web.1", b"x" * 100 + b"\n"))
        again = files.write(Block("web.1", b"y\n"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert message == files.problem
    assert message is not None
    assert message.startswith(f"log files are no longer written: {tmp_path}/web.1.log: ")
    assert again is None
    assert files.write(Block("web.1", b"z\n")) is None
    files.close()
    assert (tmp_path / "web.1.log").stat().st_size == 40


def test_a_rotation_that_fails_is_told_as_well(tmp_path: Path) -> None:
    files = logs(tmp_path, "web.1", limit=STAMP + 3, keep=1)
    (tmp_path / "web.1.log.1").mkdir()
    files.write(Block("web.1", b"01\n"))
    assert "web.1.log" in (files.write(Block("web.1", b"02\n")) or "")
    files.close()
