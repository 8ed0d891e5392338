"""What gunicorn reads by itself when it is started here; its command line comes before it.

A page that follows a run holds a thread, and half of them at most: see hfcourse/runs/streams.py.
"""

threads = 16


def post_worker_init(worker) -> None:
    """Tell the site how many threads its worker has: gunicorn starts them one by one, when they are needed."""
    worker.wsgi.extensions["streams"].threads = worker.cfg.threads
