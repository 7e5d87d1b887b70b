"""Brings the list of the running torch in line with what failed and passed in reports of pytest."""

from __future__ import annotations

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

sys.path.insert(0, str(__file__).rpartition("/lacking/")[0])

from lacking import FOLDER, lists
from vartrack.compat import release

#: What torch says, and the reason in words.
_WORDS: tuple[tuple[str, str], ...] = (
    (r"builtin `(?:<unknown module>\.)?([\w.]+?)\.?` This", r"torch does not call `\1`"),
    (r"function `(copy|deepcopy)` in file", r"torch does not trace `copy.\1`"),
    (r"does not support copy.deepcopy", "torch does not trace `copy.deepcopy`"),
    (r"trace builtin operator `(\w+)`", r"torch does not trace `\1` of such operands"),
    (r"not in co_names", "torch cannot write a frozen set back"),
    (r"A slice made while tracing", "torch makes no slices while tracing"),
    (r"tp_descr_get_impl", "torch dies of a `functools.partialmethod`"),
    (r"handle op max", "torch does not trace `max` with a key"),
    (r"overridden __hash__", "torch refuses objects with a `__hash__` of their own as keys"),
    (r"Attempt to trace generator", "torch does not trace generators there"),
    (r"indices must be integers", "torch takes no `__index__` of an item's place"),
    (
        r"unhashable type",
        "torch gives a wrong text of an exception that is made while tracing, as it does alone",
    ),
    (r"InternalTor", "torch dies of going through a user's iterable, or at a text of an error"),
    (r"is a view that can only be gone through", "views in C can only be gone through"),
    (r"SerializableCallable", "torch stores nothing that the backend `eager` made"),
    (r"method `__(?:next|iter)__` of class `count`", "torch does not trace `itertools.count`"),
    (
        r"Unsupported ndarray attribute access|numpy\.\* function as a method",
        "torch does not trace attributes and methods of arrays of NumPy",
    ),
    (r"a copy that would be empty", "torch copies no objects with slots beside attributes"),
    (r"underlying object is hashable", "torch takes no modules and the like as keys"),
    (r"logging", "torch does not put off what is logged"),
    (r"This list holds itself", "torch refuses a list that holds itself"),
    (r"object\.__new__\(\w+\) is not safe", "torch makes instances of C types by `object.__new__`"),
    (r"mutable_mapping_update", "torch does not trace `dict` of a mapping"),
    (r"KeyError: <torch", "torch dies at a missing key"),
    (r"assert '[\w ]+' in '", "the graph breaks, and the message names the use in other words"),
    (r"Outcome\(status='right'.*Outcome\(status='right'", "it takes more graphs than torch alone"),
)


def reason(case: ElementTree.Element, text: str) -> str:
    """Why a test failed, in words."""
    if "test_each_change_is_noticed" in str(case.get("name")):
        return "`vartrack.sound` does not notice the change"
    for pattern, words in _WORDS:
        if (found := re.search(pattern, text, re.DOTALL)) is not None:
            return found.expand(words)
    return "something else than on newer releases"


def outcomes(report: str) -> Iterator[tuple[str, str | None]]:
    """Each test that failed, and why; None if it is listed and passed."""
    for case in ElementTree.parse(report).iter("testcase"):
        mark = case.find("failure")
        if mark is not None:
            text = mark.get("message") or ""
            file = str(case.get("classname")).replace(".", "/")
            test = f"{file}.py::{case.get('name')}"
            yield test, None if "[XPASS" in text else reason(case, text)


def main(reports: list[str]) -> None:
    running = release.minor(release.RUNNING)
    found = {test: why for why, tests in lists(running).items() for test in tests}
    for report in reports:
        for test, why in outcomes(report):
            if why is None:
                found.pop(test, None)
            else:
                found.setdefault(test, why)
    ordered = {
        why: sorted(test for test in found if found[test] == why)
        for why in sorted({*found.values()})
    }
    (FOLDER / f"{running}.json").write_text(json.dumps(ordered, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
