"""The order rules: a value for each, and the visitors that take it, the first one first."""

from __future__ import annotations

from order_rules import (  # noqa: F401  # each notes its rules
    allowed,
    classes,
    containers,
    functions,
    literals,
    modules,
    objects,
    paths,
    sourceless,
    tensors,
)
from order_rules.rule import RULES, VISITORS, Rule

__all__ = ["RULES", "VISITORS", "Rule"]
