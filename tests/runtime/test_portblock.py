from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from procman.errors import ProcmanError
from procman.runtime.portblock import FIRST, MOST, REGISTRY, SPAN, claim_base

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *identity, "-C", str(folder), *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    main = tmp_path / "main"
    main.mkdir()
    git(main, "init", "-q")
    git(main, "commit", "-q", "--allow-empty", "-m", "first")
    return main


def worktree(repository: Path, name: str) -> Path:
    folder = repository.parent / name
    git(repository, "worktree", "add", "-q", "-b", name, str(folder))
    return folder


def test_the_main_checkout_keeps_the_base(repository: Path) -> None:
    assert claim_base(str(repository), 5000) == 5000
    assert not (repository / ".git" / REGISTRY).exists()


def test_a_folder_without_git_keeps_the_base(tmp_path: Path) -> None:
    assert claim_base(str(tmp_path), 5000) == 5000


def test_each_worktree_has_a_block_of_its_own_and_keeps_it(repository: Path) -> None:
    first, second = worktree(repository, "one"), worktree(repository, "two")
    assert claim_base(str(first), 5000) == FIRST
    assert claim_base(str(second), 5000) == FIRST + SPAN
    assert claim_base(str(first), 5000) == FIRST


def test_a_folder_below_a_worktree_belongs_to_it(repository: Path) -> None:
    below = worktree(repository, "one") / "apps" / "shop"
    below.mkdir(parents=True)
    assert claim_base(str(below), 5000) == FIRST


def test_a_worktree_that_is_gone_gives_its_block_back(repository: Path) -> None:
    first, second = worktree(repository, "one"), worktree(repository, "two")
    claim_base(str(first), 5000)
    claim_base(str(second), 5000)
    git(repository, "worktree", "remove", str(first))
    third = worktree(repository, "three")
    assert claim_base(str(third), 5000) == FIRST
    assert claim_base(str(second), 5000) == FIRST + SPAN


def test_a_submodule_is_no_worktree(repository: Path) -> None:
    inner = repository / "lib"
    inner.mkdir()
    (repository / ".git" / "modules" / "lib").mkdir(parents=True)
    (inner / ".git").write_text("gitdir: ../.git/modules/lib\n")
    assert claim_base(str(inner), 5000) == 5000


def test_a_damaged_list_is_read_as_far_as_it_goes(repository: Path) -> None:
    first = worktree(repository, "one")
    (repository / ".git" / REGISTRY).write_bytes(b"x y\n-1 /tmp\n99999 /\n2\n\xff\xfe\n")
    assert claim_base(str(first), 5000) == FIRST


def test_more_worktrees_than_blocks_are_refused(repository: Path) -> None:
    others = [repository.parent / f"other{number}" for number in range(MOST)]
    for other in others:
        (other / ".git").mkdir(parents=True)
    registry = repository / ".git" / REGISTRY
    registry.write_text("".join(f"{number} {other}\n" for number, other in enumerate(others, 1)))
    with pytest.raises(ProcmanError, match="all are taken"):
        claim_base(str(worktree(repository, "one")), 5000)


def test_a_list_that_is_a_link_is_not_followed(repository: Path, tmp_path: Path) -> None:
    first = worktree(repository, "one")
    os.symlink(tmp_path / "elsewhere", repository / ".git" / REGISTRY)
    with pytest.raises(ProcmanError, match="can't keep its list"):
        claim_base(str(first), 5000)
    assert not (tmp_path / "elsewhere").exists()
