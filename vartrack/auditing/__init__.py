"""`audit`: which facts a program relied on that torch does not guard, and which of them changed."""

from __future__ import annotations

from vartrack.auditing.relied import ChangedFact, ReliedFact
from vartrack.auditing.report import AuditReport
from vartrack.auditing.running import audit, audit_calls

__all__ = ["AuditReport", "ChangedFact", "ReliedFact", "audit", "audit_calls"]
