"""An explanation for people: the short form, the tree of all values, the list of guards."""

from __future__ import annotations

from vartrack.explanation.text.full import full
from vartrack.explanation.text.guards import guard_list
from vartrack.explanation.text.lines import WIDTH, as_text
from vartrack.explanation.text.summary import summary

__all__ = ["WIDTH", "as_text", "full", "guard_list", "summary"]
