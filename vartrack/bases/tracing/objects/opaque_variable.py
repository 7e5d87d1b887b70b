"""`OpaqueVariable`: the tracker of an object that a graph carries along and never looks at."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterator
from typing import Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack import session
from vartrack.bases.tracing.classes.lookup import has_on_class, is_by_identity, on_class, reads_in_c
from vartrack.bases.tracing.evaluating.folding import raise_in_program, refuse
from vartrack.bases.tracing.evaluating.intents import Intent, asked
from vartrack.bases.tracing.evaluating.operations import Entry, Operations
from vartrack.bases.tracing.known.identity import fix_object
from vartrack.bases.tracing.objects.merging import need_iterable
from vartrack.compat import operators
from vartrack.compat.hooks import BY_METHOD, JUMPS_BY_VALUE, Hooks
from vartrack.compat.names import NO_SUCH_SUBOBJ
from vartrack.core.guarding import guards
from vartrack.core.guarding.no_alias import guard_apart, guard_together
from vartrack.core.texts.articles import with_article

__all__ = ["OPERATIONS", "OpaqueVariable"]


#: What says of nobody but its like that they are equal to it.
_STRANGERS = (bool, int, float, complex, str, bytes, type(None))


class OpaqueVariable(Hooks, VariableTracker):
    """Can be passed on, stored and returned, and told from others. Any other use breaks the graph.

    Asking for its type guards the type, from then on; asking whether it is another object guards
    that, and whether it has an attribute guards that it does.

    Args:
        cls: the type of the object.
        example: the object at hand; another one may come next. Without it, it is told from none.
        options: ``source`` if it has one.

    .. versionadded:: 0.1
    """

    _nonvar_fields = {"cls", "example", *VariableTracker._nonvar_fields}

    def __init__(self, cls: type, example: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.cls = cls
        self.example = example

    @property
    def is_at_hand(self) -> bool:
        """Whether the object can be looked at now, and found again later."""
        return self.source is not None and type(self.example) is self.cls

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
        raise NotImplementedError(f"{with_article(repr(self))} is no operand of a tensor operation")

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        plain = not any(on_class(self.cls, each) for each in (name, "__getattr__"))
        plain = plain and self.is_at_hand and reads_in_c(self.cls)
        lacks = plain and not hasattr(self.example, name)
        if lacks and not self.call_obj_hasattr(tx, name).value:
            lacking = f"{self.cls.__name__!r} object has no attribute {name!r}"
            raise_in_program(tx, AttributeError(lacking))
        return self.use(f"attribute {name}")

    def call_obj_hasattr(self, tx: Any, name: str) -> Any:
        static = on_class(self.cls, name)
        computed = inspect.isdatadescriptor(static) or on_class(self.cls, "__getattr__") is not None
        if computed or not reads_in_c(self.cls) or not self.is_at_hand:
            return self.use(f"hasattr {name}")
        self.guard_type()
        if static is None:  # else the type says that it is there
            guards.install_presence(self.source, self.example, name)
        return ConstantVariable.create(static is not None or hasattr(self.example, name))

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
            if has_on_class(self.cls, name):
                self.use(_words(_TRUTH[name]))
        self.guard_type()
        return True

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        return self.use("a call")

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        if op not in ("__eq__", "__ne__"):
            return self.use(f"comparison {op}")
        return ConstantVariable.create(self.is_equal(tx, other, op) is (op == "__eq__"))

    def is_python_equal(self, other: object) -> bool:
        return self.is_equal(InstructionTranslator.current_tx(), other, "__eq__")

    def is_equal(self, tx: Any, other: Any, op: str) -> bool:
        """Whether the two are equal, where their classes leave that to who they are."""
        other = other.realize()
        if not is_by_identity(self.cls, "__eq__") or not is_by_identity(self.cls, "__ne__"):
            self.use(f"comparison {op}")
        self.guard_type()
        if type(other) is ConstantVariable and type(other.value) in _STRANGERS:
            return False
        kind = other.cls if isinstance(other, OpaqueVariable) else None
        if kind is None or not is_by_identity(kind, "__eq__"):
            self.use(f"comparison {op}")
        return self.is_one(tx, other)

    def is_one(self, tx: Any, other: VariableTracker) -> bool:
        """Whether it is the very object that ``other`` stands for, which is guarded."""
        other = other.realize()
        if other is self:
            return True
        self.guard_type()
        if not isinstance(other, OpaqueVariable):
            return False  # their types say so
        other.guard_type()
        compile = session.compile_of(tx)
        if not self.is_at_hand or not other.is_at_hand or compile is None:
            return self.use("is")  # type: ignore[no-any-return]
        if self.example is other.example:
            guard_together(self.source, other.source)
            return True
        guard_apart(compile, [(each.example, each.source) for each in (self, other)])
        return False

    def hash_impl(self, tx: Any) -> tuple[int, bool]:
        if not self.is_at_hand or not is_by_identity(self.cls, "__hash__"):
            return self.use("hash")  # type: ignore[no-any-return]
        self.guard_type()
        if asked() is Intent.HASH:
            fix_object(self.source)
            return hash(self.example), False
        # as a key: of all of them the same one, so that each is asked which of the others it is
        return hash(OpaqueVariable), True

    def get_id(self, tx: Any) -> int | None:
        if not self.is_at_hand:
            return self.use("id")  # type: ignore[no-any-return]
        fix_object(self.source)
        return id(self.example)

    def listed(self, tx: Any) -> None:
        """What ``list(value)`` takes of it: nothing, or torch is to say."""
        need_iterable(tx, self.python_type())

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


def _callable(tx: Any, args: Any, kwargs: Any) -> VariableTracker:
    args[0].guard_type()  # which says so
    return ConstantVariable.create(has_on_class(args[0].cls, "__call__"))


def _is(tx: Any, one: Any, other: Any) -> VariableTracker:
    return ConstantVariable.create(one.is_one(tx, other))


def _is_not(tx: Any, one: Any, other: Any) -> VariableTracker:
    return ConstantVariable.create(not one.is_one(tx, other))


def _of_one() -> dict[Any, Callable[..., VariableTracker]]:
    answers = {function: _alone(slot) for function, slot in operators.ALONE.items()}
    answers[callable] = _callable
    if "__bool__" in BY_METHOD or JUMPS_BY_VALUE:
        answers |= {bool: _truth, operator.not_: _falsehood}
    return {**answers, format: _format_alone}


def _of_two() -> Iterator[tuple[Any, Entry]]:
    yield format, ((OpaqueVariable, VariableTracker), _format)
    yield operator.is_, ((OpaqueVariable, OpaqueVariable), _is)
    yield operator.is_not, ((OpaqueVariable, OpaqueVariable), _is_not)
    yield from operators.entries(OpaqueVariable)


# torch would ask for the object itself
OPERATIONS = Operations(OpaqueVariable, _of_one(), _of_two)
