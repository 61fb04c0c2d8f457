"""Numbered lines as fast as they are taken. `flooder.py [LINES] [STATUS]`, else without end."""

import os
import sys

limit = int(sys.argv[1]) if len(sys.argv) > 1 else 0
number = 0
while not limit or number < limit:
    count = min(500, limit - number) if limit else 500
    data = b"".join(b"line %d of a flood\n" % n for n in range(number, number + count))
    while data:
        data = data[os.write(1, data) :]
    number += count
sys.exit(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
