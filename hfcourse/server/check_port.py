"""Port check of `make run`, before it installs or starts anything.

Usage: `python -I hfcourse/server/check_port.py 5000 0.0.0.0`.
A separate script with the standard library alone: on a fresh machine nothing else is installed yet.
"""

import socket
import sys

LOOPBACK = "127.0.0.1"
MAX_PORT = 65_535


def is_port_free(number: int, host: str = LOOPBACK) -> bool:
    """Can the site listen on this port? Tries it; first connects, because macOS allows listening beside AirPlay."""
    with socket.socket() as caller:
        if caller.connect_ex((LOOPBACK, number)) == 0:
            return False
    try:
        socket.create_server((host, number)).close()
    except OSError:
        return False
    return True


def describe_port_in_use(number: int, command: str) -> str:
    """Return a French line: the port is in use, and `command` with the next free port in place of `{}`."""
    free = next((other for other in range(number + 1, MAX_PORT + 1) if is_port_free(other)), None)
    advice = f" Celui-ci est libre\u00a0: {command.format(free)}" if free else ""
    return f"hfcourse\u00a0: le port {number} est déjà pris.{advice}"


def find_port_error(port: str, host: str = LOOPBACK) -> str | None:
    """Return a French line if the port is invalid or in use, otherwise None."""
    if not (port.isascii() and port.isdigit() and 0 < int(port) <= MAX_PORT):
        return f"hfcourse\u00a0: PORT doit être un nombre entier, de 1 à {MAX_PORT}."
    return None if is_port_free(int(port), host) else describe_port_in_use(int(port), "make run PORT={}")


if __name__ == "__main__":
    sys.exit(find_port_error(*sys.argv[1:3]))
