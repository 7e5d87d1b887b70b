"""Bases to subclass for types of one's own: a visitor in ten lines."""

from __future__ import annotations

from vartrack.bases.constant import ConstantVisitor
from vartrack.bases.content import content_key
from vartrack.bases.mapping import MappingVisitor
from vartrack.bases.opaque import OpaqueVisitor
from vartrack.bases.record import RecordVisitor
from vartrack.bases.result import ResultVisitor
from vartrack.bases.snapshot import SnapshotVisitor

__all__ = [
    "ConstantVisitor",
    "MappingVisitor",
    "OpaqueVisitor",
    "RecordVisitor",
    "ResultVisitor",
    "SnapshotVisitor",
    "content_key",
]
