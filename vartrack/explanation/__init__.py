"""What every value of a compile became, why, under which guards, at what cost."""

from __future__ import annotations

from vartrack.explanation.compiles.guards import Guard, GuardTime
from vartrack.explanation.compiles.recompiles import Recompile
from vartrack.explanation.compiles.seen import Graph, Input
from vartrack.explanation.explanation import Explanation
from vartrack.explanation.report.report import (
    Alias,
    Break,
    CompileReport,
    SourcelessReport,
    Value,
    VisitorTotal,
)
from vartrack.explanation.running.programs import watch
from vartrack.explanation.running.running import explain, explain_call, explain_calls
from vartrack.explanation.wording.places import Place

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
