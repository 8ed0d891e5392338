"""The bootstrap of the practice process: starts before gradio is imported, exits with its parent."""

import argparse
import json
import os
import shutil
import socket
import sys
import tempfile
import threading
from contextlib import suppress

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

DEFAULT_HOST = "127.0.0.1"
# Connections wait in this backlog until gradio is imported, so that early clients need no retry.
LISTEN_BACKLOG = 128
# Address space. Measured peaks on Linux: 0.4 GB for small pictures, 0.75 GB for twelve of 12
# megapixels at once.
MAX_MEMORY_BYTES = 4 * 2**30


def open_listener(arguments: list[str] | None = None) -> socket.socket:
    """Parse the command line, watch the parent if requested, and return the listening socket.

    The port is bound here, in the process that serves it, so no other process can take it. The
    address is printed on standard output: as a line of JSON for a parent process, `{"port": 41873,
    "host": "127.0.0.1"}`, or as a URL for a terminal.
    """
    options = _read_options(arguments)
    limit_memory()
    if options.temp_folder:
        # The default HF_HOME may contain the token of a user who has logged in on this machine.
        os.environ.update(GRADIO_TEMP_DIR=options.temp_folder, HF_HOME=options.temp_folder)
        tempfile.tempdir = options.temp_folder
    if options.parent_pipe:
        _watch_parent(options.temp_folder)
    listener = socket.create_server((options.host, options.port), backlog=LISTEN_BACKLOG)
    host, port = listener.getsockname()
    address = {"port": port, "host": host}
    print(json.dumps(address) if options.parent_pipe else f"http://{host}:{port}", flush=True)
    if options.parent_pipe:
        # The parent no longer reads this pipe: redirect later output to the log.
        os.dup2(2, 1)
    return listener


def limit_memory() -> None:
    """Limit the address space, so that excessive use raises MemoryError here and spares the machine.

    A system without this limit, or with a lower one, stays unchanged.
    """
    if resource is None:
        return
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        if hard == resource.RLIM_INFINITY or hard > MAX_MEMORY_BYTES:
            resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


def _read_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Le Space d’entraînement.")
    parser.add_argument("--host", default=DEFAULT_HOST, help="adresse où écouter (défaut : cette machine seulement)")
    parser.add_argument("--port", type=int, default=0, help="port à cette adresse (0 : un port libre)")
    parser.add_argument("--parent-pipe", action="store_true", help="s’arrêter quand l’entrée standard se ferme")
    parser.add_argument("--temp-folder", default="", help="dossier temporaire, effacé à l’arrêt (avec --parent-pipe)")
    return parser.parse_args(arguments)


def _watch_parent(temp_folder: str) -> None:
    """Exit when standard input closes: the parent stopped, or was killed, even by SIGKILL."""
    pipe = os.dup(sys.stdin.fileno())
    # On Windows, a call on a handle blocks while another thread reads it, and libraries access
    # standard input when they load. They find the null device there instead.
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, sys.stdin.fileno())
    os.close(null)
    threading.Thread(target=_exit_when_pipe_closes, args=(pipe, temp_folder), daemon=True).start()


def _exit_when_pipe_closes(pipe: int, temp_folder: str) -> None:
    with suppress(OSError):
        while os.read(pipe, 1024):
            pass
    if temp_folder:
        shutil.rmtree(temp_folder, ignore_errors=True)
    # Not sys.exit(): pending requests or a hung import must not keep an orphan process alive.
    os._exit(0)
