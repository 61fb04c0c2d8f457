"""A line without an end. `partial.py [STATUS]`: stays, or ends with that status."""

import os
import signal
import sys

os.write(1, b"ready\nno end of line")
if len(sys.argv) > 1:
    sys.exit(int(sys.argv[1]))
while True:
    signal.pause()
