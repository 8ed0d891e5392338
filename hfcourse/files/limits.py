"""Limits on the files that a Space's answer brings. Pure.

A gallery of an image generator has 4 × 4 or 8 × 8 pictures, and a page draws two hundred
(`runs/outputs/value_presenters.py`): the number of files only bounds requests and rows, the bytes bound the disk.
"""

MAX_FILE_BYTES = 20_000_000  # of one file
MAX_RUN_FILES = 200
MAX_RUN_FILE_BYTES = 50_000_000  # of all files of one run
