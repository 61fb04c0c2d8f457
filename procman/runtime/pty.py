"""A pseudo-terminal for one child.

Theory of operation. The child leads a session of its own and opens the slave itself, by name, as its
first terminal: that makes it the controlling terminal, without preexec_fn. Output processing is off,
so that a newline stays a newline. Reading the master gives data while there is any, then EIO once
nobody has the slave open: the last line of a child that wrote and died is still there.
"""

from __future__ import annotations

import fcntl
import os
import struct
import termios

FALLBACK_SIZE = (24, 80)


def open_pty(size: tuple[int, int]) -> tuple[int, int, str]:
    """Give master, slave and the slave's path; the slave is to be closed once the child has opened it."""
    master, slave = os.openpty()
    try:
        attributes = termios.tcgetattr(slave)
        attributes[1] &= ~termios.OPOST
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        set_size(master, size)
        return master, slave, os.ttyname(slave)
    except OSError:
        os.close(master)
        os.close(slave)
        raise


def window_size(fd: int) -> tuple[int, int]:
    """Give rows and columns of the terminal at fd, or 24 by 80 where it has none to tell."""
    try:
        rows, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(fd, termios.TIOCGWINSZ, bytes(8)))
    except OSError:
        return FALLBACK_SIZE
    return (rows or FALLBACK_SIZE[0], columns or FALLBACK_SIZE[1])


def set_size(master: int, size: tuple[int, int]) -> None:
    """Change the window; the kernel sends WINCH to the terminal's foreground group."""
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
