"""`nothing_built_by_asking`: vartrack asks no lazy tracker by `isinstance`, which would build it.

torch has `isinstance` build what is lazy, to say what it is. What is built is guarded: a value that
is only carried would be guarded as one that is used, and each new one be compiled again. Late
trackers say by themselves what they are, and are built where that is not enough.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from torch._dynamo.variables.lazy import LazyVariableTracker

import vartrack
from vartrack.bases.tracing.late.waiting import waits

__all__ = ["nothing_built_by_asking"]

_OURS = str(Path(vartrack.__file__).parent)
#: What stands between an `isinstance` and what builds.
_ASKING = frozenset({"__instancecheck__", "lazy_isinstance"})


@contextmanager
def nothing_built_by_asking() -> Iterator[None]:
    """Assert that no `isinstance` of vartrack's builds something in this block."""
    asked: set[str] = set()
    own = LazyVariableTracker.lazy_isinstance

    def lazy_isinstance(self: LazyVariableTracker, cls: type) -> Any:
        if not waits(self) and not self.is_realized():
            frame = sys._getframe(1)
            while frame.f_code.co_name in _ASKING and frame.f_back is not None:
                frame = frame.f_back
            if frame.f_code.co_filename.startswith(_OURS):
                asked.add(f"{frame.f_code.co_filename}:{frame.f_lineno}")
        return own(self, cls)

    # what runs in the place of torch's own is no code of the program's
    code = lazy_isinstance.__code__
    lazy_isinstance.__code__ = code.replace(co_filename=own.__code__.co_filename)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LazyVariableTracker, "lazy_isinstance", lazy_isinstance)
        yield
    assert not asked, (
        f"ask by `issubclass(type(tracker.unwrap()), ...)`: {', '.join(sorted(asked))}"
    )
