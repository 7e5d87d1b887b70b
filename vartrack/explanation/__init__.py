"""What every value of a compile became, why, under which guards, at what cost."""

from __future__ import annotations

from vartrack.explanation.explanation import Explanation
from vartrack.explanation.guards import Guard, GuardTime
from vartrack.explanation.places import Place
from vartrack.explanation.programs import watch
from vartrack.explanation.recompiles import Recompile
from vartrack.explanation.report import (
    Alias,
    Break,
    CompileReport,
    SourcelessReport,
    Value,
    VisitorTotal,
)
from vartrack.explanation.running import explain, explain_call, explain_calls
from vartrack.explanation.seen import Graph, Input

__all__ = [
    "Alias",
    "Break",
    "CompileReport",
    "Explanation",
    "Graph",
    "Guard",
    "GuardTime",
    "Input",
    "Place",
    "Recompile",
    "SourcelessReport",
    "Value",
    "VisitorTotal",
    "explain",
    "explain_call",
    "explain_calls",
    "watch",
]
