"""What to register for a value, if anything: torch is tried with it, then the base that fits."""

from __future__ import annotations

from vartrack.suggestion.report import Suggestion, Trial
from vartrack.suggestion.running import suggest

__all__ = ["Suggestion", "Trial", "suggest"]
