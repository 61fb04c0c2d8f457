from __future__ import annotations

import plistlib
import subprocess
from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from procman.errors import ProcmanError
from procman.export import quoting
from procman.export.yamlfile import yaml_text
from tests.export import parsers

NASTY = (
    "echo \"pid=$$ port=$PORT pct=% sub=$(echo hi) q='c d' a=$A;\" ;c #d \\ é `id` ${HOME} $(PORT) %h \\$ \\"
)
SMUGGLED = 'x"\nExecStartPre=/bin/touch /tmp/pwned\n[Service]\nend script\n; #'

HARD = (NASTY, SMUGGLED, "", " ", "'", '"', "\\", "$", "%", "a\n", "\n", "x ;y", "-n")
Test = TypeVar("Test", bound=Callable[..., None])

some_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
hard_text = st.text(st.sampled_from(" \t\n'\"\\$%;#{}()`=aé\u2028\x85\x1b"), max_size=20)
any_text = some_text | hard_text
few = settings(max_examples=60, deadline=None)


def nasty(function: Test) -> Test:
    for text in HARD:
        function = example(text)(function)
    return function


@few
@given(any_text)
@nasty
def test_a_word_of_systemd_arrives_whatever_it_holds_and_stays_on_its_line(text: str) -> None:
    word = quoting.systemd_word(text, "it")
    assert "\n" not in word
    assert parsers.systemd_words(word) == [text]


@few
@given(any_text)
@nasty
def test_a_command_of_systemd_arrives_with_its_dollars(text: str) -> None:
    word = quoting.systemd_word(text, "it", command=True)
    assert parsers.systemd_words(f"/bin/sh -c {word}", command=True) == ["/bin/sh", "-c", text]


@few
@given(any_text)
@nasty
def test_a_value_in_an_environment_file_arrives_or_is_refused_for_a_control_character(text: str) -> None:
    refused = any(char in quoting.CONTROLS and char not in "\t\n" for char in text)
    if refused:
        with pytest.raises(ProcmanError, match="control character"):
            quoting.environment_file_value(text, "it")
    else:
        line = f'A={quoting.environment_file_value(text, "it")}\nB="b"\n'
        assert parsers.environment_file(line) == {"A": text, "B": "b"}


@few
@given(any_text)
@nasty
def test_words_of_supervisord_come_out_of_its_own_parsing(text: str) -> None:
    line = quoting.supervisord_command(["/usr/bin/env", f"A={text}", "/bin/sh", "-c", text], "it")
    assert line.isascii()
    assert line.isprintable()
    words = parsers.supervisord_command(line)
    if words[0] == "/bin/sh":
        # One script that becomes those words: what sh makes of it is tried below.
        assert words[1] == "-c"
    else:
        assert words == ["/usr/bin/env", f"A={text}", "/bin/sh", "-c", text]


@settings(max_examples=8, deadline=None)
@given(st.lists(any_text, max_size=8))
@example(list(HARD))
def test_a_script_on_one_line_does_what_it_did_on_several(texts: list[str]) -> None:
    lines = [quoting.one_line(f"printf '%s\\0' {quoting.shell_word(text)}") for text in texts]
    for line in lines:
        assert line.isascii()
        assert line.isprintable()
    done = subprocess.run(["/bin/sh", "-c", "\n".join(lines)], capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == texts


def test_bytes_that_are_no_text_pass_through_sh_and_are_refused_elsewhere() -> None:
    odd = b"caf\xe9".decode("utf-8", "surrogateescape")
    script = quoting.one_line(f"printf %s {quoting.shell_word(odd)}")
    assert subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True).stdout == b"caf\xe9"
    refusing: list[Callable[[], str]] = [
        lambda: quoting.systemd_word(odd, "A"),
        lambda: quoting.environment_file_value(odd, "A"),
        lambda: quoting.xml_text(odd, "A"),
        lambda: quoting.utf8(odd, "compose", "A"),
    ]
    for each in refusing:
        with pytest.raises(
            ProcmanError, match=r"A can't be exported to .*: it holds bytes that are not utf-8"
        ):
            each()


@few
@given(any_text)
@nasty
def test_doubled_dollars_are_single_ones_for_a_kubelet(text: str) -> None:
    environ = {"PORT": "5000", "A": "other"}
    assert parsers.kubernetes_expanded(quoting.doubled_dollars(text), environ) == text


@few
@given(any_text)
@nasty
def test_a_property_list_gives_back_what_it_takes(text: str) -> None:
    refused = any(char in quoting.CONTROLS and char not in "\t\n" for char in text)
    if refused or "\ufffe" in text or "\uffff" in text:
        with pytest.raises(ProcmanError, match="can't be exported to launchd"):
            quoting.xml_text(text, "it")
    else:
        assert plistlib.loads(plistlib.dumps({"A": quoting.xml_text(text, "it")})) == {"A": text}


@few
@given(any_text, st.booleans())
@example(NASTY, False)
@example(SMUGGLED, True)
@example("\ufeff\x85\u2028\x7f😀", False)
@example("\ufeff\x85\u2028\x7f😀", True)
def test_yaml_gives_back_every_text_with_pyyaml_and_as_json(text: str, pretty: bool) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    document = {"env": {"A": text, "NO": "yes"}, "words": [text, "1e3", "0o17", "12:30", "~"], "count": 3}
    written = yaml_text("marker", [document, {}], pretty=pretty)
    assert list(yaml.safe_load_all(written)) == [document, {}]


def test_a_path_that_systemd_would_read_as_a_pattern_is_refused() -> None:
    assert quoting.systemd_path("/srv/50% off", "it") == "/srv/50%% off"
    for path in ("/srv/*", "/srv/a?", "/srv/[a]", "/srv/x\\", "/srv/x ", "/srv/x\ny"):
        with pytest.raises(ProcmanError):
            quoting.systemd_path(path, "the folder")


def test_an_argument_longer_than_the_system_takes_is_refused() -> None:
    with pytest.raises(ProcmanError, match="more than 131071 bytes"):
        quoting.supervisord_command(["é" * 20_000], "the command of web")
