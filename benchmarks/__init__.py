"""Measure: procman beside the managers that are on PATH, in one interleaved run (`python -m benchmarks`)."""
