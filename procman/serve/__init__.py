"""Serve: programs that wsgi and static lines run; the standard library only, nothing of procman."""
