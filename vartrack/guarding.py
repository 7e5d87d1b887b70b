"""The old place of `GUARD_KINDS`, which the docs named before version 0.2."""

from __future__ import annotations

from vartrack.core.guarding.guards import GUARD_KINDS

__all__ = ["GUARD_KINDS"]
