"""Small files of each kind, as a student may choose them."""

import io
import json
import struct
import wave
from functools import cache
from pathlib import Path

from PIL import Image


def make_image(colour: str, kind: str = "PNG") -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (24, 16), colour).save(kept, kind)
    return kept.getvalue()


def make_wav() -> bytes:
    """A tenth of a second."""
    kept = io.BytesIO()
    with wave.open(kept, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8000)
        written.writeframes(b"".join(struct.pack("<h", n % 40 * 500) for n in range(800)))
    return kept.getvalue()


def make_glb() -> bytes:
    """A glTF of an empty scene, in its binary form."""
    scene = json.dumps({"asset": {"version": "2.0"}}).encode()
    scene += b" " * (-len(scene) % 4)
    return struct.pack("<4sIII4s", b"glTF", 2, 20 + len(scene), len(scene), b"JSON") + scene


SAMPLES = {
    "rouge.png": lambda: make_image("#cc2233"),
    "bleu.jpg": lambda: make_image("#2233cc", "JPEG"),
    "vert.webp": lambda: make_image("#22cc33", "WEBP"),
    "été.wav": make_wav,
    "film.mp4": lambda: b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\x08free",
    "cube.glb": make_glb,
    "note.txt": "Un été, à l’ombre.\n".encode,
    "villes.csv": lambda: b"ville,habitants\nLyon,522250\n",
    "page.pdf": lambda: b"%PDF-1.4\n%%EOF\n",
    "vide.txt": lambda: b"",
}


@cache
def read_sample(name: str) -> bytes:
    return SAMPLES[name]()


def write_sample(folder: Path, name: str) -> Path:
    """The sample as a file in this folder."""
    (folder / name).write_bytes(read_sample(name))
    return folder / name


def make_png(size: tuple[int, int] = (40, 30)) -> bytes:
    """A PNG."""
    written = io.BytesIO()
    Image.new("RGB", size, "orange").save(written, "PNG")
    return written.getvalue()


PNG_BYTES = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
WAV_BYTES = b"RIFF\0\0\0\0WAVE" + bytes(range(88))
