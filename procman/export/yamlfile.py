"""YAML documents: by PyYAML where it is installed, else as JSON, which every reader of YAML takes.

Strings that any reader of any version of YAML could take for something else are quoted, and everything that
isn't ASCII is escaped, so that a text arrives as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

WITHOUT_PYYAML = "written as JSON, which is YAML, too; for prettier files: pip install 'procman[yaml]'"

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
_NEVER_RAW = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON may hold as it is and YAML may not, or would read as the end of a line."""


def has_pyyaml() -> bool:
    from importlib.util import find_spec

    return find_spec("yaml") is not None


def yaml_text(marker: str, documents: Iterable[dict[str, Any]], *, pretty: bool) -> str:
    """Return one file; pretty: by PyYAML."""
    dump = _pyyaml if pretty else _json
    return f"# {marker}\n" + "---\n".join(dump(document) for document in documents)


def _json(document: dict[str, Any]) -> str:
    import json

    # Escapes of JSON come in pairs of surrogates above U+FFFF, which YAML does not put together.
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return _NEVER_RAW.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def _pyyaml(document: dict[str, Any]) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002, ANN401 - PyYAML's signature
            return True

    def quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')

    Dumper.add_representer(str, quoted)
    return yaml.dump(document, Dumper=Dumper, sort_keys=False, width=float("inf"))
