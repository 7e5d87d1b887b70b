"""The same program through torch's own builder and through vartrack, side by side."""

from __future__ import annotations

from vartrack.comparison.explanations import Change, Diff, diff
from vartrack.comparison.report import Comparison, Difference
from vartrack.comparison.running import compare, compare_calls

__all__ = ["Change", "Comparison", "Diff", "Difference", "compare", "compare_calls", "diff"]
