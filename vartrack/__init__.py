"""Teach ``torch.compile`` about your values."""

from __future__ import annotations

from vartrack._version import __version__
from vartrack.errors import InstallError, RegistrationError, VartrackError, VisitorError
from vartrack.unusable import is_fault_of_torch, stand_ins

__all__ = [
    "GUARD_KINDS",
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
    "Result",
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

try:
    from vartrack import extras
    from vartrack.bases import (
        ConstantVisitor,
        OpaqueVisitor,
        RecordVisitor,
        ResultVisitor,
        SnapshotVisitor,
        content_key,
    )
    from vartrack.comparison import Comparison, Difference, compare, compare_calls
    from vartrack.core.context import BuilderContext
    from vartrack.core.guards import GUARD_KINDS
    from vartrack.core.halves import Sourced, Sourceless, Traced, Tracked
    from vartrack.core.protocol import Tracer
    from vartrack.core.recording import Recorder, recording
    from vartrack.core.result import Result
    from vartrack.core.visitor import Visitor
    from vartrack.defaults import default, register, stock
    from vartrack.dispatch.order import Chain, Order
    from vartrack.dispatch.registry import Registry
    from vartrack.dispatch.route import Route
    from vartrack.explanation import Explanation, explain
    from vartrack.installation import install, uninstall, use
    from vartrack.installation.builders import (
        BackwardStateGraphArg,
        GraphArg,
        SourcelessBuilder,
        SourcelessUserDefinedObjectBuilder,
        VariableBuilder,
    )
    from vartrack.session import active_registry, is_installed
except Exception as error:
    # so that a program can be imported on any torch; `install` and `use` say what is wrong
    if not is_fault_of_torch(error):
        raise
    missing = [name for name in __all__ if name not in globals()]
    globals().update(stand_ins(missing, error))
