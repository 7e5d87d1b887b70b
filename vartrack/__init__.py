"""Teach ``torch.compile`` about your values."""

from __future__ import annotations

from vartrack.bases import ConstantVisitor, OpaqueVisitor, RecordVisitor, SnapshotVisitor
from vartrack.context import BuilderContext
from vartrack.defaults import default, register
from vartrack.errors import InstallError, RegistrationError, VartrackError, VisitorError
from vartrack.halves import Sourced, Sourceless
from vartrack.builder import (
    SourcelessBuilder,
    SourcelessUserDefinedObjectBuilder,
    VariableBuilder,
)
from vartrack.recording import Recorder, recording
from vartrack.registry import Registry
from vartrack.route import Route
from vartrack.stock import stock
from vartrack.switching import active_registry, install, is_installed, uninstall, use
from vartrack.tracer import Tracer
from vartrack.visitor import Visitor

from vartrack._version import __version__
