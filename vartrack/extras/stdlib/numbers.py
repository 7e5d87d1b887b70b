"""Decimal and Fraction."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction
from typing import Any

from vartrack.bases import ConstantVisitor

__all__ = ["Decimals", "Fractions", "decimal_context"]


def decimal_context() -> tuple[Any, ...]:
    """What the arithmetic of decimals in this thread goes by: all but the flags it raises."""
    *settings, _, traps = decimal.getcontext().__reduce__()[1]  # type: ignore[misc]
    return (*settings, *traps)


class Decimals(ConstantVisitor):
    """``1.0`` and ``1.00`` differ, as do ``0`` and ``-0``.

    A graph that calculates with them is good for one decimal context. The flags of the context
    are raised when something is evaluated, so not at every call.

    .. versionadded:: 0.1
    """

    types = (Decimal,)
    exact = True
    key = staticmethod(str)
    state = staticmethod(decimal_context)


class Fractions(ConstantVisitor):
    """Fractions.

    .. versionadded:: 0.1
    """

    types = (Fraction,)
    exact = True
    key = staticmethod(Fraction.as_integer_ratio)
    traced = ("numerator", "denominator", "__bool__", "__float__")
