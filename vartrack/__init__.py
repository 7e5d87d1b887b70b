"""Teach ``torch.compile`` about your values."""

from __future__ import annotations

from vartrack import extras
from vartrack._version import __version__
from vartrack.bases import (
    ConstantVisitor,
    OpaqueVisitor,
    RecordVisitor,
    ResultVisitor,
    SnapshotVisitor,
    content_key,
)
from vartrack.builder import (
    BackwardStateGraphArg,
    GraphArg,
    SourcelessBuilder,
    SourcelessUserDefinedObjectBuilder,
    VariableBuilder,
)
from vartrack.comparing import Comparison, Difference, compare, compare_calls
from vartrack.context import BuilderContext
from vartrack.defaults import default, register
from vartrack.errors import InstallError, RegistrationError, VartrackError, VisitorError
from vartrack.explaining import Explanation, explain
from vartrack.halves import Sourced, Sourceless, Traced, Tracked
from vartrack.order import Chain, Order
from vartrack.recording import Recorder, recording
from vartrack.registry import Registry
from vartrack.route import Route
from vartrack.stock import stock
from vartrack.switching import active_registry, install, is_installed, uninstall, use
from vartrack.tracer import Tracer
from vartrack.visitor import Visitor

__all__ = [
    "BackwardStateGraphArg",
    "BuilderContext",
    "Chain",
    "Comparison",
    "ConstantVisitor",
    "Difference",
    "Explanation",
    "GraphArg",
    "InstallError",
    "OpaqueVisitor",
    "Order",
    "RecordVisitor",
    "Recorder",
    "RegistrationError",
    "Registry",
    "ResultVisitor",
    "Route",
    "SnapshotVisitor",
    "Sourced",
    "Sourceless",
    "SourcelessBuilder",
    "SourcelessUserDefinedObjectBuilder",
    "Traced",
    "Tracer",
    "Tracked",
    "VariableBuilder",
    "VartrackError",
    "Visitor",
    "VisitorError",
    "__version__",
    "active_registry",
    "compare",
    "compare_calls",
    "content_key",
    "default",
    "explain",
    "extras",
    "install",
    "is_installed",
    "recording",
    "register",
    "stock",
    "uninstall",
    "use",
]
