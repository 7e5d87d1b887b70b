"""Prints, for each older release, how many of the tests of each room are not known to fail there.

    python tests/helpers/lacking/shares.py

The tests are those that pytest finds on the running torch.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from lacking import FOLDER, reasons

#: Each room, with what is in it.
ROOMS = {"tests/user_types": "bases and extras", "tests/sound": "sound", "tests/thrift": "thrift"}


def found() -> Counter[str]:
    """How many tests each room has."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", *ROOMS]
    done = subprocess.run(command, capture_output=True, text=True, cwd=FOLDER.parents[2])
    return _by_room(line for line in done.stdout.splitlines() if "::" in line)


def _by_room(tests: Iterable[str]) -> Counter[str]:
    return Counter(room for test in tests for room in ROOMS if test.startswith(f"{room}/"))


def main() -> None:
    of = found()
    for file in sorted(FOLDER.glob("*.json"), key=lambda file: [*map(int, file.stem.split("."))]):
        failing = _by_room(reasons(file.stem))
        for room, what in ROOMS.items():
            good = of[room] - failing[room]
            print(f"{file.stem}  {what:16}  {good} of {of[room]}, {good / of[room]:.1%}")


if __name__ == "__main__":
    main()
