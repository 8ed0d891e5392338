"""Limits on the files of a Space's outputs. Pure.

A gallery of an image generator has 4 × 4 or 8 × 8 pictures, and a page renders two hundred
(`runs/outputs/value_presenters.py`): the number of files only limits requests and rows, the bytes
limit the disk space.
"""

MAX_FILE_BYTES = 20_000_000  # of one file
MAX_RUN_FILES = 200
MAX_RUN_FILE_BYTES = 50_000_000  # of all files of one run
