"""What gunicorn reads by itself when it is started here; its command line comes before it.

A page that follows a run holds a thread, and half of them at most: see hfcourse/runs/streams.py.
"""

threads = 16
# Longer than a page waits before it asks again: a connection that closes at that moment is a request lost.
keepalive = 20
# Its door for commands is one file for all sites of this user.
control_socket_disable = True


def post_worker_init(worker) -> None:
    """Tell the site how many threads its worker has: gunicorn starts them one by one, when they are needed."""
    worker.wsgi.extensions["streams"].threads = worker.cfg.threads
