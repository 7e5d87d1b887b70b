"""Identity: objects that were compared, and objects that were changed and could be another."""

from __future__ import annotations

import functools
import operator
from collections import Counter
from collections.abc import Callable, Sequence
from enum import Enum
from types import FunctionType, MethodType
from typing import Any, TypeAlias

import torch
from torch._dynamo.guards import is_from_skip_guard_source
from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.source import is_from_local_source
from torch._dynamo.symbolic_convert import tls
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import UserMethodVariable
from torch._dynamo.variables.nn_module import UnspecializedNNModuleVariable
from torch._dynamo.variables.tensor import SymNodeVariable, TensorVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.hooks import HASHED_BY
from vartrack.compat.names import object_protocol
from vartrack.core import aliases
from vartrack.core.sources.collected import is_collected
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.soundness.facts.fact import Words
from vartrack.soundness.facts.in_text import Apart
from vartrack.soundness.facts.sourced import Holds, name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger, current

__all__ = ["FEW", "WATCHERS", "WRAPPERS", "answer_of", "is_part_of_module", "was_changed"]

#: Dicts of modules, which are never another object.
_PARTS_OF_MODULES = frozenset(
    {"__dict__", "_parameters", "_buffers", "_modules"}
    | {f"_{way}_{what}" for way in ("forward", "backward") for what in ("hooks", "pre_hooks")}
)
_BY_IDENTITY: Any = object.__hash__
#: Objects of these types are guarded by their identity.
_ONE_EACH = (type, Enum, bool, type(None), type(...))
#: Of these by their value.
_BY_VALUE = (int, float, complex, str, bytes)
#: Objects of these types are not changed, or torch guards which of them are one.
_UNCHANGED = (torch.Tensor, tuple, frozenset, FunctionType, MethodType)
#: How many pairs of objects are held against each other one by one.
FEW = 32
#: By their names the sources of values.
_Places: TypeAlias = dict[str, Any]


def _compared(ledger: Ledger, own: Any, left: Any, right: Any) -> Any:
    """Two objects whose `==` asks whether they are one: that they were, or were not."""
    result = own(left, right)
    if result is None or left is right:
        return result
    answer = answer_of(ledger, left, right)
    return result if answer is None else ConstantVariable.create(answer)


def answer_of(ledger: Ledger, left: Any, right: Any) -> bool | None:
    """Whether the two are one object, of which torch compares copies; None if they are not found.

    What was found is noted.
    """
    if _are_made_anew(ledger, left, right):
        return False
    if not _note(ledger, left, right):
        return None
    found = ledger.values_of((left.source, right.source))
    return None if found is None else found[0] is found[1]


def _are_made_anew(ledger: Ledger, left: Any, right: Any) -> bool:
    """Whether both are one bound method of one object, which is another one at each reading."""
    methods = type(left) is UserMethodVariable and type(right) is UserMethodVariable
    name = name_of(left.source) if methods else None
    if name is None or name != name_of(right.source):
        return False
    found = ledger.values_of((left.source, right.source))
    return found is not None and found[0] is not found[1]


def _noted(ledger: Ledger, result: Any, left: Any, right: Any) -> None:
    """The same where it changes nothing."""
    if result is not None and left is not right:
        _note(ledger, left, right)


def _first_noting(own: Callable[..., Any]) -> staticmethod[..., Any]:
    """``own``, which finds what answers an operator, with a note before ``is`` and ``is not``.

    Constants and tensors are compared there and in no function of torch's own, up to 2.11 all.
    """

    def find(op: Any, *types: Any) -> Any:
        found = own(op, *types)
        if op is not operator.is_ and op is not operator.is_not:
            return found
        return [functools.partial(_noted_first, op is operator.is_), *(found or ())]

    return staticmethod(find)


def _noted_first(wanted: bool, tx: Any, left: Any, right: Any) -> Any:
    """What ``left is right`` gives if its objects are found; else None, and torch answers."""
    ledger = current()
    if ledger is None or "identity" not in ledger.kinds or left is right:
        return None
    if ledger.guards:  # as torch would: what is known of their values and types is guarded by it
        left, right = left.realize(), right.realize()
    answer = answer_of(ledger, left, right)
    if answer is None or not ledger.guards:
        return None
    return VariableTracker.build(tx, answer is wanted)  # as torch does


def _note(ledger: Ledger, left: Any, right: Any) -> bool:
    """Note whether the two are one object; whether both can be found again at another call."""
    one, other = name_of(left.source), name_of(right.source)
    if one is None or other is None or one == other:
        return False
    names = one, other
    text = f"whether {one} is {other}"
    sources = left.source, right.source
    varies = any(type(each.unwrap()) is SymNodeVariable for each in (left, right))
    answer = _this_answer if varies else _same_answer
    key = ("is", *names)
    ledger.sourced.rely("identity", key, text, sources, answer, operator.is_, lasting=True)
    ledger.compared.append(names)
    return True


def _same_answer(one: Any, other: Any) -> Holds | None:
    answer = one is other
    if isinstance(one, _ONE_EACH) or isinstance(other, _ONE_EACH):
        return None
    if not answer and type(one) is not type(other):
        return None  # their types are guarded, so that they cannot become one
    if not answer and isinstance(one, _BY_VALUE) and one != other:
        return None  # nor if the values are
    return _this_answer(one, other)


def _this_answer(one: Any, other: Any) -> Holds:
    """The same of numbers that vary, whose values have no guards."""
    return operator.is_ if one is other else operator.is_not


def _hashed(ledger: Ledger, result: Any, tracker: Any, *_: Any, **__: Any) -> None:
    """A key of a dict or set that is found by its identity."""
    name = name_of(tracker.source)
    if isinstance(tracker.value, torch.nn.Module):
        return  # torch itself keeps modules in tables
    if name is not None and type(tracker.value).__hash__ is _BY_IDENTITY:
        ledger.hashed[name] = tracker.source


def _hashed_tensor(ledger: Ledger, result: Any, tracker: Any, *_: Any) -> None:
    """The same of a tensor; optimizers, which keep their state by parameters, read each once."""
    name, tx = name_of(tracker.source), getattr(tls, "current_tx", None)
    if name is None or tx is None:
        return
    if not str(tx.f_globals.get("__name__")).startswith("torch.optim"):
        ledger.hashed[name] = tracker.source


def _aliased(ledger: Ledger, source: Any, first: Any, *_: Any, **__: Any) -> None:
    """One object in two places, of which torch guards nothing if only one of them is a global."""
    name, known = name_of(source), name_of(first)
    if name is None or known is None or name.startswith("type("):
        return
    if is_from_local_source(source) != is_from_local_source(first):
        text = f"that {name} is {known}"
        key, sources = ("alias", name, known), (source, first)
        ledger.sourced.rely("identity", key, text, sources, _still_one, lasting=True)


def _still_one(*_: Any) -> Holds:
    return operator.is_


def _compiled(ledger: Ledger, output: Any, *_: Any, **__: Any) -> None:
    """Tracing is over: what was changed must not have become something else that was read."""
    if len(ledger.hashed) > 1:
        names, sources = list(ledger.hashed), list(ledger.hashed.values())
        text = f"how many objects {', '.join(names)} are"
        ledger.sourced.asked("identity", ("keys", *sorted(names)), text, sources, _how_many)
    effects = output.side_effects
    trackers = list(effects.id_to_variable.values())
    written = {id(tracker) for tracker in trackers if was_changed(effects, tracker)}
    if not written:
        return
    changed: _Places = {}
    read: _Places = {}
    for tracker in trackers:
        source = tracker.source
        name = name_of(source)
        if name is None or is_part_of_module(source) or is_collected(output, source):
            continue
        if id(tracker) in written:
            changed[name] = source
        elif not is_from_skip_guard_source(source):  # those of the standard library stay
            read[name] = source
    changed, read = _of_one_type(ledger, changed, read)
    if not changed or len(changed) + len(read) < 2:
        return
    sources = [*changed.values(), *read.values()]
    places = {name: place for place, name in enumerate([*changed, *read])}
    # whether these are one is a fact of its own
    told = [(places[a], places[b]) for a, b in ledger.compared if a in places and b in places]
    ledger.sourced.rely(
        "identity",
        ("aliases", *sorted(changed), len(sources)),
        f"that {', '.join(changed)} is nothing else that was read",
        sources,
        lambda *values: _distinct(len(changed), values, told),
        functools.partial(_as_one, tuple(source.name for source in sources), told),
        lasting=True,
    )


def _of_one_type(ledger: Ledger, changed: _Places, read: _Places) -> tuple[_Places, _Places]:
    """Those that could come to be one: the types of all of them are guarded."""
    values = ledger.values_of([*changed.values(), *read.values()])
    if values is None:
        return changed, read
    types = dict(zip([*changed, *read], map(type, values), strict=True))
    others = Counter(types.values())
    ours = {types[name] for name in changed if others[types[name]] > 1}
    return (
        {name: source for name, source in changed.items() if types[name] in ours},
        {name: source for name, source in read.items() if types[name] in ours},
    )


def _how_many(*values: Any) -> int:
    """How many objects they are."""
    return len(set(map(id, values)))


#: By their places two of several values.
Pairs = Sequence[tuple[int, int]]


def _told_apart(values: Sequence[Any], told: Pairs) -> list[int]:
    """What tells different objects; two of which it is ``told`` elsewhere count as two."""
    ids = [*map(id, values)]
    for one, other in told:
        if ids[one] == ids[other]:
            ids[other] = ~other
    return ids


def _as_one(names: tuple[str, ...], told: Pairs, *values: Any) -> Words:
    """Which of them are one object."""
    groups: dict[int, list[str]] = {}
    for name, each in zip(names, _told_apart(values, told), strict=True):
        groups.setdefault(each, []).append(name)
    said = [" is ".join(group) for group in groups.values() if len(group) > 1]
    return Words("; ".join(said) or "each is another object")


def is_part_of_module(source: Any) -> bool:
    """Whether it is one of the dicts of a module or object, reached by it."""
    return getattr(source, "member", None) in _PARTS_OF_MODULES


def was_changed(effects: Any, tracker: Any) -> bool:
    """Whether the traced function has changed what ``tracker`` stands for, from outside."""
    mutation = tracker.mutation_type
    if isinstance(tracker, UnspecializedNNModuleVariable):
        # `train` and `eval` set the same everywhere, so it does not matter which module is which
        return bool(effects.store_attr_mutations.get(tracker, {}).keys() - {"training"})
    return (
        mutation is not None
        and "Existing" in type(mutation).__name__
        and effects.is_modified(tracker)
    )


def _distinct(changed: int, values: tuple[Any, ...], told: Pairs) -> Holds | None:
    """A check that none of the first ``changed`` values is another one of its type.

    Args:
        changed: how many were changed.
        values: these, and those that were read.
        told: those of which it is a fact of its own whether they are one.
    """
    kinds: dict[type, tuple[list[int], list[int]]] = {}
    for index, value in enumerate(values):
        if not isinstance(value, (*_ONE_EACH, *_BY_VALUE, *_UNCHANGED)):
            ours, others = kinds.setdefault(type(value), ([], []))
            (ours if index < changed else others).append(index)
    # what is one object already has a guard of torch's
    groups = [
        (ours, others)
        for ours, others in kinds.values()
        if ours and len({id(values[index]) for index in (*ours, *others)}) > 1
    ]
    if not groups:
        return None
    apart = _each_apart(groups, values, {(min(pair), max(pair)) for pair in told})
    if apart is not None:
        return apart

    def pairs(values: tuple[Any, ...]) -> list[tuple[int, set[int]]]:
        found, ids = [], _told_apart(values, told)
        for ours, others in groups:
            mine = {ids[index] for index in ours}
            found.append((len(mine), mine & {ids[index] for index in others}))
        return found

    def shape(values: tuple[Any, ...]) -> list[tuple[int, int]]:
        return [(count, len(shared)) for count, shared in pairs(values)]

    expected = shape(values)
    return lambda *values: shape(values) == expected


def _each_apart(
    groups: list[tuple[list[int], list[int]]],
    values: tuple[Any, ...],
    told: set[tuple[int, int]],
) -> Holds | None:
    """A check that takes them two by two, which is sooner done for a few; None if two are one."""
    pairs = {
        (min(one, other), max(one, other))
        for ours, others in groups
        for one in ours
        for other in (*ours, *others)
        if one != other
    } - told
    if len(pairs) > FEW or any(values[one] is values[other] for one, other in pairs):
        return None
    return Apart(sorted(pairs))


#: What notes ``is``, for which torch has no function of its own.
WRAPPERS = Wrappers((BuiltinVariable, "_find_binop_handler", _first_noting))

WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        object_protocol,
        "vt_identity_compare",
        "identity",
        after=_noted,
        instead=_compared,
        needed=False,  # up to 2.12 `==` asks a method: see `default_equality`
    ),
    Watcher(UserDefinedObjectVariable, HASHED_BY, "identity", after=_hashed),
    *(
        Watcher(TensorVariable, name, "identity", after=_hashed_tensor, needed=False)
        for name in ("hash_impl", "get_python_hash")  # the second up to 2.12
    ),
    Watcher(aliases, "_guard_alias", "identity", _aliased),
    Watcher(OutputGraph, "compile_subgraph", "identity", _compiled),
)
