"""The methods by which torch asks a tracker, under one name each.

Tracker classes are written by the newest names. Where the running torch has an older one for the
same hook, `Hooks` gives a class both.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from torch._dynamo.symbolic_convert import InstructionTranslator, generic_jump
from torch._dynamo.variables import base
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.functions import LocalGeneratorObjectVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.names import NO_SUCH_SUBOBJ, object_protocol
from vartrack.compat.release import runs_on

__all__ = [
    "ASKS_TRUTH",
    "BY_METHOD",
    "COMPARES_BY_METHOD",
    "HASHED_BY",
    "HAS_ENDED",
    "IS_HASHABLE",
    "JUMPS_BY_VALUE",
    "READ_PAST_LOOK_UPS",
    "RENAMED",
    "SHOWS_CONTAINERS",
    "SLOT_CACHES",
    "TRACES_HASHES",
    "Hooks",
    "hash_of",
    "hook_name",
    "hook_of",
    "of_base",
    "read_attribute",
    "storing_in_dict",
    "written_past",
]

#: What torch called a hook up to 2.13, under what it has called it since.
RENAMED: dict[str, str] = {
    "mp_length_impl": "mp_length",
    "nb_bool_impl": "bool_impl",
    "sq_contains_impl": "sq_contains",
    "sq_length_impl": "sq_length",
    "tp_getattro_impl": "var_getattr",
    "tp_iternext_impl": "next_variable",
    "tp_repr_impl": "repr_impl",
    "tp_richcompare_impl": "richcompare_impl",
    "tp_str_impl": "str_impl",
}

#: Those of them that the running torch knows by the older name.
_OLDER: dict[str, str] = {
    new: old for new, old in RENAMED.items() if not hasattr(VariableTracker, new)
}

#: Whether a tracker of a user's object is asked for its `repr`; up to 2.12 a function has it.
SHOWS_CONTAINERS: bool = hasattr(
    UserDefinedObjectVariable, _OLDER.get("tp_repr_impl", "tp_repr_impl")
)

#: By module the functions that keep which special methods a class had when first asked.
SLOT_CACHES: dict[ModuleType, tuple[str, ...]] = {
    object_protocol: ("_get_cached_slots",),
    base: ("_tp_type", "_compute_slotdefs"),
}
#: Whether a tracker is asked for a hash in one step; up to 2.12 it is first asked if it has one.
_HASHES_IN_ONE_STEP: bool = hasattr(VariableTracker, "hash_impl")
#: Whether torch traces the `__hash__` of a class; before, it takes the hash of the object as it is.
TRACES_HASHES: bool = _HASHES_IN_ONE_STEP
#: The method by which a tracker is asked for its hash.
HASHED_BY: str = "hash_impl" if _HASHES_IN_ONE_STEP else "get_python_hash"
#: The method by which a tracker is asked if its value has a hash.
IS_HASHABLE: str = "is_hashable" if _HASHES_IN_ONE_STEP else "is_python_hashable"


#: Methods by which torch asks a tracker, as one of the value, where it has no hook for that.
BY_METHOD: dict[str, str] = {
    method: hook
    for method, hook in {
        "__bool__": "nb_bool_impl",
        "__contains__": "sq_contains_impl",
        "__getitem__": "mp_subscript_impl",
        "__iter__": "tp_iter_impl",
        "__len__": "sq_length_impl",
    }.items()
    if not hasattr(VariableTracker, _OLDER.get(hook, hook))
}


#: The function that asks a tracker whether its value is true: its name since 2.14, or before.
ASKS_TRUTH: str = "generic_bool" if hasattr(object_protocol, "generic_bool") else "generic_is_true"
#: The method that says whether a generator has ended: its name since 2.14, or before.
HAS_ENDED: str = (
    "_frame_state_finished"
    if hasattr(LocalGeneratorObjectVariable, "_frame_state_finished")
    else "_is_generator_exhausted"
)
#: Whether a jump asks a tracker for the value, and that whether it is true; up to 2.12.
JUMPS_BY_VALUE: bool = not any(
    isinstance(code, CodeType) and code.co_name == "inner" and ASKS_TRUTH in code.co_names
    for code in generic_jump.__code__.co_consts
)


def _code_of(cls: type, hook: str) -> tuple[str, ...]:
    """What the code of a hook names; nothing where there is no such hook."""
    return getattr(getattr(getattr(cls, hook, None), "__code__", None), "co_names", ())


#: By hook of objects the method whose place on the class torch works out itself, where it asks
#: none of its functions that look a name up; in 2.12.
READ_PAST_LOOK_UPS: dict[str, str] = {
    hook: method
    for hook, method in {
        "nb_float_impl": "__float__",
        "nb_index_impl": "__index__",
        "nb_int_impl": "__int__",
    }.items()
    if "getattr_static" in _code_of(UserDefinedObjectVariable, hook)
}


#: Methods that 2.11 takes for called by what the value holds where they call that of their base.
_CALLED_ONCE = ("as_python_constant", "reconstruct") if runs_on("==2.11.*") else ()
_NO_CODE = (lambda: None).__code__


class Hooks:
    """A base of tracker classes, before torch's own: hooks go by their new names in it."""

    if TYPE_CHECKING:
        python_type: Callable[[], type]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        for name in _CALLED_ONCE:
            own: Any = vars(cls).get(name)
            if "super" in getattr(own, "__code__", _NO_CODE).co_names:
                own._call_once_guarded = True  # the one of the base is
        super().__init_subclass__(**kwargs)
        for new, old in _OLDER.items():
            if new in vars(cls):
                setattr(cls, old, vars(cls)[new])

    if not hasattr(UserDefinedObjectVariable, "lookup_class_mro_attr"):

        def lookup_class_mro_attr(self, name: str) -> object:
            """What the class of the value has under ``name``; up to 2.11 torch does not say."""
            held = (vars(cls) for cls in self.python_type().__mro__)
            return next((names[name] for names in held if name in names), NO_SUCH_SUBOBJ)

    if not _HASHES_IN_ONE_STEP:
        # dicts and sets ask in two steps, and do not say who asks

        def is_hashable(self) -> bool:
            """Whether the value can be a key."""
            return self.python_type().__hash__ is not None

        def hash_impl(self, tx: Any) -> tuple[int, bool]:
            """The hash of the value, and whether it is that of an identity."""
            return super().get_python_hash(), False  # type: ignore[misc]

        def is_python_hashable(self) -> bool:
            """What torch asks: `is_hashable`."""
            return self.is_hashable()

        def get_python_hash(self) -> int:
            """What torch asks: `hash_impl`."""
            return self.hash_impl(InstructionTranslator.current_tx())[0]


def _of_torch(older: str) -> Callable[..., Any]:
    """What ``super().NEW(...)`` reaches: torch's own method, by its older name."""

    def hook(self: Hooks, *args: Any) -> Any:
        return getattr(super(Hooks, self), older)(*args)

    return hook


def _by_method(new: str, method: str) -> Callable[..., Any]:
    """What ``super().NEW(...)`` reaches where torch has no such hook, but the method."""

    def hook(self: Any, tx: Any, *args: VariableTracker) -> VariableTracker:
        above: Any = super(Hooks, self)
        own = getattr(above, hook_name(new), None)  # a single class may have it
        result: VariableTracker = (
            above.call_method(tx, method, list(args), {}) if own is None else own(tx, *args)
        )
        return result

    return hook


for _new, _old in _OLDER.items():
    setattr(Hooks, _new, _of_torch(_old))
for _method, _new in BY_METHOD.items():
    setattr(Hooks, _new, _by_method(_new, _method))


def _compared_by_method(self: Any, tx: Any, other: Any, op: str) -> VariableTracker:
    """What ``super().tp_richcompare_impl`` reaches up to 2.12, where comparing is no hook."""
    result: VariableTracker = super(Hooks, self).call_method(tx, op, [other], {})  # type: ignore[misc]
    return result


#: Trackers are compared by methods such as ``__eq__``, up to 2.12.
COMPARES_BY_METHOD: bool = "tp_richcompare_impl" in _OLDER and not hasattr(
    VariableTracker, "richcompare_impl"
)
if COMPARES_BY_METHOD:
    Hooks.tp_richcompare_impl = _compared_by_method  # type: ignore[attr-defined]


def hash_of(tracker: Any, tx: Any) -> int:
    """The hash of what ``tracker`` stands for."""
    if _HASHES_IN_ONE_STEP:
        return int(tracker.hash_impl(tx)[0])
    return int(tracker.get_python_hash())


_READ = _OLDER.get("tp_getattro_impl", "tp_getattro_impl")


def hook_name(name: str) -> str:
    """What the running torch calls the hook ``name``."""
    return _OLDER.get(name, name)


def hook_of(cls: type, name: str) -> Callable[..., Any]:
    """The method of a class of torch's that is the hook ``name``."""
    hook: Callable[..., Any] = getattr(cls, hook_name(name))
    return hook


def read_attribute(tracker: VariableTracker, tx: Any, name: str) -> VariableTracker:
    """The tracker of the attribute ``name`` of what ``tracker`` stands for."""
    result: VariableTracker = getattr(tracker, _READ)(tx, name)
    return result


def storing_in_dict(tx: Any) -> Callable[[VariableTracker, str, VariableTracker], None]:
    """What stores an attribute in the ``__dict__`` of an object, where the traced code reads it.

    Up to 2.12 torch stores it as any other, and shows it in the ``__dict__``.
    """
    effects = tx.output.side_effects
    return getattr(effects, "store_instance_dict_attr", effects.store_attr)  # type: ignore[no-any-return]


_COUNTS_BASES = runs_on("==2.11.*")


def of_base(method: Callable[..., Any]) -> Callable[..., Any]:
    """``super().reconstruct`` or the like, to be called by the method that overrides it.

    torch refuses a tracker that is asked for the same while it answers, as it holds itself. In 2.11
    it counts what the base answers to `super` as the same.
    """
    if not (_COUNTS_BASES and hasattr(method, "_call_once_guarded")):
        return method
    guarded: Any = method
    return MethodType(guarded.__wrapped__, guarded.__self__)


def written_past(tracker: VariableTracker) -> bool:
    """Whether the program wrote into the ``__dict__`` of an object, past its ``__setattr__``.

    Up to 2.11, where torch replays that as it replays any attribute that was set.
    """
    return bool(getattr(tracker, "attrs_directly_modifed_on_dict", ()))
