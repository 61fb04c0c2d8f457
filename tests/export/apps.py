"""Apps to export, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.config.cron import Schedule
from procman.config.kinds import Kind
from procman.config.settings import Ready, ReadyWhen
from procman.export.model import App, ProcessType

if TYPE_CHECKING:
    from procman.export.model import Export

WEB = ProcessType(
    "web",
    Kind.PROCESS,
    "bundle exec ruby web.rb -p $PORT",
    2,
    {"PROC_TYPE": "web"},
    port=5000,
    ready=Ready(ReadyWhen.PORT, required=False),
    memory=512 * 2**20,
)
FAST = ProcessType("fastworker", Kind.PROCESS, "QUEUE=urgent rake work", 3, {"PROC_TYPE": "fastworker"}, 5100)
CLOCK = ProcessType(
    "clock", Kind.PROCESS, "clockwork clock.rb", 1, {"PROC_TYPE": "clock"}, 5200, singleton=True
)
CRON = ProcessType(
    "cron",
    Kind.CRON,
    "rake cleanup > /dev/null",
    1,
    {"PROC_TYPE": "cron"},
    5300,
    schedule=Schedule("*/5", "3", "*", "*", "7"),
)
RELEASE = ProcessType("release", Kind.RELEASE, "rake db:migrate", 1, {"PROC_TYPE": "release"}, 5400)

VALUES = {
    "RACK_ENV": "production",
    "DATABASE_URL": "postgres://shop:pa%ss$word@db/shop",
    "GREETING": "x \"y\" 'z' $HOME %n ;c #d = \\ é `id`",
}


def make_app(*types: ProcessType, **changes: Any) -> App:
    """Give an app of five types, or of these."""
    app = App(
        name="shop",
        root="/srv/shop",
        directory="/etc/shop",
        types=types or (WEB, FAST, CLOCK, CRON, RELEASE),
        environ=VALUES,
        user="shop",
        image="registry.example.com/shop:1.4",
    )
    return app._replace(**changes)


def process(command: str, **changes: Any) -> ProcessType:
    return ProcessType("web", Kind.PROCESS, command, 1, {"PROC_TYPE": "web"}, 5000)._replace(**changes)


def text_of(export: Export, path: str) -> str:
    return next(file.text for file in export.files if file.path == path)
