"""Instructions and calls of built-in functions, each with something of vartrack's asked first."""

from __future__ import annotations

import dis
import functools
from collections.abc import Callable, Iterator
from typing import Any

from torch._dynamo.symbolic_convert import ExceptionStack, InstructionTranslatorBase
from torch._dynamo.variables import builtin
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable

from vartrack.compat.made_once import MadeOnce
from vartrack.compat.subclasses import with_subclasses

__all__ = [
    "BUILTINS",
    "JUMPS",
    "SET",
    "SETTER",
    "Instructions",
    "WrappedInstructions",
    "binary_operator",
    "builtins_with",
    "is_tried",
    "jump",
    "raised_now",
    "set_attribute",
]

#: The classes of trackers of built-in functions that say themselves what a call gives.
BUILTINS: tuple[type[VariableTracker], ...] = tuple(
    cls
    for name, cls in vars(builtin).items()
    if name
    in {
        f"{what}BuiltinVariable"
        for what in ("", "GetAttr", "SetAttr", "HasAttr", "List", "Dict", "Iter")
    }
)


def builtins_with(method: str) -> Iterator[type[VariableTracker]]:
    """Those of `BUILTINS` that have ``method`` themselves: none up to 2.12."""
    return (cls for cls in BUILTINS if method in vars(cls))


#: The class of the tracker of `setattr`.
SETTER = next(
    (cls for cls in BUILTINS if cls.__name__ == "SetAttrBuiltinVariable"), BuiltinVariable
)
#: The name of the method of `SETTER` that traces ``setattr(owner, name, value)``.
SET = "_call_setattr" if hasattr(SETTER, "_call_setattr") else "call_setattr"


#: By the name of an instruction that jumps by whether a value is true: the truth at which it does,
#: and whether it keeps the value then. No Python has all of them.
JUMPS: dict[str, tuple[bool, bool]] = {
    "JUMP_IF_TRUE_OR_POP": (True, True),
    "JUMP_IF_FALSE_OR_POP": (False, True),
    **{
        f"POP_JUMP_{way}IF_{name}": (name == "TRUE", False)
        for way in ("", "FORWARD_", "BACKWARD_")
        for name in ("TRUE", "FALSE")
    },
}

_OPERATORS: list[str] = [sign for _, sign in getattr(dis, "_nb_ops", ())]
#: Python 3.10 has an instruction for each.
_OLDER: dict[str, str] = {
    f"{way}_{name}": f"{sign}{after}"
    for way, after in (("BINARY", ""), ("INPLACE", "="))
    for name, sign in {
        "ADD": "+",
        "AND": "&",
        "FLOOR_DIVIDE": "//",
        "LSHIFT": "<<",
        "MATRIX_MULTIPLY": "@",
        "MODULO": "%",
        "MULTIPLY": "*",
        "OR": "|",
        "POWER": "**",
        "RSHIFT": ">>",
        "SUBTRACT": "-",
        "TRUE_DIVIDE": "/",
        "XOR": "^",
    }.items()
}


def binary_operator(inst: Any) -> str:
    """The sign of the operator of a ``BINARY_...`` instruction, such as ``"+"``."""
    return _OLDER.get(inst.opname) or _OPERATORS[inst.arg]


def is_tried(tx: Any) -> bool:
    """Whether the program is in a ``try`` or ``with`` that may catch what an instruction raises."""
    while tx is not None:
        # from Python 3.11 on blocks are in a table of the code
        if tx.block_stack or _is_caught(tx.current_instruction.exn_tab_entry):
            return True
        tx = getattr(tx, "parent", None)
    return False


def _is_caught(entry: Any) -> bool:
    """Whether a block of the program is where the code goes on; Python's own raise once more.

    Those end blocks, generators, and since 3.12 comprehensions, which give variables back.
    """
    while entry is not None:
        if entry.target.opname == "PUSH_EXC_INFO":
            return True
        entry = entry.target.exn_tab_entry
    return False


#: What gives the exception that is raised now: its name since 2.14, or before.
_RAISED = next(
    name
    for name in ("get_raised_exception", "get_current_exception")
    if hasattr(ExceptionStack, name)
)


def raised_now(tx: Any) -> Any:
    """The tracker of the exception that the program is about to catch, or to end with."""
    return getattr(tx.exn_vt_stack, _RAISED)()


def jump(tx: Any, inst: Any, is_true: bool) -> None:
    """Do an instruction of `JUMPS`, of a value on the stack of which it is known if it is true."""
    wanted, keeps = JUMPS[inst.opname]
    if not (keeps and is_true is wanted):
        tx.pop()
    if is_true is wanted:
        tx.jump(inst)


def set_attribute(
    function: VariableTracker,
    tx: Any,
    owner: VariableTracker,
    name: VariableTracker,
    value: VariableTracker,
) -> VariableTracker | None:
    """Have ``setattr(owner, name, value)`` traced, without that ``value`` is built."""
    result: VariableTracker | None = getattr(function, SET)(tx, owner, name, value)
    return result


class WrappedInstructions:
    """Functions that do an instruction in place of torch's, while a registry is in force.

    Args:
        wraps: by the name of an instruction what makes the function, which takes the tracer and the
            instruction, from torch's. Names that this Python does not have are left out.
    """

    def __init__(self, **wraps: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        self.wraps = wraps
        self._own: list[tuple[list[Any], int, Any]] = []
        self._made = MadeOnce()

    def add(self) -> None:
        """Have them do it."""
        for cls in with_subclasses(InstructionTranslatorBase):
            table = cls.dispatch_table
            for name, wrap in self.wraps.items():
                code = dis.opmap.get(name)
                if code is not None:
                    self._own.append((table, code, table[code]))
                    table[code] = self._made.around(table[code], (cls, code), wrap)

    def remove(self) -> None:
        """Give torch its own back."""
        while self._own:
            table, code, own = self._own.pop()
            table[code] = own


class Instructions(WrappedInstructions):
    """Functions that tracers ask before they do an instruction, while a registry is in force.

    Args:
        before: by the name of an instruction what is called with the tracer and the instruction.
            It says whether it has done it. Names that this Python does not have are left out.
    """

    def __init__(self, **before: Callable[[Any, Any], bool]) -> None:
        super().__init__(**{name: _asked_first(ask) for name, ask in before.items()})


def _asked_first(before: Callable[[Any, Any], bool]) -> Callable[[Any], Any]:
    def wrap(own: Any) -> Any:
        @functools.wraps(own)
        def instruction(tx: Any, inst: Any) -> None:
            if not before(tx, inst):
                own(tx, inst)

        return instruction

    return wrap
