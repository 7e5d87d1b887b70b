"""Templates of text."""

from __future__ import annotations

import operator
import string

from vartrack.extras._partly_evaluated import PartlyEvaluated

__all__ = ["Templates"]


class Templates(PartlyEvaluated):
    """``string.Template``: what is put in for names is evaluated, for one text of the template.

    .. versionadded:: 0.2
    """

    types = (string.Template,)
    key = operator.attrgetter("template")
    evaluated = frozenset({"get_identifiers", "is_valid", "safe_substitute", "substitute"})
