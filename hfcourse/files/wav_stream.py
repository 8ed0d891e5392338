"""Repair of a WAV sound that was streamed in chunks. Pure.

Gradio 4 concatenates the chunks of an author's generator: either whole WAV files, of which a player
would play the first only, or one header with sizes of 0xFFFFFFFF and raw samples. Chunk layout:
Microsoft, « Multimedia Programming Interface and Data Specifications 1.0 », 1991.
"""

import struct

CHUNK_HEADER = struct.Struct("<4sI")
RIFF_HEADER_BYTES = 12  # RIFF, size, WAVE
MAX_UINT32 = 0xFFFF_FFFF


def join_wav_chunks(content: bytes) -> bytes:
    """Return one WAV file with the samples of all files concatenated in `content`, and correct sizes.

    The format is that of the first one. Content that is not WAV, or has no format before its
    samples, is returned unchanged.
    """
    sound_format, samples, position = b"", bytearray(), 0
    view = memoryview(content)
    while position + CHUNK_HEADER.size <= len(content):
        name, size = CHUNK_HEADER.unpack_from(content, position)
        if name == b"RIFF" and content[position + 8 : position + RIFF_HEADER_BYTES] == b"WAVE":
            position += RIFF_HEADER_BYTES
            continue
        start = position + CHUNK_HEADER.size
        if name == b"data":
            end = len(content) if size == MAX_UINT32 else min(start + size, len(content))
            samples += view[start:end]
        elif name == b"fmt " and not sound_format:
            sound_format = content[start : start + size]
        if not sound_format:
            return content
        position = start + size + size % 2
    return build_wav_file(sound_format, samples) if samples else content


def build_wav_file(sound_format: bytes, samples: bytes | bytearray) -> bytes:
    """Return a WAV file of two chunks."""
    format_chunk = CHUNK_HEADER.pack(b"fmt ", len(sound_format)) + sound_format
    data_chunk = CHUNK_HEADER.pack(b"data", len(samples)) + samples
    body = b"WAVE" + format_chunk + data_chunk
    return CHUNK_HEADER.pack(b"RIFF", len(body)) + body
