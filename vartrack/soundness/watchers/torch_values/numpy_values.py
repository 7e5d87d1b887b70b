"""Numbers of NumPy, which torch traces as arrays: what they are, have and lack."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np
from torch import _numpy
from torch._dynamo.exc import SkipFrame, Unsupported, unimplemented
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import BaseListVariable
from torch._dynamo.variables.misc import NumpyDTypeVariable
from torch._dynamo.variables.tensor import NumpyNdarrayVariable, TensorVariable

from vartrack.bases.tracing.evaluating.folding import raise_in_program
from vartrack.compat import behaviour
from vartrack.compat.instructions import SET, SETTER
from vartrack.compat.names import LAZY, HashableTracker
from vartrack.soundness.facts.sourced import name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.lookups import can_change, find
from vartrack.soundness.watchers.raising.unknown_operands import refuse_operator
from vartrack.soundness.watchers.torch_values.made_numbers import type_of_made

__all__ = ["WATCHERS"]


def _method(ledger: Ledger, tracker: Any, tx: Any, name: Any, *_: Any, **__: Any) -> None:
    """``number.name()``, such as that of `round`: torch fails when it runs the graph."""
    if hasattr(np.ndarray, name) or hasattr(_numpy.ndarray, name):
        return
    try:
        unimplemented(
            gb_type="vartrack: a method of a NumPy number that is traced as an array",
            context=f"{name} of {tracker}",
            explanation=f"The graph has an array for the number, and arrays have no {name}.",
            hints=["Make a Python number of it first, by `float` or `int`."],
        )
    except Unsupported as broken:
        # a graph that ends before would give the array, so that nothing of the frame is compiled
        if not behaviour.LETS_SKIPS_THROUGH:
            raise SkipFrame(str(broken)) from broken
        broken.skip_frame = True
        raise


def _changed(ledger: Ledger, builtin: Any, tx: Any, owner: Any, name: Any, *_: Any) -> None:
    """``number.name = value``, and that of an array without such a name: torch puts it into the
    graph."""
    if type(owner) in LAZY and not owner.is_realized():
        return
    array = owner.realize()
    if type(array) is not NumpyNdarrayVariable or not name.is_python_constant():
        return
    cls = array.python_type()
    known = hasattr(cls, name.as_python_constant())
    if not cls.__dictoffset__ and (issubclass(cls, np.generic) or not known):
        raise_in_program(tx, AttributeError(f"a '{cls.__name__}' has no such attribute to write"))


def _number_type(ledger: Ledger, tracker: Any) -> type | None:
    """The type of the number that ``tracker`` stands for; None if it is an array, or not known.

    An array of no dimensions is guarded as the number is, so that the type is a fact.
    """
    source = tracker.source
    if type(tracker) is not NumpyNdarrayVariable or tracker.ndim != 0 or name_of(source) is None:
        return None
    found = ledger.values_of([source])
    if found is None:
        return None
    text = f"type({source.name})"
    ledger.sourced.asked("values", text, text, [source], type)
    cls = type(found[0])
    return cls if issubclass(cls, np.generic) else None


def _type(ledger: Ledger, own: Any, tracker: Any) -> type:
    """``type(number)``, and what is an instance of what."""
    if type(tracker) is NumpyNdarrayVariable and tracker.ndim == 0 and tracker.source is None:
        return type_of_made(tracker) or np.ndarray
    return _number_type(ledger, tracker) or own(tracker)  # type: ignore[no-any-return]


def _has(ledger: Ledger, own: Any, tracker: Any, tx: Any, name: str) -> VariableTracker:
    """``hasattr(number, name)``; one of a class of its own may have attributes of its own."""
    cls = _number_type(ledger, tracker)
    if cls is None and type(tracker) is NumpyNdarrayVariable and tracker.ndim:
        cls = np.ndarray
    if cls is None or cls.__dictoffset__:
        result: VariableTracker = own(tracker, tx, name)
        return result
    return ConstantVariable.create(find(cls, name) is not None)  # and not of its metaclass


def _value(ledger: Ledger, tracker: Any) -> Any:
    """The number itself, which is a fact from now on; None if there is none that equals itself."""
    if _number_type(ledger, tracker) is None:
        return None
    (value,) = ledger.values_of([tracker.source]) or (None,)
    if value is None or value != value:
        return None
    text = f"the value of {tracker.source.name}"
    ledger.sourced.asked("values", text, text, [tracker.source], _themselves)
    return value


def _themselves(value: Any) -> Any:
    return value


def _is_key(ledger: Ledger, own: Any, tracker: Any) -> bool:
    """``{number: 1}``; arrays have no hash."""
    return _value(ledger, tracker) is not None or own(tracker)


def _hash(ledger: Ledger, own: Any, tracker: Any, tx: Any) -> tuple[int, bool]:
    value = _value(ledger, tracker)
    result: tuple[int, bool] = own(tracker, tx) if value is None else (hash(value), False)
    return result


def _hash_alone(ledger: Ledger, own: Any, tracker: Any) -> int:
    """The same up to 2.12."""
    value = _value(ledger, tracker)
    return own(tracker) if value is None else hash(value)  # type: ignore[no-any-return]


def _is_key_alone(ledger: Ledger, own: Any, tracker: Any) -> bool:
    """`_is_key` up to 2.12, where arrays have the method of tensors, which are keys."""
    if type(tracker) is not NumpyNdarrayVariable:
        return own(tracker)  # type: ignore[no-any-return]
    if _number_type(ledger, tracker) is not None:
        return True
    if tracker.ndim == 0 and name_of(tracker.source) is None:
        unimplemented(
            gb_type="vartrack: a number of NumPy that is not known while tracing",
            context=str(tracker),
            explanation="The function looks it up, and what it is equal to is not known yet.",
            hints=["Look it up outside of the compiled function."],
        )
    return False


def _hash_of_tensor(ledger: Ledger, own: Any, tracker: Any) -> int:
    if type(tracker) is not NumpyNdarrayVariable:
        return own(tracker)  # type: ignore[no-any-return]
    return _hash_alone(ledger, own, tracker)


def _equals(ledger: Ledger, own: Any, key: Any, other: Any) -> bool:
    """Whether it is the key that is looked for."""
    one, two = key.vt, getattr(other, "vt", None)
    if type(one) is not NumpyNdarrayVariable is not type(two):  # as most are
        return own(key, other)  # type: ignore[no-any-return]
    values = [_known(ledger, tracker) for tracker in (one, two)]
    return None not in values and bool(values[0] == values[1])


def _known(ledger: Ledger, tracker: Any) -> Any:
    if type(tracker) is NumpyNdarrayVariable:
        return _value(ledger, tracker)
    constant = tracker is not None and tracker.is_python_constant()
    return tracker.as_python_constant() if constant else None


def _measured(ledger: Ledger, tracker: Any, *_: Any) -> None:
    """``len(number)``, and that of an array without dimensions; torch 2.10 hands on no tracer."""
    if type(tracker) is NumpyNdarrayVariable and tracker.ndim == 0:
        raise_in_program(ledger.output().current_tx, TypeError("len() of unsized object"))


def _length(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """``len(dtype)``, the number of its fields; to torch it has none."""
    of = args[0].realize() if len(args) == 1 and not kwargs else None
    if isinstance(of, NumpyDTypeVariable):
        return ConstantVariable.create(len(of.as_python_constant()))
    return own(builtin, tx, args, kwargs)


def _absolute(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """``abs(array)``, of which torch gives a tensor."""
    if len(args) == 1 and not kwargs:
        array = args[0].realize()
        if isinstance(array, NumpyNdarrayVariable):
            return array.call_method(tx, "__abs__", [], {})
    return own(builtin, tx, args, kwargs)


def _extreme(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """``max(number, 3)`` gives one of the two, and torch an array of the greater."""
    given = [arg.realize() for arg in args]
    if len(given) < 2 or kwargs or not any(_number_type(ledger, arg) for arg in given):
        return own(builtin, tx, args, kwargs)

    def which(*values: Any) -> int:
        among = dict(enumerate(values))
        found: int = builtin.fn(among, key=among.__getitem__)
        return found

    asked = _Asked(ledger, builtin.fn, given, which)
    if asked.says is None:
        return own(builtin, tx, args, kwargs)
    asked.rely()
    return given[asked.says]


def _compared(ledger: Ledger, own: Any, builtin: Any, tx: Any, args: Any, kwargs: Any) -> Any:
    """``number == None``, whose answer is one of Python's, and no number of NumPy.

    Of one that is looked for in a container the answer is asked whether it is true.
    """
    given = [arg.realize() for arg in args]
    if len(given) == 2 and any(_number_type(ledger, arg) for arg in given):
        asked = _Asked(ledger, builtin.fn, given, functools.partial(_answer, builtin.fn))
        if type(asked.says) is bool or (ledger.asks_truth and type(asked.says) is np.bool_):
            asked.rely()
            return ConstantVariable.create(bool(asked.says))
        if type(asked.says) is str:
            asked.rely()
            raise_in_program(tx, TypeError(asked.says))
    return own(builtin, tx, args, kwargs)


def _answer(compare: Any, one: Any, other: Any) -> Any:
    """What the comparison gives, or the words of its error; None if it is no yes or no."""
    try:
        answer = compare(one, other)
    except TypeError as error:
        return str(error)
    return answer if isinstance(answer, (bool, np.bool_)) else None


class _Asked:
    """What a function says of numbers and constants: a fact once it is relied on.

    Attributes:
        says: what it says now; None if it cannot be asked.
    """

    says: Any = None

    def __init__(self, ledger: Ledger, of: Any, given: list[Any], ask: Any) -> None:
        self._ledger = ledger
        self._ask = ask
        constant = [one.is_python_constant() for one in given]
        self._known = [
            tracker.as_python_constant() if is_constant else None
            for tracker, is_constant in zip(given, constant, strict=True)
        ]
        self._places = [at for at, is_constant in enumerate(constant) if not is_constant]
        self._sources = [given[at].source for at in self._places]
        if all(map(name_of, self._sources)) and not any(map(can_change, map(type, self._known))):
            among = [*map(repr, self._known)]
            for at, source in zip(self._places, self._sources, strict=True):
                among[at] = source.name
            self._text = f"{of.__name__} of {', '.join(among)}"
            values = ledger.values_of(self._sources)
            self.says = None if values is None else self._of(*values)

    def _of(self, *values: Any) -> Any:
        among = {**dict(enumerate(self._known)), **dict(zip(self._places, values, strict=True))}
        return self._ask(*among.values())

    def rely(self) -> None:
        """Note what it says."""
        self._ledger.sourced.asked("values", self._text, self._text, self._sources, self._of)


#: The functions of the operators that compare.
_COMPARING = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)


def _watch(name: str, before: Any = None, instead: Any = None, owner: Any = None) -> Watcher:
    """What a release has no method for it asks by another."""
    owner = owner or NumpyNdarrayVariable
    return Watcher(owner, name, "tracing", before, instead=instead, needed=False)


def _as_key(name: str, instead: Any, of_tensor: Any) -> tuple[Watcher, ...]:
    """What a hash is asked by up to 2.12."""
    if name in vars(NumpyNdarrayVariable) or name not in vars(TensorVariable):
        return (_watch(name, instead=instead),)
    return (Watcher(TensorVariable, name, "tracing", instead=of_tensor, subclasses=False),)


def _repeated(ledger: Ledger, result: Any, builtin: Any, tx: Any, args: Any, *_: Any) -> None:
    """``[1, 2] * number`` repeats the list, and torch multiplies what is in it."""
    if type(result) is NumpyNdarrayVariable and any(map(_is_sequence, args)):
        number = next(arg for arg in args if not _is_sequence(arg)).realize()
        if type(number) is NumpyNdarrayVariable and number.ndim == 0:
            refuse_operator(f"{builtin.fn.__name__} of {args}")


def _is_sequence(arg: Any) -> bool:
    return issubclass(type(arg.unwrap()), BaseListVariable)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(
        BuiltinVariable,
        "call_function",
        "tracing",
        after=_repeated,
        subclasses=False,
        needed=False,
        of=(operator.mul, operator.imul),
    ),
    _watch("call_method", _method),
    Watcher(SETTER, SET, "tracing", _changed, subclasses=False),
    _watch("python_type", instead=_type),
    _watch("is_hashable", instead=_is_key),
    *_as_key("is_python_hashable", _is_key, _is_key_alone),
    _watch("hash_impl", instead=_hash),
    *_as_key("get_python_hash", _hash_alone, _hash_of_tensor),
    _watch("__eq__", instead=_equals, owner=HashableTracker),
    _watch("call_obj_hasattr", instead=_has, owner=TensorVariable),
    *(
        Watcher(
            *(BuiltinVariable, "call_function", "tracing"), instead=instead, subclasses=False, of=of
        )
        for instead, of in (
            (_absolute, (abs,)),
            (_extreme, (max, min)),
            (_length, (len,)),
        )
    ),
    Watcher(
        *(BuiltinVariable, "_handle_insert_op_in_graph", "tracing"),
        instead=_compared,
        subclasses=False,
        of=_COMPARING,
    ),
    *(
        _watch(name, _measured, owner=TensorVariable)
        for name in ("sq_length", "sq_length_impl", "method___len__")
    ),
)
