"""`functools.partial(f, **settings)`: the order of the dict counts once somebody reads it."""

from __future__ import annotations

from typing import Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.functions import FunctoolsPartialVariable
from torch._guards import Source

from vartrack.extras.thrift.families.called import takes_by_function
from vartrack.extras.thrift.families.given import giving
from vartrack.extras.thrift.unread.keys import rely_on

__all__ = ["PartialInOrder"]


class PartialInOrder(FunctoolsPartialVariable):
    """A partial with arguments by name in the order of dicts, on which nothing relies yet.

    As soon as these are read it is an ordinary one. A function that they are passed on to takes
    each by its name.

    Args:
        given: what torch's own takes.
        order: the dicts.
        options: the rest of what torch's own takes.
    """

    _nonvar_fields = {"order", *FunctoolsPartialVariable._nonvar_fields}

    def __init__(self, *given: Any, order: tuple[Source, ...] = (), **options: Any) -> None:
        self.order = order
        super().__init__(*given, **options)

    @classmethod
    def take(cls, tx: Any, made: Any, places: tuple[Source, ...]) -> None:
        """Have a partial tracked so that was made with what is in dicts at ``places``."""
        if type(made) is not FunctoolsPartialVariable:
            rely_on(tx, places)
            return
        made.__class__ = cls  # type: ignore[assignment]
        vars(made)["order"] = places

    @property
    def keywords(self) -> Any:  # type: ignore[override]
        """The arguments by name; who reads them relies on their order."""
        rely_on(InstructionTranslator.current_tx(), self.order)
        self.order = ()
        return vars(self)["keywords"]

    @keywords.setter
    def keywords(self, keywords: Any) -> None:
        self.__dict__["keywords"] = keywords

    def is_python_constant(self) -> bool:
        """Whether all parts of it are constants, in whatever order they come."""
        parts = (self.func, *self.args, *vars(self)["keywords"].values())
        return all(part.is_python_constant() for part in parts)

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> Any:
        called, together, named, order = _taken_apart(self, args, kwargs)
        if not order or not takes_by_function(called):
            return super().call_function(tx, args, kwargs)
        with giving(tx, order, named):
            return called.call_function(tx, together, named)


def _taken_apart(
    called: Any, args: list[Any], named: dict[str, Any]
) -> tuple[Any, list[Any], dict[str, Any], tuple[Source, ...]]:
    """What a partial of partials calls in the end, with which arguments, and in whose order."""
    order: tuple[Source, ...] = ()
    while type(called) in (FunctoolsPartialVariable, PartialInOrder):
        held = vars(called)
        args = [*called.args, *args]
        named = {**held["keywords"], **named}
        order = (*held.get("order", ()), *order)
        called = called.func.realize()
    return called, args, named, order
