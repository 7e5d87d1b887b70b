"""What every value of a compile became, why, under which guards, at what cost."""

from __future__ import annotations

from vartrack.explaining.report import (
    Alias,
    Break,
    Compile,
    Explanation,
    Sourceless,
    Value,
    VisitorTotal,
)
from vartrack.explaining.running import explain, explain_call

__all__ = [
    "Alias",
    "Break",
    "Compile",
    "Explanation",
    "Sourceless",
    "Value",
    "VisitorTotal",
    "explain",
    "explain_call",
]
