"""Objects of subclasses of `functools.partial`, which torch takes for partials and no more."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.base import AsPythonConstantNotImplementedError
from torch._dynamo.variables.functions import FunctoolsPartialVariable

from vartrack.compat.hooks import Hooks
from vartrack.core.texts.articles import with_article
from vartrack.soundness.noting.ledger import current
from vartrack.soundness.reading.lookups import find
from vartrack.visitors.functions import Partials

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.context import BuilderContext

__all__ = ["PartialsOfSubclasses"]

#: What torch does itself where a partial is called or read.
_PASSED_BY = ("__call__", "__getattribute__", "__getattr__", "func", "args", "keywords")


class OwnPartialVariable(Hooks, FunctoolsPartialVariable):
    """A partial of a subclass."""

    _nonvar_fields = {"cls", *FunctoolsPartialVariable._nonvar_fields}

    def __init__(self, *args: Any, cls: type = functools.partial, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cls = cls

    def python_type(self) -> type:
        """Its class, and not `functools.partial`."""
        return self.cls

    def as_python_constant(self) -> Any:
        """Nothing: making another one would run code of the class."""
        raise AsPythonConstantNotImplementedError(self)

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        """An attribute; torch says that there is none but those of every partial."""
        self._ask(name)
        attribute: VariableTracker = super().tp_getattro_impl(tx, name)
        return attribute

    def call_obj_hasattr(self, tx: Any, name: str) -> Any:
        """Whether there is one."""
        self._ask(name)
        return super().call_obj_hasattr(tx, name)

    def _ask(self, name: str) -> None:
        """Break the graph if the class itself has the attribute."""
        ledger = current()
        if ledger is not None:
            ledger.classes.look(self.cls, name, guarded=False)
        if find(self.cls, name) != find(functools.partial, name):
            unimplemented(
                gb_type="vartrack: an attribute of a subclass of partial",
                context=f"{name} of {with_article(self.cls)}",
                explanation=f"torch knows what every partial has, and no {name}.",
                hints=["Read it outside of the compiled function."],
            )


class PartialsOfSubclasses(Partials):
    """Partials of a class of the program's, if it calls them as `functools.partial` does."""

    @staticmethod
    def when_type(cls: type) -> bool:
        """Whether it is such a class."""
        return cls is not functools.partial

    def guards(self, ctx: BuilderContext, value: Any) -> None:
        """Those of a partial, and that the class says nothing else of what torch does itself."""
        super().guards(ctx, value)
        cls = type(value)
        if ctx.compile.ledger is not None:
            ctx.compile.ledger.classes.look(cls, *_PASSED_BY, guarded=False)
        own = [name for name in _PASSED_BY if find(cls, name) != find(functools.partial, name)]
        if own:
            ctx.unsupported(
                "vartrack: a partial that does otherwise than a partial",
                context=f"{', '.join(own)} of {cls.__qualname__}",
                explanation=f"{cls.__qualname__} has a `{own[0]}` of its own. torch takes its "
                "objects for partials, and calls what they hold.",
                hints=["Do it outside of the compiled function."],
            )

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        """A tracker that knows the class."""
        partial = super().tracker(ctx, value, children, **options)
        return OwnPartialVariable(**vars(partial), cls=type(value))
