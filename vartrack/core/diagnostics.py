"""What happens when no visitor takes a value, or one fails: a graph break that says so."""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from torch._dynamo import exc
from torch.fx.experimental.symbolic_shapes import (
    ConstraintViolationError,
    GuardOnDataDependentSymNode,
)

from vartrack.core.result import Result
from vartrack.core.texts.articles import with_article
from vartrack.core.texts.wording import without_addresses

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext
    from vartrack.core.visitor import Visitor

__all__ = [
    "PASSED_ON",
    "nearest_types",
    "no_sourceless_form",
    "no_visitor",
    "not_a_tracker",
    "refusal_behind",
    "visitor_raised",
]


#: Exceptions that steer the tracer (graph breaks, restarts, exceptions of the traced program),
#: or tell the user of a mistake in the program. They pass through visitors untouched.
PASSED_ON: tuple[type[BaseException], ...] = (
    exc.TorchDynamoException,
    GuardOnDataDependentSymNode,
    ConstraintViolationError,
)


_break_graph: Callable[..., NoReturn] = exc.unimplemented
#: How the names of vartrack's own graph breaks begin.
_OURS = "vartrack: "


def refusal_behind(error: exc.TorchDynamoException) -> exc.Unsupported | None:
    """The graph break of vartrack's that torch took for an error of the program, or None.

    ``error`` is what torch made of it.
    """
    before = error.__context__
    while before is not None:
        if isinstance(before, exc.Unsupported) and str(before).startswith(_OURS):
            return None if str(error).startswith(_OURS) else before
        before = before.__context__
    return None


def _where(ctx: BuilderContext, value: Any) -> str:
    if isinstance(value, Result):
        cls = type(value.example)
        return f"the result of {value.target}, type {cls.__module__}.{cls.__qualname__}"
    cls = type(value)
    if ctx.source is None:
        place = "a value without a source"
    else:
        name = ctx.source.name
        place = f"source {name if len(name) < 200 else f'{name[:90]}...{name[-90:]}'}"
    return f"{place}, type {cls.__module__}.{cls.__qualname__}"


def _visitor(visitor: Visitor | None) -> str:
    if visitor is None:
        return "no visitor"
    file, line = visitor.defined_at
    return f"{visitor.name} ({file}:{line})"


def _text(convert: Callable[[Any], str], thing: Any) -> str:
    """``convert(thing)``, which is the code of a user and can fail as well, without addresses."""
    try:
        return without_addresses(convert(thing))
    except Exception as error:
        return f"(its text cannot be had: {type(error).__name__})"


def no_visitor(ctx: BuilderContext, value: Any) -> NoReturn:
    """Break the graph because no registered visitor takes ``value``."""
    compile, where = ctx.compile, _where(ctx, value)
    half, table = "sourced", compile.sourced
    if isinstance(value, Result):
        value, half, table = value.example, "traced", compile.traced
    elif ctx.source is None:
        half, table = "sourceless", compile.sourceless
    cls = type(value)
    declined = ", ".join(test.name for test in table[cls].tests)
    near = ", ".join(nearest_types(cls, table.types()))
    _break_graph(
        gb_type="vartrack: no visitor",
        context=where,
        explanation=f"No visitor with a {half} half takes this {cls.__qualname__}."
        + (f" Asked, and declined: {declined}." if declined else "")
        + (f" The nearest types that have a visitor: {near}." if near else ""),
        hints=[
            f"Register one: `@vartrack.register` on a visitor with `types = ({cls.__name__},)`.",
            "See what was tried: `vartrack.default.explain_resolution(value)`, or the same of the "
            "registry that you use.",
        ],
    )


def no_sourceless_form(ctx: BuilderContext, value: Any) -> NoReturn:
    """Break the graph because ``value`` was made while tracing, where its type has no form."""
    cls = type(value)
    _break_graph(
        gb_type="Unexpected type in sourceless builder",
        context=f"{cls.__module__}.{cls.__qualname__}",
        explanation=(
            f"{with_article(cls, begins=True)} made while tracing has no source, and nothing says "
            "how to represent one without."
        ),
        hints=[
            f"Register a visitor with a Sourceless half for {cls.__qualname__}: "
            "see 'Teach torch.compile your type' in the docs of vartrack.",
            "Or make the object outside the compiled function and pass it in.",
        ],
    )


def visitor_raised(
    ctx: BuilderContext, value: Any, visitor: Visitor | None, error: Exception
) -> NoReturn:
    """Break the graph because ``visitor`` raised ``error``."""
    if isinstance(error, RecursionError):
        explanation = f"The visitor {_visitor(visitor)} recursed without end (RecursionError)."
        hint = "Build parts through ctx.attr(...), ctx.item(...) or ctx.lazy(...), not the value."
    else:
        what = ": ".join(filter(None, (type(error).__name__, _text(str, error))))
        explanation = f"The visitor {_visitor(visitor)} raised {what.removesuffix('.')}."
        frame = traceback.extract_tb(error.__traceback__)[-1]
        hint = f"The error comes from {frame.filename}:{frame.lineno}, in {frame.name}."
    _break_graph(
        gb_type="vartrack: a visitor raised",
        context=_where(ctx, value),
        explanation=f"{explanation} It was building {_where(ctx, value)}.",
        hints=[hint],
        from_exc=error,
    )


def not_a_tracker(
    ctx: BuilderContext, value: Any, visitor: Visitor | None, result: Any
) -> NoReturn:
    """Break the graph because ``visitor`` returned ``result``, which is not a tracker."""
    _break_graph(
        gb_type="vartrack: a visitor returned no tracker",
        context=_where(ctx, value),
        explanation=(
            f"The visitor {_visitor(visitor)} returned {type(result).__name__} "
            f"{_text(repr, result):.80} instead of a VariableTracker. "
            f"It was building {_where(ctx, value)}."
        ),
        hints=["Return what ctx.visit, ctx.track_existing or a tracker class returns."],
    )


def nearest_types(cls: type, registered: Iterable[type | str], most: int = 3) -> list[str]:
    """The names of the registered types that a visitor for ``cls`` may have been meant for.

    Those that share bases with ``cls`` come first, the more the nearer, then those with a name
    like its own.

    Args:
        cls: the type that nobody takes.
        registered: types, or names of types as ``"package.module:Name"``.
        most: how many names to give.
    """
    bases = {base for base in cls.__mro__ if base is not object}
    ranked = []
    for one in dict.fromkeys(registered):
        if one is object:
            continue
        shared = 0 if isinstance(one, str) else len(bases.intersection(one.__mro__))
        name = one.rpartition(":")[2] if isinstance(one, str) else one.__qualname__
        likeness = difflib.SequenceMatcher(
            None, cls.__name__.lower(), name.rpartition(".")[2].lower()
        ).ratio()
        if shared or likeness >= 0.6:
            text = one.replace(":", ".") if isinstance(one, str) else f"{one.__module__}.{name}"
            ranked.append((-shared, -likeness, text.removeprefix("builtins.")))
    return [name for _, _, name in sorted(ranked)[:most]]
