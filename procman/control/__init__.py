"""Talk: to a procman that runs, from another terminal, a script or a coding agent."""
