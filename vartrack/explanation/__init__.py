"""What every value of a compile became, why, under which guards, at what cost."""

from __future__ import annotations

from vartrack.explanation.report import (
    Alias,
    Break,
    CompileReport,
    Explanation,
    SourcelessReport,
    Value,
    VisitorTotal,
)
from vartrack.explanation.running import explain, explain_call

__all__ = [
    "Alias",
    "Break",
    "CompileReport",
    "Explanation",
    "SourcelessReport",
    "Value",
    "VisitorTotal",
    "explain",
    "explain_call",
]
