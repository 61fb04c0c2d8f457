"""Tell commands that every shell can read from those that one has to be asked about.

What is matched here is valid by POSIX's grammar, whatever /bin/sh is: simple commands of plain words, quotes
that close, redirections and assignments, joined by `&&`, `||`, `|`, `;` and `&`. Everything with a structure
of its own (reserved words, parentheses, substitutions, here-documents, comments) is not: a wrong no costs a
process of `sh -n`, a wrong yes would hide an error. To put many commands before one shell would hide some,
too: what one leaves open the next may close.
"""

from __future__ import annotations

import re

from procman.config.shellwords import is_simple_command

_BLANKS = r"[\ \t]*+"
_END = r"(?=[\s;&|<>]|$)"
_EXPANSION = r"\$(?:[A-Za-z_]\w*|[0-9?$!@*-]|\{[A-Za-z_]\w*(?::?-[\w./:,@+-]*)?\})"
# The possessive + keeps a long text from being tried in every way.
_WORD = rf"""(?:
      [^\s\x00-\x1f\x7f;&|<>()`"'\\$\#[]
    | (?<!\w) \[                   # bash looks for the ] of an array's element
    | (?<![\s;&|<>]) (?<!^) \#     # where a word begins, # begins a comment
    | \\ [^\x00-\x1f\x7f]
    | {_EXPANSION}
    | ' [^'\x00-\x1f\x7f]* '
    | " (?: [^"\\$`\x00-\x1f\x7f] | \\ [^\x00-\x1f\x7f] | {_EXPANSION} )* "
    )++"""
# Digits before < or > are a descriptor, whatever stood before them.
_REDIRECTION = rf"""[0-9]* (?:
      (?: > [>|]? | < >? ) {_BLANKS} (?! [0-9]+ [<>] ) {_WORD}
    | [<>] & {_BLANKS} [0-9-] (?=[\s;&|]|$)
    )"""
_ASSIGNMENT = rf"[A-Za-z_]\w* = (?:{_WORD})?+ {_END}"
# Reserved, or a word with a grammar of its own, in one of dash, bash, ksh and zsh.
_RESERVED = rf"""(?:
      ! | [{{}}] .* | \[\[ .* | \]\] .* | case | coproc | do | done | elif | else | end | esac | fi | for
    | foreach | function | if | in | namespace | nocorrect | repeat | select | then | time | until | while
    ) {_END}"""
_SIMPLE = rf"""
    (?: (?: {_REDIRECTION} | {_ASSIGNMENT} ) {_BLANKS} )*+
    (?! {_RESERVED} ) (?: (?: {_REDIRECTION} | {_WORD} ) {_BLANKS} )++
"""
_LIST = rf"""
    (?![-+])                           # sh -c would take it for an option
    {_BLANKS} {_SIMPLE}
    (?: (?: && | \|\|? | ; | & (?!>) ) {_BLANKS} {_SIMPLE} )*+
    (?: [;&] {_BLANKS} )?+
"""


def is_readable(command: str) -> bool:
    """Say whether every shell can read this command; false where one has to be asked."""
    # Compiled here (re keeps it): it takes as long as a few shells, and most files have only simple ones.
    return is_simple_command(command) or (
        re.compile(_LIST, re.VERBOSE | re.ASCII).fullmatch(command) is not None
    )
