"""The tests."""

import os
import sys

# Tests start the site and its tools some two hundred times. Each would compile all modules of ours if the environment,
# often that of a container, forbade to keep what was compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
