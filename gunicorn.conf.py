"""What gunicorn reads by itself when it is started here; its command line comes before it.

gunicorn reads a request in the thread that answers it, so a slow client costs a whole thread: nginx must stand in front
(docs/operating.md). A page that follows a run holds a thread, and half of them at most: see hfcourse/runs/live/sse.py.
"""

import socket
import struct

from hfcourse import file_permissions

# Its master imports no site, and keeps the environment that it was started with.
file_permissions.forbid_inspection()

# Idle threads cost next to nothing: two requests of a process are worked on at once (hfcourse/limits/concurrency.py).
threads = 64
# Seconds in which the worker's main loop, which no request blocks, must notify its arbiter: else it is replaced.
timeout = 30
# Longer than a page waits before it asks again: a connection that closes at that moment is a request lost.
keepalive = 20
# As docs/nginx.conf, whose buffers for a request's head are of 8 KiB.
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
# Its door for commands is one file for all sites of this user.
control_socket_disable = True

# Where an access log is asked for: no query, which holds what somebody searches or a one-time code, and no Referer.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(b)s'

SOCKET_TIMEOUT_SECONDS = 30


def when_ready(server) -> None:
    """Set a time-out on the sockets of clients, which gunicorn has none for.

    An accepted connection inherits the options of its listening socket (on Linux and the BSDs), so that a silent or
    dead peer gives its thread back even where no proxy stands in front.
    """
    seconds = struct.pack("@ll", SOCKET_TIMEOUT_SECONDS, 0)
    for listener in server.LISTENERS:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, option, seconds)


def post_worker_init(worker) -> None:
    """Tell the site how many threads its worker has: gunicorn starts them one by one, when they are needed."""
    worker.wsgi.extensions["server_threads"] = worker.cfg.threads
