"""Is the port free? `make run` asks before it installs or starts anything.

Usage: `python -I hfcourse/server/check_port.py 5000 0.0.0.0`.
A script of its own, with the standard library alone: nothing else is installed yet on a fresh machine.
"""

import socket
import sys

LOOPBACK = "127.0.0.1"
MAX_PORT = 65_535


def is_port_free(number: int, host: str = LOOPBACK) -> bool:
    """May the site listen there? Asked by doing it; macOS would let us listen beside AirPlay, so call first."""
    with socket.socket() as caller:
        if caller.connect_ex((LOOPBACK, number)) == 0:
            return False
    try:
        socket.create_server((host, number)).close()
    except OSError:
        return False
    return True


def describe_port_in_use(number: int, command: str) -> str:
    """Say in one line that the port is taken, and the command with the next free one in the place of `{}`."""
    free = next((other for other in range(number + 1, MAX_PORT + 1) if is_port_free(other)), None)
    advice = f" Celui-ci est libre\u00a0: {command.format(free)}" if free else ""
    return f"hfcourse\u00a0: le port {number} est déjà pris.{advice}"


def find_port_error(words: str, host: str = LOOPBACK) -> str | None:
    """Return what is wrong with the port that was asked for, in one French line; None when it is free."""
    if not (words.isascii() and words.isdigit() and 0 < int(words) <= MAX_PORT):
        return f"hfcourse\u00a0: PORT doit être un nombre entier, de 1 à {MAX_PORT}."
    return None if is_port_free(int(words), host) else describe_port_in_use(int(words), "make run PORT={}")


if __name__ == "__main__":
    sys.exit(find_port_error(*sys.argv[1:3]))
