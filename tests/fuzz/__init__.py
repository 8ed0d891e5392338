"""Fuzzing of what strangers send: descriptions, answers and forms, each example with a limit of processor and memory.

`make fuzz` runs a campaign of ten minutes. A failure is shrunk and written to tests/fuzz/reproducers, which
test_fuzz.py replays.
"""
