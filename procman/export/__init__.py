"""Hand over: turn the plan into the files of another manager, one module for each; nothing is run here."""
