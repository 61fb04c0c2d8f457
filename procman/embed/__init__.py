"""EMBED: what `from procman import …` gives: a Procfile as values, a formation as a context manager."""
