"""Configuration of gunicorn, loaded by default from this folder; command-line options override it.

gunicorn reads a request in the thread that handles it, so a slow client occupies a whole thread: nginx must be in front
(docs/operating.md). A page that follows a run holds a thread, and half of them at most: see hfcourse/runs/live/sse.py.
"""

import socket
import struct

from hfcourse import file_permissions

# The master process does not import the site, so it retains the token in its initial environment.
file_permissions.forbid_inspection()

# Idle threads cost almost nothing: a process handles two requests at once (hfcourse/limits/concurrency.py).
threads = 64
# Heartbeat timeout of a worker's main loop, which no request blocks: after it the arbiter replaces the worker.
timeout = 30
# Longer than the poll interval of a page: a connection closed during a new request loses that request.
keepalive = 20
# As docs/nginx.conf, whose request header buffers have 8 KiB.
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
# The control socket is one file shared by all sites of this user.
control_socket_disable = True

# Format of an optional access log: without the query, which may contain searches or a one-time code, and no Referer.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(b)s'

SOCKET_TIMEOUT_SECONDS = 30


def when_ready(server) -> None:
    """Set a timeout on client sockets, for which gunicorn has no option.

    An accepted connection inherits the options of its listening socket (on Linux and the BSDs), so a silent or dead
    client releases its thread even without a proxy in front.
    """
    seconds = struct.pack("@ll", SOCKET_TIMEOUT_SECONDS, 0)
    for listener in server.LISTENERS:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, option, seconds)


def post_worker_init(worker) -> None:
    """Store the worker's number of threads in the site: gunicorn starts them only on demand."""
    from hfcourse.server.threads import set_thread_count  # in the worker: the master imports no Flask

    set_thread_count(worker.wsgi, worker.cfg.threads)
