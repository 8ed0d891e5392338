"""Is the port free? `make run` asks before it installs or starts anything: `python -I hfcourse/port.py 5000`.

A script of its own, with the standard library alone: nothing else is installed yet on a fresh machine.
"""

import socket
import sys

HOST = "127.0.0.1"
HIGHEST_PORT = 65_535


def is_free(port: int) -> bool:
    """May the site listen there? Asked by doing it; macOS would let us listen beside AirPlay, so call first."""
    with socket.socket() as caller:
        if caller.connect_ex((HOST, port)) == 0:
            return False
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def complaint(words: str) -> str | None:
    """What is wrong with the port that was asked for, in one line; None when it is free."""
    if not (words.isascii() and words.isdigit() and 0 < int(words) <= HIGHEST_PORT):
        return f"hfcourse: PORT must be a whole number from 1 to {HIGHEST_PORT}."
    port = int(words)
    if is_free(port):
        return None
    free = next((other for other in range(port + 1, HIGHEST_PORT + 1) if is_free(other)), None)
    return f"hfcourse: port {port} is taken" + (f"; this one is free: make run PORT={free}" if free else ".")


if __name__ == "__main__":
    sys.exit(complaint(sys.argv[1]))
