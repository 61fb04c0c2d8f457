"""Tell a plain simple command from a script.

The shell reads `exec prog words` as it reads `prog words`, except where the first word is its own (a builtin,
a keyword, an assignment) or the text is more than one command. So the first word is checked strictly, the
words after it may be quoted and use variables, and whatever could be more is not simple: a wrong no costs an
idle shell, a wrong yes breaks a program.
"""

from __future__ import annotations

import re

# POSIX, with the additions of dash, bash, ksh and zsh: /bin/sh can be any of them.
SHELL_WORDS = frozenset(
    """
    ! [ [[ . : alias autoload bg bind break builtin caller case cd chdir command compgen complete compopt
    continue coproc declare dirs disown do done echo elif else emulate enable esac eval exec exit export false
    fc fg fi float for foreach function getopts hash help history if in integer jobs kill let local logout
    mapfile nocorrect noglob popd print printf pushd pwd read readarray readonly repeat return select set
    shift shopt source suspend test then time times trap true type typeset ulimit umask unalias unset unsetopt
    until wait while whence
    """.split(),  # noqa: SIM905 - a hundred words are read as text, not one a line
)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
# Neither - (an option of exec) nor ~ $ % = (the shell's own), nor anything that depends on the locale.
_BEGINS_PROGRAM = frozenset(_LETTERS + "0123456789./")
_PROGRAM = _BEGINS_PROGRAM | frozenset("+@:,-")
# What means itself in every word, and a variable's $: most commands have nothing else, and need no pattern.
_PLAIN = _PROGRAM | frozenset("=%^ \t$")
_VARIABLE = r"\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*(?::?-[\w./:,@+-]*)?\})"
_ARGUMENTS = rf"""
    (?: [\ \t]++ (?!\#)                      # a comment starts where a word does
        (?: [^\s\x00-\x1f\x7f;&|<>()`"'\\$]  # a character of a word, globs, braces and ~ included
          | \\ [^\x00-\x1f\x7f]              # an escaped one, a blank too
          | {_VARIABLE}
          | ' [^'\x00-\x1f\x7f]* '
          | " (?: [^"\\$`\x00-\x1f\x7f] | \\ [^\x00-\x1f\x7f] | {_VARIABLE} )* "
        )*+                                  # possessive: no text makes this slow
    )*+
"""


def first_word(command: str) -> str:
    """Return the program that a command starts with, or "" where the shell decides what that is."""
    end = min((at for at in (command.find(" "), command.find("\t")) if at >= 0), default=len(command))
    word = command[:end]
    if not word or word[0] not in _BEGINS_PROGRAM or not _PROGRAM.issuperset(word) or word in SHELL_WORDS:
        return ""
    return word


def is_simple_command(command: str) -> bool:
    """Say whether command is one program and its words, so that `exec command` means the same."""
    program = first_word(command)
    if not program:
        return False
    if _PLAIN.issuperset(command):
        return all(after[:1] and after[0] in _LETTERS for after in command.split("$")[1:])
    # Compiled here (re keeps it): at import it would cost every start, and most don't need it.
    return re.compile(_ARGUMENTS, re.VERBOSE | re.ASCII).fullmatch(command, len(program)) is not None
