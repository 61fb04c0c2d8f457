"""What the pages say is so: their commands run, their links lead somewhere, their names exist."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from procman.cli.main import COMMANDS, cli
from tests import walkthrough
from tests.terminal import CTRL_C

if TYPE_CHECKING:
    from tests.project import Project
    from tests.walkthrough import Step

pytestmark = pytest.mark.engine

CHECKOUT = Path(__file__).parent.parent
PAGES = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/*.md"), *CHECKOUT.glob(".github/**/*.md")])
GETTING_STARTED = (CHECKOUT / "docs" / "getting-started.md").read_text("utf-8")
SHELLS = {"sh", "console", "bash", "shell"}
NAMES = [str(page.relative_to(CHECKOUT)) for page in PAGES]


def anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    page = CHECKOUT / name
    text = re.sub(r"^```.*?^```$|`[^`\n]+`", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for target in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


def test_every_page_is_in_the_table_of_contents() -> None:
    contents = (CHECKOUT / "docs" / "README.md").read_text("utf-8")
    pages = {path.name for path in CHECKOUT.glob("docs/*.md")} - {"README.md"}
    assert {page for page in pages if f"]({page})" not in contents} == set()


FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def spoken(name: str) -> list[str]:
    """Give every `procman …` command line of a page, those in its text and those in its fences."""
    text = (CHECKOUT / name).read_text("utf-8")
    fenced = [fence.text for fence in walkthrough.fences(text) if fence.language in SHELLS]
    lines = [line.removeprefix("$ ") for block in fenced for line in block.split("\n")]
    inline = re.findall(
        r"`(procman [^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    )
    return [line for line in (*lines, *inline) if line.startswith("procman ")]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "docs/help.md"])
def test_every_command_and_option_that_a_page_names_exists(name: str) -> None:
    import click

    parent = click.Context(cli, info_name="procman")
    unknown = []
    for line in spoken(name):
        words = re.split(r"[|;&>#]", line)[0].split()[1:]
        verb = next((word for word in words if word in COMMANDS), "")
        command = cli.get_command(parent, verb) if verb else cli
        assert command is not None
        if not verb and words and not words[0].startswith("-") and words[0].islower():
            unknown.append(line)
        ours = words[: words.index("--")] if "--" in words else words
        if verb in {"run", "exec"}:
            continue
        known = {"-h", "--help"} | {opt for p in command.params for opt in (*p.opts, *p.secondary_opts)}
        unknown += [
            f"{word} in: {line}"
            for word in ours
            if re.fullmatch(r"--[a-z][a-z-]*(=.*)?|-[A-Za-z]", word) and word.partition("=")[0] not in known
        ]
    assert unknown == []


def test_every_block_of_commands_in_getting_started_is_run_or_says_why_not() -> None:
    marks = [fence.mark for fence in walkthrough.fences(GETTING_STARTED) if fence.language in SHELLS]
    assert all(mark == "run" or mark.startswith("not run: ") for mark in marks)
    assert marks.count("run") >= 4


def test_the_readme_s_blocks_of_commands_are_the_two_that_its_own_tests_know() -> None:
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    marks = [fence.mark for fence in walkthrough.fences(readme) if fence.language in SHELLS]
    assert marks == ["try", "test"]


@pytest.mark.parametrize("title", ["Python", "Node", "Rails"])
def test_the_tutorial_is_followed_to_the_letter_in_an_empty_folder(
    project: Project, tmp_path: Path, title: str
) -> None:
    needed = {"Python": "curl", "Node": "npm", "Rails": "sh"}[title]
    if not shutil.which(needed):
        pytest.skip(f"{needed} is not installed")
    programs = tmp_path / ".programs"
    programs.mkdir()
    programs.joinpath("procman").write_text(f'#!/bin/sh\nexec {sys.executable} -m procman "$@"\n', "utf-8")
    programs.joinpath("procman").chmod(0o700)
    path = f"{programs}:{os.environ['PATH']}"
    # The page's ports are this test's: PORT moves the base, and the page with it.
    for fence in walkthrough.fences(walkthrough.section(GETTING_STARTED, title)):
        if walkthrough.write_file(tmp_path, fence) or fence.mark != "run":
            continue
        for step in walkthrough.steps(moved(fence.text, project.port)):
            follow(project, step, {"PATH": path, "PORT": str(project.port)})


def moved(text: str, port: int) -> str:
    return re.sub(r"localhost:5(\d)00", lambda match: f"localhost:{port + 100 * int(match[1])}", text)


def follow(project: Project, step: Step, env: dict[str, str]) -> None:
    if step.interrupted:
        terminal = project.shell("bash", "-c", f"exec {step.command}", env=env)
        for line in step.shown:
            if line.split("| ")[0].split()[1:] == ["system"] and "SIGINT" in line:
                terminal.type(CTRL_C)
            pattern = re.escape(walkthrough.same(line)).replace(r"\#", r"[\d.]+").replace(r"\ ", r"\s+")
            terminal.until(re.compile(pattern))
        assert terminal.wait() == -signal.SIGINT
        return
    done = subprocess.run(
        ["bash", "-c", step.command],
        cwd=project.root,
        env=project.environ(env),
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    printed = (done.stderr + done.stdout).rstrip("\n")
    lines = printed.split("\n") if printed else []
    assert walkthrough.agrees(step.shown, lines), f"$ {step.command}\n{printed}\nis not\n{step.shown}"
