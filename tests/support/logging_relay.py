"""A relay that logs every byte of each connection in both directions: in front of a server, or as an HTTP proxy."""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.support.waiting import WAIT_TIMEOUT_SECONDS


@dataclass
class ConnectionLog:
    """Bytes of one connection; `tunnel_sent` and `tunnel_received` are those of the dialogue before a tunnel."""

    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)
    tunnel_sent: bytes = b""
    tunnel_received: bytes = b""


class LoggingRelay:
    """TCP relay to one address; as a proxy it first answers a CONNECT, whatever host that names.

    Args:
        target_url: where the bytes go.
        is_proxy: does each connection begin with CONNECT?
    """

    def __init__(self, target_url: str, is_proxy: bool = False) -> None:
        parts = urlsplit(target_url)
        self._target, self._is_proxy = (parts.hostname, parts.port), is_proxy
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._listener]
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections: list[ConnectionLog] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def sent(self) -> bytes:
        """Everything that clients sent, in the order of their connections."""
        return b"".join(bytes(each.sent) for each in self.connections)

    @property
    def received(self) -> bytes:
        """Everything that the server answered."""
        return b"".join(bytes(each.received) for each in self.connections)

    def close(self) -> None:
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            log = ConnectionLog()
            self.connections.append(log)
            if self._is_proxy:
                self._open_tunnel(client, log)
            server = socket.create_connection(self._target, WAIT_TIMEOUT_SECONDS)
            self._sockets += [client, server]
            for source, sink, bytes_log in ((client, server, log.sent), (server, client, log.received)):
                threading.Thread(target=relay_bytes, args=(source, sink, bytes_log), daemon=True).start()

    @staticmethod
    def _open_tunnel(client: socket.socket, log: ConnectionLog) -> None:
        while b"\r\n\r\n" not in log.tunnel_sent:
            log.tunnel_sent += client.recv(65_536)
        log.tunnel_received = b"HTTP/1.1 200 Connection established\r\nProxy-Agent: test\r\n\r\n"
        client.sendall(log.tunnel_received)


def relay_bytes(source: socket.socket, sink: socket.socket, log: bytearray) -> None:
    """Log and forward until one side closes; the other is then told."""
    with suppress(OSError):
        while piece := source.recv(65_536):
            log += piece  # before it is forwarded: who reads the log has seen the answer to it
            sink.sendall(piece)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
