"""Resolution of host names within a deadline.

`socket.getaddrinfo()` takes no timeout, and a name server that does not answer holds it for half a minute: longer than
a call may take to connect, and out of reach of a cancellation. So it runs in a thread, which may outlive the call.
"""

import socket
import threading
import time

from hfcourse.limits.deadline import clamp_timeout

# A cancelled call that waits for a name ends after this interval.
CANCEL_CHECK_INTERVAL_SECONDS = 0.1
# One thread for each name that is looked up now, however many calls wait for it.
MAX_LOOKUPS = 100


class NameLookup:
    """Lookup of one name in a thread; `addresses` or `error` is set once it has ended."""

    def __init__(self, host: str, port: int) -> None:
        self.addresses: list[str] = []
        self.error: OSError | UnicodeError | None = None
        self.thread = threading.Thread(target=self._look_up, args=(host, port), daemon=True, name="name-lookup")
        self.thread.start()

    def _look_up(self, host: str, port: int) -> None:
        try:
            self.addresses = list_addresses(host, port)
        except (OSError, UnicodeError) as error:
            self.error = error


class NameResolver:
    """Lookups in progress, which the calls to one host share."""

    def __init__(self) -> None:
        self._lookups: dict[tuple[str, int], NameLookup] = {}
        self._lock = threading.Lock()

    def resolve_addresses(self, host: str, port: int, timeout: float) -> list[str]:
        """Return the IP addresses of a host, in the order to try them.

        Args:
            timeout: in seconds.

        Raises:
            TimeoutError: no answer in time.
            OSError, UnicodeError: the name has no address or is not a name, or MAX_LOOKUPS are in progress.
            CallCancelled, CallError: as `CancelScope.check_remaining_seconds`.
        """
        try:
            return list_addresses(host, port, socket.AI_NUMERICHOST)
        except socket.gaierror:  # a name
            lookup = self._share_lookup(host, port)
        ends_at = time.monotonic() + timeout
        while lookup.thread.is_alive():
            left = ends_at - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no answer about {host}")
            lookup.thread.join(clamp_timeout(min(left, CANCEL_CHECK_INTERVAL_SECONDS)))
        if lookup.error:
            raise lookup.error
        return lookup.addresses

    def _share_lookup(self, host: str, port: int) -> NameLookup:
        """Return the lookup of this name that is in progress, or start one."""
        with self._lock:
            self._lookups = {key: each for key, each in self._lookups.items() if each.thread.is_alive()}
            if lookup := self._lookups.get((host, port)):
                return lookup
            if len(self._lookups) >= MAX_LOOKUPS:
                raise OSError("too many names are being looked up")
            lookup = self._lookups[host, port] = NameLookup(host, port)
        return lookup


def list_addresses(host: str, port: int, flags: int = 0) -> list[str]:
    """Return the IP addresses of a host, each once. Raises as `socket.getaddrinfo`: OSError, UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys(str(address[4][0]) for address in found))
