"""Ignores every request to end."""

import signal

for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
    signal.signal(signum, signal.SIG_IGN)
print("ready", flush=True)
while True:
    signal.pause()
