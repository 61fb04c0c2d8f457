"""`procman export` as a user types it."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.project import Project

SEED = ("-c", "web=2", "-c", "worker=4", "-c", "clock=1")
SEED_FILES = (
    *("myapp.conf", "myapp-web.conf", "myapp-web-1.conf", "myapp-web-2.conf", "myapp-worker.conf"),
    *("myapp-worker-1.conf", "myapp-worker-2.conf", "myapp-worker-3.conf", "myapp-worker-4.conf"),
    *("myapp-clock.conf", "myapp-clock-1.conf"),
)


@pytest.fixture
def shop(project: Project) -> Project:
    project.procfile("web: rails server -p $PORT\nworker: rake work\nclock: clockwork clock.rb\n")
    return project


def contents(folder: str) -> dict[str, tuple[int, bytes]]:
    found = {}
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = stat.S_IMODE(os.stat(path).st_mode), file.read()
    return found


def test_the_call_of_2011_writes_its_eleven_files_and_the_same_bytes_again(shop: Project) -> None:
    folder = str(shop.root / "init")
    first = shop.run("export", "upstart", folder, "-a", "myapp", *SEED)
    assert first.stdout.splitlines() == [f"[procman export] writing: {folder}/{name}" for name in SEED_FILES]
    before = contents(folder)
    assert len(before) == 11
    second = shop.run("export", "upstart", folder, "-a", "myapp", *SEED)
    assert (second.returncode, second.stdout) == (0, first.stdout)
    assert contents(folder) == before


def test_a_smaller_formation_removes_what_the_larger_one_left_and_nothing_else(shop: Project) -> None:
    folder = shop.root / "init"
    shop.run("export", "upstart", str(folder), "-a", "myapp", *SEED)
    (folder / "myapp-worker-9.conf").write_text("by hand")
    done = shop.run("export", "upstart", str(folder), "-a", "myapp", "-c", "web=2,worker=3")
    assert f"[procman export] removing: {folder}/myapp-worker-4.conf" in done.stdout
    assert done.stdout.count("removing") == 1
    assert (folder / "myapp-worker-9.conf").exists()


def test_a_file_that_is_in_the_way_is_left_alone_and_nothing_is_written(shop: Project) -> None:
    folder = shop.root / "init"
    folder.mkdir()
    (folder / "myapp-clock-1.conf").write_text("by hand")
    done = shop.run("export", "upstart", str(folder), "-a", "myapp")
    assert (done.returncode, done.stdout) == (1, "")
    assert "was not written by this export" in done.stderr
    assert os.listdir(folder) == ["myapp-clock-1.conf"]


def test_diff_shows_what_would_change_and_changes_nothing(shop: Project) -> None:
    folder = shop.root / "units"
    shop.run("export", "systemd", str(folder), "-a", "myapp", "-c", "web=2")
    assert shop.run("export", "systemd", str(folder), "-a", "myapp", "-c", "web=2", "--diff").stdout == ""
    before = contents(str(folder))
    shop.env("TOKEN=t0ps3cret\n")
    done = shop.run("export", "systemd", str(folder), "-a", "myapp", "--diff")
    assert done.returncode == 1
    assert "-Wants=myapp-web@2.service" in done.stdout
    assert f"{folder}/myapp.env: changes (holds values, not shown)" in done.stdout
    assert "t0ps3cret" not in done.stdout
    assert contents(str(folder)) == before


def test_stdout_prints_the_files_and_writes_none(shop: Project) -> None:
    before = contents(str(shop.root))
    done = shop.run("export", "supervisord", "--stdout", "-a", "myapp")
    assert "[program:myapp-web-1]" in done.stdout
    assert "[procman export] writing" not in done.stdout
    assert contents(str(shop.root)) == before


def test_many_documents_on_stdout_are_one_stream_of_yaml(shop: Project) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    done = shop.run("export", "kubernetes", "--stdout", "-a", "myapp", "--image", "shop:1")
    kinds = [document["kind"] for document in yaml.safe_load_all(done.stdout)]
    assert kinds == ["ConfigMap", "Deployment", "Service", "Deployment", "Deployment"]


def test_only_the_files_values_are_exported_not_those_of_the_shell(shop: Project) -> None:
    shop.env("A=from the file\n")
    folder = shop.root / "units"
    shop.run("export", "systemd", str(folder), "-a", "x", env={"A": "mine", "B": "mine", "PORT": "9"})
    assert (folder / "x.env").read_text().splitlines()[1:] == ['A="from the file"', 'PYTHONUNBUFFERED="1"']
    assert "$$0 + 4999" in (folder / "x-web@.service").read_text()


def test_files_with_values_are_the_owners_and_secrets_are_named_not_shown(shop: Project) -> None:
    shop.env("API_TOKEN=t0ps3cret\nMODE=x\n")
    folder = shop.root / "units"
    done = shop.run("export", "systemd", str(folder), "-a", "x")
    assert contents(str(folder))["x.env"][0] == 0o600
    assert contents(str(folder))["x.target"][0] == 0o644
    assert "secrets, for the owner's eyes only, in x.env: API_TOKEN" in done.stderr
    assert "t0ps3cret" not in done.stdout + done.stderr


def test_kinds_of_lines_become_what_the_engine_has_for_them(project: Project) -> None:
    project.procfile(
        "preflight: true\nrelease: rake migrate\nwsgi: shop.app:app\n"
        "cron: */5 3 * * 7 rake clean\nweb: serve $PORT\n"
    )
    folder = project.root / "k8s"
    done = project.run("export", "kubernetes", str(folder), "--image", "shop:1", "-a", "shop")
    assert sorted(os.listdir(folder)) == ["00-config.yaml", "10-release.yaml", "20-app.yaml"]
    app = (folder / "20-app.yaml").read_text()
    assert '"*/5 3 * * 0"' in app
    assert "exec gunicorn -b :$$PORT" in app
    assert sys.prefix not in app
    assert "preflight is for the build and not exported" in done.stderr


def test_without_a_name_the_app_is_called_after_its_folder(shop: Project) -> None:
    folder = shop.root / "out"
    shop.run("export", "systemd", str(folder))
    assert f"{shop.root.name}.target" in os.listdir(folder)


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("sytemd",), 2, "no export format 'sytemd'\n  did you mean systemd?"),
        (("runit", "--user"), 2, "--user is systemd's, not runit's"),
        (("systemd", "-a", "my app"), 2, "-a 'my app'"),
        (("systemd", "-u", "root;id"), 2, "-u 'root;id'"),
        (("systemd", "-c", "wbe=2"), 2, "no process type 'wbe'"),
        (("kubernetes", "--image", "a b"), 2, "is no image name"),
        (("kubernetes", "-a", "1shop"), 1, "is no DNS label"),
        ((), 2, "missing argument 'FORMAT'"),
    ],
)
def test_a_wrong_call_is_told_in_a_line_or_two_and_writes_nothing(
    shop: Project, arguments: tuple[str, ...], status: int, words: str
) -> None:
    done = shop.run("export", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert words in done.stderr
    assert os.listdir(shop.root) == ["Procfile"]


def test_a_format_of_another_package_is_found_by_its_entry_point(shop: Project) -> None:
    package = shop.root / "site"
    info = package / "nomad_export-1.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text("[procman.export]\nnomad = nomad_export:nomad\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nomad-export\nVersion: 1\n")
    (package / "nomad_export.py").write_text(
        "from procman.export.model import Export, File\n"
        "def nomad(app):\n"
        "    text = f'# {app.marker(\"nomad\")}\\n' + ' '.join(each.name for each in app.services) + '\\n'\n"
        "    return Export((File(f'{app.name}.nomad', text),), ('hello',))\n"
    )
    done = shop.run("export", "nomad", str(shop.root / "out"), "-a", "shop", env={"PYTHONPATH": str(package)})
    assert done.returncode == 0, done.stderr
    assert (shop.root / "out" / "shop.nomad").read_text().endswith("\nweb worker clock\n")
    assert "note: hello" in done.stderr
