"""What does not work on older releases of torch: the tests of it, one by one, each with why.

``2.10.json`` and its like have, for each reason, the tests that fail on that release. They are run
there all the same, and one that passes is an error. The lists are brought in line with reports of
pytest, which add what failed and take away what passed:

    python .ci/other_releases.py --only "bases and extras" --only sound --reports FOLDER ENVIRONMENT
    python tests/helpers/lacking FOLDER/*.xml      # with the Python of that environment

and `docs/project/older-releases.md` is made of them.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

__all__ = ["FOLDER", "lists", "reasons"]

FOLDER = Path(__file__).parent


def lists(release: str) -> dict[str, list[str]]:
    """From each reason to the tests that fail on ``release``, such as ``"2.10"``, because of it."""
    file = FOLDER / f"{release}.json"
    return json.loads(file.read_text()) if file.is_file() else {}


@functools.cache
def reasons(release: str) -> dict[str, str]:
    """From each test that fails on ``release`` to why."""
    return {test: reason for reason, tests in lists(release).items() for test in tests}
