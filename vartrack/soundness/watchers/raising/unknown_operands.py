"""Operands that Python knows an operator of, and torch does not: it says that there is none."""

from __future__ import annotations

import operator
from types import MappingProxyType, WrapperDescriptorType
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import BaseListVariable

from vartrack.bases.tracing.late.waiting import waits
from vartrack.compat import behaviour
from vartrack.compat.names import object_protocol
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import find

__all__ = ["OPERATORS", "WATCHERS", "refuse_operator"]

#: By the sign of an operator, as torch names it in the error, the name of its method.
_NAMES = {
    "|": "or",
    "&": "and",
    "^": "xor",
    "-": "sub",
    "+": "add",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "<<": "lshift",
    ">>": "rshift",
    "@": "matmul",
    "divmod()": "divmod",
    "** or pow()": "pow",
}
#: The functions that do the same, each with the name of its method.
OPERATORS: dict[Any, str] = {
    getattr(operator, f"__{way}{name}__"): name
    for way in ("", "i")
    for name in _NAMES.values()
    if name != "divmod"
}
#: Of these torch knows every operator that Python does.
_KNOWN = frozenset(
    (int, float, bool, complex, str, bytes, list, tuple, dict, set, frozenset, type, type(None))
)
#: Methods of lists and tuples that repeat them, or add another one.
_ADDING = frozenset({"__add__", "__iadd__"})
_OF_SEQUENCES = _ADDING | {"__mul__", "__imul__"}
#: What Python raises of, whatever is to the right.
_RAISING = frozenset({(MappingProxyType, "|=")})


def _unsupported(ledger: Ledger, tx: Any, left: Any, right: Any, sign: str) -> None:
    """torch is about to raise a TypeError where Python may not."""
    name = _NAMES.get(sign.removesuffix("="))
    if (_type_of(left), sign) in _RAISING:
        return
    if name is None or _raises_of_proxies(left, right, name):
        return
    if (
        _has_in_c(left, f"__{name}__")
        or _has_in_c(right, f"__r{name}__")
        or (name == "mod" and _formats(left, right))
    ):
        refuse_operator(f"{left} {sign} {right}")


def _raises_of_proxies(left: Any, right: Any, name: str) -> bool:
    """``proxy | {1}``: the operator is that of the dict behind, which Python may not have."""
    types: list[Any] = [_type_of(getattr(one, "dv_dict", one)) for one in (left, right)]
    if MappingProxyType not in (_type_of(left), _type_of(right)) or not _KNOWN.issuperset(types):
        return False
    try:
        getattr(operator, f"__{name}__")(*(cls() for cls in types))
    except TypeError:
        return True
    return False


def _no_answer(ledger: Ledger, result: Any, builtin: Any, tx: Any, args: Any, *_: Any) -> None:
    """What a method gives that has no answer, torch takes for the answer of the operator."""
    # what is late is not asked for what it is
    if type(result) is ConstantVariable and result.value is NotImplemented:
        refuse_operator(f"{builtin.fn.__name__} of {args}")


def _of_sequence(
    ledger: Ledger, tracker: Any, tx: Any, name: str, args: Any, *_: Any, **__: Any
) -> None:
    """torch is about to say that there is no operator, of what is not an int it knows; up to 2.12.

    And it adds sequences of one kind alone, so no list to a list of another class.
    """
    if len(args) != 1 or name not in _OF_SEQUENCES:
        return
    other = args[0].unwrap() if waits(args[0]) else args[0].realize()  # torch is to build it
    if name in _ADDING:
        cls = _type_of(other)
        if type(other) is type(tracker) or cls is None or not issubclass(cls, _base_of(tracker)):
            return
    elif not _is_other_number(other):
        return
    refuse_operator(f"{name} of {tracker} and {other}")


def _is_other_number(operand: Any) -> bool:
    """Whether Python repeats sequences by it, and torch does not."""
    cls = _type_of(operand)
    if cls is int and operand.is_python_constant():
        return False
    return cls is not None and find(cls, "__index__") is not None


def _base_of(sequence: Any) -> type:
    """The type whose instances can be added to it."""
    cls = sequence.python_type()
    return next((base for base in (list, tuple) if issubclass(cls, base)), cls)


def refuse_operator(what: str) -> None:
    """Break the graph at an operator, of which Python may have another answer than torch."""
    unimplemented(
        gb_type="vartrack: an operator that torch does not know",
        context=what,
        explanation="Python may have another answer for these operands than torch.",
        hints=["Do it outside of the compiled function."],
    )


def _has_in_c(operand: Any, name: str) -> bool:
    cls = _type_of(operand)
    found = None if cls is None or cls in _KNOWN else find(cls, name)
    return found is not None and isinstance(found[1], WrapperDescriptorType)


def _formats(left: Any, right: Any) -> bool:
    """Whether it is ``text % value`` of what torch has no text of: it is formatted all the same."""
    return _type_of(left) in (str, bytes) and not right.is_python_constant()


def _type_of(operand: Any) -> type | None:
    try:
        return operand.python_type()  # type: ignore[no-any-return]
    except NotImplementedError:
        return None


WATCHERS: tuple[Watcher, ...] = (
    # up to 2.12 every tracker has operators of its own, and torch raises nothing in one place
    Watcher(
        BuiltinVariable,
        "call_function",
        "tracing",
        after=_no_answer,
        subclasses=False,
        needed=False,
        of=OPERATORS,
    ),
    *(
        ()
        if behaviour.KNOWS_OPERATORS
        else (Watcher(BaseListVariable, "call_method", "tracing", _of_sequence, needed=False),)
    ),
    Watcher(object_protocol, "binop_type_error", "tracing", _unsupported, needed=False),
)
