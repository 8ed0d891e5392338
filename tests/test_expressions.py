"""No regular expression of ours takes more than linear time to match what a Space or a student may have written."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Prints the expressions that take too long. A long match holds the interpreter's lock: nobody else is served meanwhile.
# Quadratic time shows at this length as seconds, linear time as a few milliseconds.
CHILD = r"""
import importlib, itertools, json, pkgutil, re, time
import hfcourse

CHARACTERS, MAX_SECONDS = 40_000, 1
OURS = {"hfcourse.lessons", "hfcourse.content", "hfcourse.migrations", "hfcourse.practice", "hfcourse.config"}


def patterns():
    # Those of the modules that read what strangers write; not the ones of the lessons and the settings, which are ours.
    for module in pkgutil.walk_packages(hfcourse.__path__, "hfcourse."):
        if not any(module.name == name or module.name.startswith(f"{name}.") for name in OURS):
            for name, value in vars(importlib.import_module(module.name)).items():
                for each in value if isinstance(value, list | tuple) else [value]:
                    for item in each if isinstance(each, tuple) else [each]:
                        if isinstance(item, re.Pattern):
                            yield f"{module.name}.{name}", item


def pieces(pattern):
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    return sorted({*re.findall(r"[A-Za-z]{2,9}", text)[:6], *re.findall(r"[^\w\s\\]", text)[:9], " ", "a", "1", "\\"})


slow, count = [], 0
for name, pattern in patterns():
    count += 1
    for first, repeated in itertools.product(["", *pieces(pattern)], pieces(pattern)):
        text = first + (repeated * CHARACTERS)[:CHARACTERS] + "\x01"
        begun = time.process_time()
        pattern.fullmatch(text if isinstance(pattern.pattern, str) else text.encode())
        if time.process_time() - begun > MAX_SECONDS:
            slow.append([name, first, repeated])
print(json.dumps({"count": count, "slow": slow}))
"""


def test_expressions_match_long_texts_in_linear_time() -> None:
    child = subprocess.run([sys.executable, "-c", CHILD], cwd=ROOT, timeout=300, capture_output=True, check=True)
    found = json.loads(child.stdout)
    assert found["count"] > 30
    assert found["slow"] == []
