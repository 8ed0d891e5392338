"""Streamed sounds that become files: WAV chunks joined into one that a player plays to its end."""

import io
import struct
import wave

from hypothesis import given
from hypothesis import strategies as st

from hfcourse.files.wav_stream import join_wav_chunks

CHUNKS = st.lists(st.lists(st.integers(-32768, 32767), min_size=1, max_size=50), min_size=1, max_size=5)


def wav(samples: list[int], rate: int = 8000) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return written.getvalue()


def samples_in(content: bytes) -> list[int]:
    with wave.open(io.BytesIO(content)) as sound:
        frames = sound.readframes(sound.getnframes())
    return list(struct.unpack(f"<{len(frames) // 2}h", frames))


@given(CHUNKS)
def test_wav_files_one_after_another_become_one_with_all_samples(chunks: list[list[int]]) -> None:
    joined = join_wav_chunks(b"".join(map(wav, chunks)))
    assert samples_in(joined) == [sample for chunk in chunks for sample in chunk]


@given(CHUNKS)
def test_wav_header_without_sizes_gets_those_of_the_samples_that_follow(chunks: list[list[int]]) -> None:
    first = bytearray(wav(chunks[0]))
    first[4:8] = first[40:44] = b"\xff\xff\xff\xff"
    content = bytes(first) + b"".join(wav(chunk)[44:] for chunk in chunks[1:])
    assert samples_in(join_wav_chunks(content)) == [sample for chunk in chunks for sample in chunk]


@given(st.binary(max_size=200))
def test_what_is_no_wav_is_left_as_it_is(content: bytes) -> None:
    assert join_wav_chunks(b"\xff\xf1" + content) == b"\xff\xf1" + content


@given(st.binary(max_size=200))
def test_any_bytes_after_a_riff_header_end_without_an_error(content: bytes) -> None:
    assert isinstance(join_wav_chunks(b"RIFF\0\0\0\0WAVE" + content), bytes)
