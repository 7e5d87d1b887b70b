"""What changed when a guard failed, and what would make it one graph: a table.

Each row says of which failures it speaks. The first that speaks of a failure is taken.
"""

from __future__ import annotations

import enum
import re
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from vartrack import session
from vartrack.explanation.wording.process_state import MODES
from vartrack.explanation.wording.words import in_words

if TYPE_CHECKING:
    from vartrack.dispatch.registry import Registry
    from vartrack.explanation.compiles.guards import Guard
    from vartrack.explanation.compiles.recompiles import Recompile

__all__ = ["ROWS", "Row", "advised", "after_the_compile", "after_thrift"]


@dataclass(frozen=True)
class Facts:
    """What is known of a failure: the report, the value as it is now, and whether the
    code is the rest of a function after a graph break."""

    found: Recompile
    value: Any
    resumed: bool

    def says(self, *words: str) -> bool:
        """Whether the check has one of the words in it."""
        return any(word in self.found.check for word in words)

    @property
    def small(self) -> bool:
        """Whether a size is or was 0 or 1, which Dynamo takes for constants."""
        sizes = re.search(
            r"size mismatch at index \d+\. expected (\d+), actual (\d+)", self.found.check
        )
        if sizes is not None:
            return min(map(int, sizes.groups())) < 2
        dim = _dim(self.found.check)
        if not (self.says("2 <= ") and dim and isinstance(self.value, torch.Tensor)):
            return False
        return int(dim) < self.value.dim() and self.value.shape[int(dim)] < 2

    @property
    def of_a_length(self) -> bool:
        """Whether the guard is on how many items there are."""
        return self.of_kind(*_LENGTHS) or self.says("len(")

    @property
    def of_tensors(self) -> bool:
        """Whether the value is a sequence of tensors, or has nothing in it now."""
        items = self.value if isinstance(self.value, (list, tuple)) else ()
        return all(isinstance(item, torch.Tensor) for item in items)

    def of_kind(self, *kinds: str) -> bool:
        """Whether the guard is of one of the kinds."""
        return self.found.kind in kinds


@dataclass(frozen=True)
class Row:
    """One cause.

    Attributes:
        cause: what changed.
        speaks_of: whether it was this.
        way_out: what to do, with ``{name}`` for the value in the user's words, ``{source}`` for
            its source as Python text and ``{dim}`` for a dimension.
        right: whether no advice leaves one graph.
        thrift: when the set `thrift` takes such a recompile away, where it was not tried whether
            it does; "" if it does not.
    """

    cause: str
    speaks_of: Callable[[Facts], bool]
    way_out: str
    right: bool = False
    thrift: str = ""


_LENGTHS = ("SEQUENCE_LENGTH", "LIST_LENGTH", "TUPLE_ITERATOR_LEN")
_KEYS = (
    "DICT_KEYS",
    "DICT_KEYS_MATCH",
    "DICT_CONST_KEYS",
    "DICT_CONTAINS",
    "DICT_NOT_CONTAINS",
    "MAPPING_KEYS_CHECK",
    "SET_CONTAINS",
    "SET_NOT_CONTAINS",
)
_IDENTITIES = (
    "ID_MATCH",
    "FUNCTION_MATCH",
    "CLOSURE_MATCH",
    "BUILTIN_MATCH",
    "CLASS_MATCH",
    "MODULE_MATCH",
    "NN_MODULE",
)
_FUNCTIONS = (types.FunctionType, types.CodeType, types.BuiltinFunctionType, types.MethodType)

_CONSTANTS = (bool, type(None), bytes, complex, torch.dtype, torch.device)

_ONE_ITEM = (
    "where no more than an item, the truth or membership is read of {name}, or it is copied, "
    "compared, joined or added up"
)

_NUMBER = Row(
    "number",
    lambda it: it.of_kind("SHAPE_ENV") and type(it.value) in (int, float),
    "the code was compiled for numbers of which this is true; do what depends on it outside of the "
    "compiled function",
    thrift="where what needs {name} is a function of math, a text, or an index or a key of what is "
    "passed in",
)

#: The causes, in the order they are asked.
ROWS: tuple[Row, ...] = (
    Row(
        "backend",
        lambda it: it.of_kind("BACKEND"),
        "pass the same backend object to every torch.compile of this function",
    ),
    Row(
        "threads",
        lambda it: it.of_kind("THREADS"),
        "make a first call of each kind in one thread before the others begin: two threads "
        "compiled the same at once",
    ),
    Row(
        "object gone",
        lambda it: it.of_kind("gone"),
        "keep the object that was compiled for alive, and pass that one",
    ),
    Row(
        "what torch does not guard",
        lambda it: it.of_kind("FACTS_MATCH"),
        "it is compiled again as the answer may be another one; torch alone would not see it",
        right=True,
    ),
    Row(
        "grad mode",
        lambda it: it.of_kind("GRAD_MODE"),
        "the graph with gradients is not the one without; each mode is compiled once",
        right=True,
    ),
    Row(
        "state of the process",
        lambda it: it.of_kind(
            "GLOBAL_STATE", "DEFAULT_DEVICE", "DETERMINISTIC_ALGORITHMS", "TORCH_FUNCTION_STATE"
        ),
        "other settings compute something else; set them once, before the first call",
        right=True,
    ),
    Row(
        "modes of torch functions",
        lambda it: it.says(MODES),
        "each device, and each mode, computes something else; enter the same ones around every "
        "call, and torch.set_default_device once, before the first",
        right=True,
    ),
    Row(
        "size of a parameter",
        lambda it: it.says(" size mismatch") and isinstance(it.value, torch.nn.Parameter),
        "another model is another computation; each is compiled once",
        right=True,
    ),
    Row(
        "size 0 or 1",
        lambda it: it.small and not it.resumed and not it.found.source.startswith("___"),
        "torch._dynamo.decorators.mark_unbacked({name}, {dim}) before the first call, if nothing "
        "depends on the size; otherwise sizes 0 and 1 are compiled on their own",
    ),
    Row(
        "size of an array",
        lambda it: it.says(" size mismatch") and it.found.source.startswith("___from_numpy("),
        "pass a tensor, torch.from_numpy({array}), with torch._dynamo.mark_dynamic(..., {dim})",
    ),
    Row(
        "size",
        lambda it: it.says(" size mismatch") and it.resumed,
        "mend the graph break before this line; or torch._dynamo.mark_dynamic, before the first "
        "call, the argument that {name} takes its size from",
    ),
    Row(
        "size",
        lambda it: it.says(" size mismatch"),
        "torch._dynamo.mark_dynamic({name}, {dim}) before the first call",
    ),
    Row(
        "stride",
        lambda it: it.says(" stride mismatch"),
        "pass {name}.contiguous() at every call",
    ),
    Row(
        "dtype",
        lambda it: it.says(" dtype mismatch"),
        "another dtype is another computation; each is compiled once",
        right=True,
    ),
    Row(
        "number of dimensions",
        lambda it: it.says(" rank mismatch"),
        "another number of dimensions is another computation; each is compiled once",
        right=True,
    ),
    Row(
        "device",
        lambda it: it.says(" device index mismatch", " dispatch key set mismatch"),
        "another device, or kind of tensor, is another computation; each is compiled once",
        right=True,
    ),
    Row(
        "requires_grad",
        lambda it: it.says(" requires_grad mismatch"),
        "the graph with gradients is not the one without; each is compiled once",
        right=True,
    ),
    Row(
        "aliases",
        lambda it: it.of_kind("DUPLICATE_INPUT") or it.says("Duplicate tensor", "overlapping"),
        "one tensor in two places is another computation; pass a clone to keep them apart",
        right=True,
    ),
    _NUMBER,
    Row(
        "size",
        lambda it: it.of_kind("SHAPE_ENV"),
        "the code was compiled for sizes of which this is true; do what depends on it outside of "
        "the compiled function; if nothing does, torch._dynamo.mark_dynamic each of the sizes "
        "before the first call",
    ),
    Row(
        "class made anew",
        lambda it: it.says("___check_type_id") and it.says(f"type={type(it.value)!r}"),
        "make the class of {name} once, outside of the function that is called again and again",
        thrift="if the trace does not take which class {name} has",
    ),
    Row(
        "type",
        lambda it: it.says("___check_type_id", "expected type of "),
        "another type may run other code; each is compiled once",
        right=True,
    ),
    Row(
        "members of a set",
        lambda it: isinstance(it.value, (set, frozenset)),
        "look for what is needed in {name} outside of the compiled function and pass the answer, "
        "or pass a set that always has the same members",
        thrift="where some members are looked for in {name}, or it is copied or compared",
    ),
    Row(
        "dict keys",
        lambda it: it.of_kind(*_KEYS) or isinstance(it.value, dict),
        "pass the entries that are used as arguments of their own, or a dict that always has the "
        "same keys in the same order",
        thrift="where some keys of {name} are read, written or looked for, or it is copied or "
        "compared",
    ),
    Row(
        "length",
        lambda it: it.of_a_length and it.of_tensors,
        "pass one tensor, torch.stack({name}), with torch._dynamo.mark_dynamic(..., 0), or lists "
        "of one length",
        thrift=_ONE_ITEM,
    ),
    Row(
        "length",
        lambda it: it.of_a_length,
        "pass lists of one length, or work out what depends on the length outside of the compiled "
        "function",
        thrift=_ONE_ITEM,
    ),
    Row(
        "function",
        lambda it: it.of_kind(*_IDENTITIES) and isinstance(it.value, _FUNCTIONS),
        "define it once, outside of the loop, and pass that very function at every call; what "
        "changes in it pass as an argument",
    ),
    Row(
        "member of an enum",
        lambda it: it.of_kind(*_IDENTITIES) and isinstance(it.value, enum.Enum),
        "decide by {name} outside of the compiled function: compile one function for each member",
        thrift="where {name} is a key or a number, or is carried, put into a text, or asked with "
        "one answer",
    ),
    Row(
        "another object",
        lambda it: it.of_kind(*_IDENTITIES),
        "make it once and pass that very object at every call; or register a visitor that guards "
        "what it holds and not which one it is (vartrack.RecordVisitor)",
        thrift="if it is a class or a pattern that is only carried or asked",
    ),
    Row(
        "key",
        lambda it: it.of_kind("KEY_MATCH"),
        "read what is needed from it outside of the compiled function and pass that; or register "
        "a visitor whose key leaves out what does not matter",
    ),
    Row(
        "state",
        lambda it: it.of_kind("STATE_MATCH"),
        "set it once, before the first call",
    ),
    Row(
        "int",
        lambda it: type(it.value) is int,
        'torch.compiler.config.dynamic_sources = "{source}" before the first call makes it a '
        "symbol; or make it a tensor",
        thrift="if the compiled code itself changes {name}, or only stores, returns or asks it, or "
        "it is an index or a key of what is passed in",
    ),
    Row(
        "float",
        lambda it: type(it.value) is float,
        "pass torch.tensor({name}) in place of the number",
        thrift="if the compiled code itself changes {name}, or only stores, returns or asks it, or "
        "it is an index or a key of what is passed in",
    ),
    Row(
        "string",
        lambda it: type(it.value) is str,
        "look up what {name} stands for outside of the compiled function, and pass that",
        thrift="where {name} is only carried, put into a text or asked",
    ),
    Row(
        "training or not",
        lambda it: type(it.value) is bool and it.found.source.endswith(".training"),
        "training and evaluation are two computations; each is compiled once",
        right=True,
    ),
    Row(
        "constant",
        lambda it: type(it.value) in _CONSTANTS,
        "decide by {name} outside of the compiled function: compile one function for each value",
        thrift="where {name} is only carried or put into a text",
    ),
    Row(
        "attribute",
        lambda it: it.of_kind("HASATTR", "NOT_PRESENT_IN_GENERIC_DICT"),
        "set the attribute before the first call, on every object that is passed",
    ),
)
_ELSE = Row("value", lambda it: True, "move what depends on {name} out of the compiled function")


def advised(found: Recompile, value: Any, resumed: bool = False) -> Recompile:
    """``found`` with its cause and the way out filled in.

    Args:
        found: the failure.
        value: the value on which the guard stands, as it is now.
        resumed: whether the code is the rest of a function after a graph break.
    """
    facts = Facts(found, value, resumed)
    row = next((row for row in ROWS if row.speaks_of(facts)), _ELSE)
    found.cause, found.right = row.cause, row.right and not found.spared
    found.way_out = _way_out(row, found)
    return found


def _way_out(row: Row, found: Recompile) -> str:
    names = {
        "name": in_words(found.source) or "it",
        "source": found.source,
        "dim": _dim(found.check) or "...",
        "array": in_words(found.source).removeprefix("___from_numpy(").removesuffix(")"),
    }
    told = row.way_out.format(**names)
    if found.spared:
        told += f"; or {_THRIFT}, which does not compile again here"
    elif row.thrift and found.spared is None and not _has_thrift(session.active_registry()):
        told += f"; or {_THRIFT}, which compiles once, {row.thrift.format(**names)}"
    return told


def after_the_compile(found: Recompile, guards: Sequence[Guard]) -> None:
    """Take back what was said of an int if the compile that it led to fixed it once more.

    Then a symbol would not do: what is made of it, a ``range`` for one, needs the number.

    Args:
        found: the failure, with its cause.
        guards: the guards of the compile that it led to.
    """
    fixed = f"{found.source} == "
    if found.cause == "int" and any(
        guard.kind == "SHAPE_ENV" and code.startswith(fixed)
        for guard in guards
        for code in guard.code
    ):
        found.way_out = _way_out(_NUMBER, found)


def after_thrift(found: Recompile, guards: Sequence[Guard], checks: Iterable[str]) -> None:
    """Name the set `thrift` if a number of which something was guarded again is free with it.

    It compiles again this time as well, but not for the next number.

    Args:
        found: the failure, with its cause.
        guards: the guards of the compile that it led to.
        checks: what the guards of the compile with that set check.
    """
    if found.spared or found.cause not in ("int", "float", _NUMBER.cause):
        return
    if any(_asks(found, guard.code) for guard in guards) and not _asks(found, checks):
        found.way_out += f"; or {_THRIFT}, which compiles once more and then no longer"


def _asks(found: Recompile, checks: Iterable[str]) -> bool:
    """Whether one of ``checks`` asks more of what failed than its type, or whether it is a NaN."""
    return any(
        found.source in each and not any(less in each for less in _LITTLE) for each in checks
    )


_LITTLE = ("___check_type_id(", "math.isnan(")


def _dim(check: str) -> str:
    """The dimension that ``check`` speaks of; "" if of none."""
    dim = re.search(r"at index (\d+)|\.size\(\)\[(\d+)\]", check)
    return "" if dim is None else dim[1] or dim[2]


_THRIFT = 'vartrack.install(extras=["thrift"])'


def _has_thrift(registry: Registry | None) -> bool:
    thrift = sys.modules.get("vartrack.extras.thrift")  # not imported before it is asked for
    return thrift is not None and thrift.is_in(registry)
