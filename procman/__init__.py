"""procman runs the processes of a Procfile in one terminal and leaves nothing behind."""

# A constant, not importlib.metadata: looking it up would cost 30 ms at every start.
__version__ = "0.1.0"
