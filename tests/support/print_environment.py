"""Print the environment of this process and its temporary folder."""

import os
import tempfile

print(sorted(os.environ.items()), tempfile.gettempdir())
