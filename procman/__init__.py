"""procman runs the processes of a Procfile in one terminal and leaves nothing behind.

For programs (docs/embedding.md): `load` and `parse` read a Procfile, `Formation` runs one inside a `with`.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from procman.config.diagnostics import Diagnostic, Severity, Span
    from procman.config.procfile import Entry, Procfile
    from procman.embed.captured import Line
    from procman.embed.errors import FormationError, NotHeardError, NotReadyError
    from procman.embed.formation import Formation
    from procman.embed.reading import load, parse
    from procman.errors import ProcmanError

# A constant, not importlib.metadata: looking it up would cost 30 ms at every start.
__version__ = "0.1.0"

__all__ = [
    "Diagnostic",
    "Entry",
    "Formation",
    "FormationError",
    "Line",
    "NotHeardError",
    "NotReadyError",
    "Procfile",
    "ProcmanError",
    "Severity",
    "Span",
    "load",
    "parse",
]

if not TYPE_CHECKING:
    # Hidden from type checkers, which would take any name for one that is there.
    def __getattr__(name: str) -> object:
        """Import what the command line, which imports this as well, never asks for."""
        homes = {
            "config.diagnostics": ("Diagnostic", "Severity", "Span"),
            "config.procfile": ("Entry", "Procfile"),
            "embed.captured": ("Line",),
            "embed.errors": ("FormationError", "NotHeardError", "NotReadyError"),
            "embed.formation": ("Formation",),
            "embed.reading": ("load", "parse"),
            "errors": ("ProcmanError",),
        }
        for home, names in homes.items():
            if name in names:
                from importlib import import_module

                found = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
