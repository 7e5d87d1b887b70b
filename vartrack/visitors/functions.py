"""Functions written in Python and in C, and partials of them."""

from __future__ import annotations

import functools
from typing import Any

from torch._dynamo import graph_break_hints
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import (
    FunctoolsPartialVariable,
)

from vartrack.compat.making import make
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced
from vartrack.core.visitor import Visitor
from vartrack.visitors.callables import (
    OPERATORS,
    ByTraceRule,
)
from vartrack.visitors.one_half import REFUSED_WHEN_NEW


class Functions(ByTraceRule):
    """A function or operator that no other visitor takes."""

    types = OPERATORS


class Partials(Sourced, Visitor):
    """``functools.partial``: its function and arguments are built at once."""

    one_half = REFUSED_WHEN_NEW
    types = (functools.partial,)
    parts_first = True

    def children(self, ctx: BuilderContext, value: functools.partial[Any]) -> tuple[Any, ...]:
        func = ctx.attr("func").visit(value.func)
        place = ctx.attr("args")
        args = [place.item(index).visit(arg) for index, arg in enumerate(value.args)]
        place = ctx.attr("keywords")
        keywords = {}
        for name, arg in value.keywords.items():
            if not ConstantVariable.is_literal(name):
                ctx.unsupported(
                    "functools.partial() with non-literal keyword",
                    explanation="The keyword names of a partial must be plain strings.",
                    context=f"non-literal keyword: {name}",
                    hints=graph_break_hints.USER_ERROR,
                )
            keywords[name] = place.dict_item(name).visit(arg)
        return func, args, keywords

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        ctx.guard("TYPE_MATCH")
        ctx.attr("keywords").guard("DICT_KEYS_MATCH")
        ctx.attr("args").guard("SEQUENCE_LENGTH")

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        # selective checkpointing compares partials by this
        cache_hash = getattr(value, "cache_hash", None)
        partial: VariableTracker = make(
            FunctoolsPartialVariable, *children, if_taken={"original_cache_hash": cache_hash}
        )
        return partial
