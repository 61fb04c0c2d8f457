from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from procman.control.address import APART, LONGEST_SOCKET, address_in, found, is_private, made_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("r")


def environ(runtime: Path) -> dict[str, str]:
    return {"XDG_RUNTIME_DIR": str(runtime)}


def test_the_folder_is_made_for_the_user_alone(runtime: Path) -> None:
    before = os.umask(0)
    try:
        folder = made_folder(environ(runtime))
    finally:
        os.umask(before)
    assert folder == str(runtime / "procman")
    assert os.stat(folder).st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o777])
def test_a_folder_that_others_can_enter_is_not_used(runtime: Path, mode: int) -> None:
    (runtime / "procman").mkdir()
    (runtime / "procman").chmod(mode)
    assert made_folder({**environ(runtime), "TMPDIR": str(runtime)}) == str(
        runtime / f"procman-{os.getuid()}"
    )


def test_a_link_planted_in_its_place_is_not_followed(runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o700)
    (runtime / "procman").symlink_to(tmp_path / "theirs")
    assert not is_private(str(runtime / "procman"))
    assert made_folder({**environ(runtime), "TMPDIR": str(runtime)}) != str(runtime / "procman")


def test_a_path_that_sockets_cannot_have_is_passed_over(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    folder = made_folder({"XDG_RUNTIME_DIR": str(deep), "TMPDIR": str(deep)})
    assert folder == f"/tmp/procman-{os.getuid()}"  # noqa: S108 - not made here, only named


def test_a_socket_is_short_however_long_the_projects_path_is(runtime: Path, tmp_path: Path) -> None:
    root = tmp_path / ("x" * 200) / ("y" * 200)
    root.mkdir(parents=True)
    address = address_in(str(runtime / "procman"), str(root))
    assert len(os.path.basename(address.socket)) == 16 + len(".sock")
    assert len(address.socket) < LONGEST_SOCKET


def test_a_root_is_known_by_its_real_path(runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    folder = str(runtime)
    assert address_in(folder, str(tmp_path / "link")) == address_in(folder, str(tmp_path))
    assert address_in(folder, str(tmp_path)) != address_in(folder, str(tmp_path.parent))


def test_it_is_found_from_every_folder_below_and_the_nearest_comes_first(
    runtime: Path, tmp_path: Path
) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    folder = made_folder(environ(runtime))
    assert folder is not None
    for root in (tmp_path, tmp_path / "a"):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(address_in(folder, str(root)).socket)
    assert [address.root for address in found(str(below), environ(runtime))] == [
        str(tmp_path / "a"),
        str(tmp_path),
    ]
    assert not list(found(str(below), environ(runtime), below=False))


def test_what_is_no_socket_is_not_found(runtime: Path, tmp_path: Path) -> None:
    folder = made_folder(environ(runtime))
    assert folder is not None
    with open(address_in(folder, str(tmp_path)).socket, "wb"):
        pass
    assert not list(found(str(tmp_path), environ(runtime)))


def test_a_run_that_stands_apart_is_found_in_its_own_folder_and_no_other(
    runtime: Path, tmp_path: Path
) -> None:
    apart = {**environ(runtime), APART: str(runtime / "apart")}
    assert made_folder(apart) == str(runtime / "apart")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address_in(str(runtime / "apart"), str(tmp_path)).socket)
    assert [address.root for address in found(str(tmp_path), apart)] == [str(tmp_path)]
    assert not list(found(str(tmp_path), environ(runtime)))
