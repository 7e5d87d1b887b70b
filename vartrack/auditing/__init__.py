"""`audit`: which facts a program relied on that torch does not guard, and which of them changed."""

from __future__ import annotations

from vartrack.auditing.report import AuditReport, ChangedFact
from vartrack.auditing.running import audit

__all__ = ["AuditReport", "ChangedFact", "audit"]
