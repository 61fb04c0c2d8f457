from __future__ import annotations

import os
import socket
import subprocess
import sys
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.config.sourcefile import LARGEST, SourceFile, read_source, split_lines
from procman.errors import ProcmanError

if TYPE_CHECKING:
    from pathlib import Path


def refusal(path: Path | str) -> ProcmanError:
    with pytest.raises(ProcmanError) as caught:
        read_source(str(path))
    assert caught.value.exit_code == 1
    return caught.value


def test_a_file_is_read_as_it_is_under_the_name_that_was_typed(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_bytes(b"\xef\xbb\xbfweb: \xe9\r\n")
    path = f"{tmp_path}/./Procfile"
    assert read_source(path) == SourceFile(path, b"\xef\xbb\xbfweb: \xe9\r\n")


def test_lines_have_no_byte_order_mark_and_keep_odd_bytes() -> None:
    assert SourceFile("P", b"\xef\xbb\xbfweb: \xe9\r\nx").lines() == ["web: \udce9", "x"]


def test_lines_end_at_newline_and_carriage_return_and_nowhere_else() -> None:
    assert split_lines("a\nb\r\nc\rd\f\v\x1c\x85\u2028e\n\nf") == [
        "a",
        "b",
        "c",
        "d\f\v\x1c\x85\u2028e",
        "",
        "f",
    ]
    assert split_lines("a\n") == ["a"]
    assert split_lines("") == []


@given(
    st.lists(st.text(st.characters(exclude_characters="\r\n")), max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_terminated_lines_come_back_whatever_ends_them(lines: list[str], end: str) -> None:
    assert split_lines("".join(line + end for line in lines)) == lines


def test_the_largest_file_is_read_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Procfile"
    path.write_bytes(b"#" * LARGEST)
    assert len(read_source(str(path)).data) == LARGEST
    path.write_bytes(b"#" * (LARGEST + 1))
    assert refusal(path).message == f"{path} is larger than 4 MiB"


def test_a_missing_procfile_says_how_to_make_one(tmp_path: Path) -> None:
    error = refusal(tmp_path / "Procfile")
    assert error.message == f"{tmp_path}/Procfile does not exist"
    assert "`echo 'web: python3 -m http.server $PORT' > " in error.hint
    assert "-f" in error.hint


def test_the_line_that_makes_a_procfile_works_in_a_folder_with_a_blank() -> None:
    with TemporaryDirectory(prefix="my app ") as folder:
        path = os.path.join(folder, "Procfile")
        command = refusal(path).hint.split("`")[1]
        subprocess.run(["/bin/sh", "-c", command], check=True)
        assert read_source(path).data == b"web: python3 -m http.server $PORT\n"


def test_a_missing_procfile_names_the_ones_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "Procfile.dev").write_text("web: x\n")
    assert refusal(tmp_path / "Procfile").hint == f"name one with -f: {tmp_path}/Procfile.dev"


def test_another_missing_file_gets_no_advice_on_procfiles(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("web: x\n")
    assert refusal(tmp_path / ".env").hint == ""


def test_a_file_below_a_file_does_not_exist(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refusal(tmp_path / "file" / "Procfile").message.endswith("does not exist")


def test_a_directory_is_refused_and_its_procfile_named(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("web: x\n")
    error = refusal(tmp_path)
    assert error.message == f"{tmp_path} is a directory, not a file"
    assert error.hint == f"name one with -f: {tmp_path}/Procfile"


def test_a_device_and_a_socket_are_refused() -> None:
    assert refusal("/dev/null").message == "/dev/null is a device, not a file"
    # Not tmp_path: the path of a socket is short.
    with socket.socket(socket.AF_UNIX) as server, TemporaryDirectory() as folder:
        server.bind(f"{folder}/s")
        assert "is a socket" in refusal(f"{folder}/s").message


def test_a_fifo_that_nobody_writes_is_an_error_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "Procfile")
    assert "no process writes to it" in refusal(tmp_path / "Procfile").message


def test_a_loop_of_links_is_refused_in_the_words_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "Procfile").symlink_to("Procfile")
    assert "can't be read: too many levels of symbolic links" in refusal(tmp_path / "Procfile").message


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_what_cannot_be_a_path_is_refused_too(path: str) -> None:
    assert "''" in refusal(path).message or "can't be a file name" in refusal(path).message


READ = "import sys; from procman.config.sourcefile import read_source; print(read_source(sys.argv[1]))"


def test_standard_input_is_read_to_its_end() -> None:
    command = [sys.executable, "-c", READ, "-"]
    done = subprocess.run(command, input=b"web: x\n", capture_output=True, check=True)
    assert done.stdout == b"SourceFile(name='<stdin>', data=b'web: x\\n')\n"


def test_a_pipe_is_read_to_its_end_even_when_its_writer_is_slow() -> None:
    reader, writer = os.pipe()
    command = [sys.executable, "-c", READ, f"/dev/fd/{reader}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=[reader]) as child:
        os.close(reader)
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.2)  # it waits for the writer instead of failing with EAGAIN
        os.write(writer, b"web: x\n")
        os.close(writer)
        output, _ = child.communicate()
    assert b"data=b'web: x\\n'" in output


def test_a_pipe_without_end_is_refused_once_it_is_too_large() -> None:
    command = [sys.executable, "-c", READ, "-"]
    with open("/dev/zero", "rb") as zero:
        done = subprocess.run(command, stdin=zero, capture_output=True, check=False)
    assert b"standard input is larger than 4 MiB" in done.stderr


def test_a_standard_input_that_is_closed_is_an_error_in_words() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -c "$1" - <&-', sys.executable, READ], capture_output=True, check=False
    )
    assert b"ProcmanError: standard input can't be read: bad file descriptor" in done.stderr
