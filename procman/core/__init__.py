"""Decide: a pure function of state, event and now."""
