"""`OpaqueVisitor`: objects that a graph carries along and never looks at."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.tracing.classes.lookup import on_class, reads_in_c
from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.bases.tracing.evaluating.intents import Intent, asked
from vartrack.bases.tracing.evaluating.operations import Entry, Operations
from vartrack.compat import operators
from vartrack.compat.hooks import BY_METHOD, JUMPS_BY_VALUE, Hooks
from vartrack.compat.names import NO_SUCH_SUBOBJ
from vartrack.core.halves import Sourced
from vartrack.core.visitor import Visitor

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext

__all__ = ["OpaqueVariable", "OpaqueVisitor"]


class OpaqueVariable(Hooks, VariableTracker):
    """Can be passed on, stored and returned, and told from None. Any other use breaks the graph.

    Asking for its type guards the type, from then on.

    Args:
        cls: the type of the object.
        options: ``source`` if it has one.

    .. versionadded:: 0.1
    """

    _nonvar_fields = {"cls", *VariableTracker._nonvar_fields}

    def __init__(self, cls: type, **options: Any) -> None:
        super().__init__(**options)
        self.cls = cls

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        OPERATIONS.add_class(cls)

    def __repr__(self) -> str:
        return f"{self.cls.__module__}.{self.cls.__qualname__}, which its visitor takes for opaque"

    def python_type(self) -> type:
        self.guard_type()
        return self.cls

    def python_type_name(self) -> str:
        return self.cls.__name__

    def get_real_python_backed_value(self) -> object:
        # "is it None" is answered from this, and the next object may be
        self.guard_type()
        return NO_SUCH_SUBOBJ

    def guard_type(self) -> None:
        """Guard the type, because the graph now depends on it."""
        if self.source is not None:
            install_guard(self.source.make_guard(GuardBuilder.TYPE_MATCH))

    def use(self, what: str) -> Any:
        """Break the graph because the traced code does ``what`` with the object."""
        refuse(
            f"{self.cls.__module__}.{self.cls.__qualname__}",
            f"is opaque, but the function uses it ({what})",
            "Use it outside the compiled function.",
            "To have it looked into, register another kind of visitor for its type.",
        )

    def as_proxy(self) -> Any:
        raise NotImplementedError(f"a {self} is no operand of a tensor operation")

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        return self.use(f"attribute {name}")

    def call_obj_hasattr(self, tx: Any, name: str) -> Any:
        static = on_class(self.cls, name)
        if static is None or inspect.isdatadescriptor(static) or not reads_in_c(self.cls):
            return self.use(f"hasattr {name}")
        self.guard_type()  # which says that it is there
        return ConstantVariable.create(True)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        slot = BY_METHOD.get(name)
        return self.use(f"method {name}" if slot is None else _words(slot))

    def is_python_constant(self) -> bool:
        return asked() is Intent.TRUTH and self.is_true()

    def as_python_constant(self) -> Any:
        if asked() is Intent.TRUTH:
            return self.is_true()
        return super().as_python_constant()

    def is_true(self) -> bool:
        """That the object counts as true, where its class leaves that to Python."""
        for name in ("__bool__", "__len__"):
            if hasattr(self.cls, name):
                self.use(_words(_TRUTH[name]))
        self.guard_type()
        return True

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        return self.use("a call")

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        return self.use(f"comparison {op}")

    def is_python_equal(self, other: object) -> bool:
        return bool(self.use("comparison __eq__"))

    def get_id(self, tx: Any) -> int | None:
        return self.use("id")  # type: ignore[no-any-return]

    def unpack_var_sequence(self, tx: Any) -> list[VariableTracker]:
        return self.use("iteration")  # type: ignore[no-any-return]


def _using(what: str) -> Callable[..., Any]:
    def slot(self: OpaqueVariable, *args: Any, **kwargs: Any) -> Any:
        return self.use(what)

    return slot


_TRUTH = {"__bool__": "nb_bool_impl", "__len__": "sq_length_impl"}


def _words(slot: str) -> str:
    """What a slot does: ``"add"`` of ``"nb_add_impl"``."""
    name = slot.removesuffix("_impl")
    return name.partition("_")[2] or name


# every slot of every type, as torch asks for them: nb_add_impl, tp_iter_impl, sq_length, ...
for _name in {*dir(VariableTracker), *operators.SLOTS}:
    _is_slot = _name.endswith("_impl") or _name.startswith(("sq_", "mp_"))
    if _is_slot and _name not in vars(OpaqueVariable):
        setattr(OpaqueVariable, _name, _using(_words(_name)))


def _format(tx: Any, value: Any, *spec: Any) -> VariableTracker:
    return value.use("format")  # type: ignore[no-any-return]


def _format_alone(tx: Any, args: Any, kwargs: Any) -> VariableTracker:
    return args[0].use("format")  # type: ignore[no-any-return]


def _alone(slot: str) -> Callable[..., VariableTracker]:
    def answer(tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        return args[0].use(_words(slot))  # type: ignore[no-any-return]

    return answer


def _truth(tx: Any, args: Any, kwargs: Any) -> VariableTracker:
    return ConstantVariable.create(args[0].is_true())


def _falsehood(tx: Any, args: Any, kwargs: Any) -> VariableTracker:
    return ConstantVariable.create(not args[0].is_true())


def _of_one() -> dict[Any, Callable[..., VariableTracker]]:
    answers = {function: _alone(slot) for function, slot in operators.ALONE.items()}
    if "__bool__" in BY_METHOD or JUMPS_BY_VALUE:
        answers |= {bool: _truth, operator.not_: _falsehood}
    return {**answers, format: _format_alone}


def _of_two() -> Iterator[tuple[Any, Entry]]:
    yield format, ((OpaqueVariable, VariableTracker), _format)
    yield from operators.entries(OpaqueVariable)


# torch would ask for the object itself
OPERATIONS = Operations(OpaqueVariable, _of_one(), _of_two)


class OpaqueVisitor(Sourced, Visitor, abstract=True):
    """For objects that are only carried through: no guard, and any use breaks the graph.

    Set ``types``. The object is passed on, stored in containers and returned as it is, and another
    object at the next call needs no other graph. ``is None``, ``isinstance`` and ``type`` work;
    they put a guard on the type, no more.

    .. versionadded:: 0.1
    """

    one_half = "an opaque object comes from outside"
    unguarded = "nothing about it is looked at"

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return OpaqueVariable(type(value), **options)
