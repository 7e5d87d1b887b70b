"""Teach ``torch.compile`` about your values."""

from __future__ import annotations

from vartrack._version import __version__
from vartrack.errors import (
    FrozenError,
    InstallError,
    RegistrationError,
    VartrackError,
    VisitorError,
)
from vartrack.unusable import is_fault_of_torch, stand_ins

__all__ = [
    "GUARD_KINDS",
    "AuditReport",
    "BackwardStateGraphArg",
    "BuilderContext",
    "Chain",
    "Comparison",
    "ConstantVisitor",
    "Diff",
    "Difference",
    "Explanation",
    "FrozenError",
    "GraphArg",
    "InstallError",
    "MappingVisitor",
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
    "Suggestion",
    "Traced",
    "Tracer",
    "Tracked",
    "VariableBuilder",
    "VartrackError",
    "Visitor",
    "VisitorError",
    "__version__",
    "active_registry",
    "audit",
    "audit_calls",
    "compare",
    "compare_calls",
    "content_key",
    "default",
    "diff",
    "dynamic",
    "explain",
    "explain_calls",
    "extras",
    "frozen",
    "install",
    "is_installed",
    "recording",
    "register",
    "sound",
    "stock",
    "suggest",
    "uninstall",
    "use",
    "watch",
]

try:
    import torch._dynamo  # noqa: F401 - what is missing first on a torch that does not do

    from vartrack import extras
    from vartrack.auditing import AuditReport, audit, audit_calls
    from vartrack.bases import (
        ConstantVisitor,
        MappingVisitor,
        OpaqueVisitor,
        RecordVisitor,
        ResultVisitor,
        SnapshotVisitor,
        content_key,
    )
    from vartrack.comparison import Comparison, Diff, Difference, compare, compare_calls, diff
    from vartrack.core.context import BuilderContext
    from vartrack.core.guarding.guards import GUARD_KINDS
    from vartrack.core.halves import Sourced, Sourceless, Traced, Tracked
    from vartrack.core.protocol import Tracer
    from vartrack.core.recording import Recorder, recording
    from vartrack.core.result import Result
    from vartrack.core.visitor import Visitor
    from vartrack.defaults import default, register, sound, stock
    from vartrack.dispatch.order import Chain, Order
    from vartrack.dispatch.registry import Registry
    from vartrack.dispatch.route import Route
    from vartrack.explanation import Explanation, explain, explain_calls, watch
    from vartrack.extras.thrift.declared.declaring import dynamic, frozen
    from vartrack.installation import install, uninstall, use
    from vartrack.installation.builders import (
        BackwardStateGraphArg,
        GraphArg,
        SourcelessBuilder,
        SourcelessUserDefinedObjectBuilder,
        VariableBuilder,
    )
    from vartrack.session import active_registry, is_installed
    from vartrack.suggestion import Suggestion, suggest
except Exception as error:
    # so that a program can be imported on any torch; `install` and `use` say what is wrong
    if not is_fault_of_torch(error):
        raise
    missing = [name for name in __all__ if name not in globals()]
    globals().update(stand_ins(missing, error))
