from __future__ import annotations

import pytest

from procman.config.procfile import parse_procfile
from procman.config.scaffold import procfile_text, suggest
from procman.config.sourcefile import SourceFile


def entries(files: dict[str, str]) -> dict[str, str]:
    """Give the entries of the Procfile written for these files, as procman reads it back."""
    parsed = parse_procfile(SourceFile("Procfile", procfile_text(suggest(files.get)).encode()))
    assert parsed.diagnostics == ()
    return {entry.name: entry.command for entry in parsed.entries}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, {"web": "python3 -m http.server $PORT --bind 127.0.0.1"}),
        (
            {"manage.py": "import django\n"},
            {"web": "python manage.py runserver $PORT", "release": "python manage.py migrate"},
        ),
        (
            {"Gemfile": 'gem "rails"\ngem "sidekiq"\n'},
            {
                "web": "bin/rails server -p $PORT",
                "worker": "bundle exec sidekiq",
                "release": "bin/rails db:migrate",
            },
        ),
        ({"Gemfile": "gem 'sinatra'", "config.ru": ""}, {"web": "bundle exec rackup -p $PORT"}),
        ({"app.py": "from flask import Flask\nsite = Flask(__name__)\n"}, {"wsgi": "app:site"}),
        ({"main.py": "app = FastAPI()\n"}, {"web": "uvicorn main:app --port $PORT --reload"}),
        ({"tasks.py": "app = Celery('tasks')\n"}, {"worker": "celery -A tasks worker"}),
        (
            {"package.json": '{"scripts": {"dev": "vite", "watch:css": "x"}}', "yarn.lock": ""},
            {"web": "yarn run dev", "watch-css": "yarn run watch:css"},
        ),
        ({"go.mod": "module x", "main.go": "package main"}, {"web": "go run ."}),
        ({"compose.yaml": "services: {}"}, {"services": "docker compose up"}),
    ],
)
def test_a_folder_gets_the_procfile_of_its_framework(files: dict[str, str], expected: dict[str, str]) -> None:
    assert entries(files) == expected


def test_two_frameworks_share_a_procfile() -> None:
    found = entries({"manage.py": "django", "package.json": '{"scripts": {"start": "vite"}}'})
    assert found["web"] == "python manage.py runserver $PORT"
    assert found["frontend"] == "npm run start"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"scripts": 3}', '{"scripts": {"watch a\\nb": "x"}}'])
def test_a_package_that_says_nothing_is_no_error(text: str) -> None:
    assert list(entries({"package.json": text})) == ["web"]
