"""Guards that a declared object spares, and changes of it that are refused while tracing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from torch._dynamo import exc
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.source import AttrSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._guards import Guard, GuardsSet

from vartrack import session
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.extras.thrift.declared.places import FROZEN, frozen_objects, frozen_place
from vartrack.extras.thrift.declared.table import Declarations

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

    from vartrack.core.compile import Compile

__all__ = ["HOOKS"]

#: Kinds of guard that stay: what is done to a tensor in place changes no attribute of the object,
#: and that two values are one says something of a place outside.
_STAYS = frozenset(
    {
        "TENSOR_MATCH",
        "TENSOR_SUBCLASS_METADATA_MATCH",
        "DTENSOR_SPEC_MATCH",
        "DUPLICATE_INPUT",
        "NO_ALIAS",
        "SHAPE_ENV",
    }
)

#: What stands of a frozen object itself: its type, and which one it is.
_OF_TYPE = "TYPE_MATCH"
_OF_OBJECTS = frozenset({_OF_TYPE, "ID_MATCH"})


def _compile() -> Compile | None:
    """The compile under way, if an object in it is declared to be frozen."""
    try:
        tx: Any = InstructionTranslator.current_tx()
    except AttributeError:
        return None  # nothing is being traced
    compile = session.compile_of(tx)
    return compile if compile is not None and FROZEN in compile.notes else None


def _instead(guard: Guard) -> Iterable[Guard]:
    """The guards on which objects frozen ones are, which stand in the place of ``guard``."""
    compile = _compile()
    if compile is None:
        return ()
    source = guard.originating_source
    objects = frozen_objects(compile, source)
    if isinstance(source, AttrSource) and source.member == "training":
        return ()
    kind = guard.inner_create_fn().__name__
    if kind in _STAYS or (kind in _OF_OBJECTS and source in objects):
        return ()  # one that is only passed on has a guard on its type
    return [compile.notes[FROZEN][each] for each in objects]


def _sparing(own: Callable[..., None]) -> Callable[..., None]:
    """What adds a guard, unless a declaration spares it."""

    def add(
        self: GuardsSet, guard: Guard, *, collect_debug_stack: bool = True, skip: int = 0
    ) -> None:
        instead = _instead(guard) if Declarations.of_any_frozen else ()
        for each in instead or (guard,):
            before = len(self)
            own(self, each, collect_debug_stack=collect_debug_stack, skip=skip + 1)
            if instead and len(self) > before:
                _leave_type(self, each)

    return add


def _leave_type(guards: GuardsSet, which: Guard) -> None:
    """Take away the guard on the type of an object that has one now on ``which`` it is."""
    source = which.originating_source
    for each in [each for each in guards if each.originating_source == source]:
        if each.inner_create_fn().__name__ == _OF_TYPE:
            guards.inner.discard(each)
    compile = _compile()
    if compile is not None and compile.recorder is not None:
        compile.recorder.claim(source.name, which, instead_of=_OF_TYPE)


def _refusing(own: Callable[..., None]) -> Callable[..., None]:
    """What notes a change, unless it is one of a frozen object."""

    def change(self: SideEffects, changed: VariableTracker, *args: Any, **options: Any) -> None:
        compile = _compile() if Declarations.of_any_frozen else None
        if compile is not None and getattr(changed, "source", None) is not None:
            place = frozen_place(compile, changed.source)
            if place is not None:
                _refuse(changed, place.name)
        own(self, changed, *args, **options)

    return change


_break_graph: Callable[..., NoReturn] = exc.unimplemented


def _refuse(changed: VariableTracker, place: str) -> NoReturn:
    _break_graph(
        gb_type="vartrack: a frozen object is changed",
        context=f"{changed.source.name}, a part of {place}",  # type: ignore[union-attr]
        explanation=f"{place} is declared to be frozen, by vartrack.frozen, and this line changes "
        "it. What is compiled already would not notice.",
        hints=["Do not declare it frozen, or do not change it."],
    )


#: What is put into torch while a registry with declarations is in force.
HOOKS = (
    Wrappers(
        (GuardsSet, "add", _sparing),
        (SideEffects, "store_attr", _refusing),
        (SideEffects, "mutation", _refusing),
    ),
)
