"""Whether torch wants to know if a value is true, where it has no hook for that."""

from __future__ import annotations

import sys

from torch._dynamo.variables import lazy

from vartrack.compat.hooks import JUMPS

__all__ = ["asked_for_truth"]


def asked_for_truth() -> bool:
    """Whether a jump asks the tracker whose method asks here, be it through a lazy one."""
    if not JUMPS:
        return False
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename == lazy.__file__:
        frame = frame.f_back
    return frame.f_code in JUMPS
