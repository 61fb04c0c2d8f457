"""Ask: parse what the user typed, call the rooms below, print."""
