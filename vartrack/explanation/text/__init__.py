"""An explanation for people: the short form, the tree of all values, the list of guards."""

from __future__ import annotations

from vartrack.explanation.text.full import full
from vartrack.explanation.text.guards import guard_list
from vartrack.explanation.text.lines import WIDTH, as_text
from vartrack.explanation.text.more import IN_CODE, ON_COMMAND_LINE, More, in_tests
from vartrack.explanation.text.summary import summary

__all__ = [
    "IN_CODE",
    "ON_COMMAND_LINE",
    "WIDTH",
    "More",
    "as_text",
    "full",
    "guard_list",
    "in_tests",
    "summary",
]
