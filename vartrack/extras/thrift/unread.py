"""Containers from outside that are only written to, as long as nothing is read of them."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import AsPythonConstantNotImplementedError, VariableTracker

from vartrack.bases.tracing.intents import asked
from vartrack.bases.tracing.waiting import NOT_NEEDED
from vartrack.core.no_alias import guard_apart

if TYPE_CHECKING:
    from vartrack.core.compile import Compile

__all__ = ["Unread", "keep_apart"]

#: The methods of torch's containers to which it is all one what is in them.
_OF_ALL = frozenset(
    {"python_type", "call_obj_hasattr", "var_getattr", "tp_getattro_impl"}
    | {"hash_impl", "is_hashable", "is_python_hashable", "_get_dict_cls_from_user_cls"}
)


class Unread(VariableTracker):
    """The tracker of a container of which only what was written is known.

    As soon as anything else is done with it, it is an ordinary one: whatever a class of these does
    not define itself, it does after that.

    Attributes:
        ordinary: the class of the ordinary tracker.
    """

    ordinary: type[VariableTracker]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        mro = cls.ordinary.__mro__
        for base in mro[: mro.index(VariableTracker)]:
            for name, method in vars(base).items():
                own = name in vars(cls) or name in vars(Unread) or name in _OF_ALL
                if isinstance(method, types.FunctionType) and not own:
                    setattr(cls, name, _ordinary_first(name))

    def become_ordinary(self) -> None:
        """Read what was in it, with the guards that torch has from the start."""
        raise NotImplementedError

    def clone(self, **options: Any) -> VariableTracker:
        """A copy, which is an ordinary one."""
        self.become_ordinary()
        return self.clone(**options)

    def is_python_constant(self) -> bool:
        return False

    def as_python_constant(self) -> Any:
        if asked() in NOT_NEEDED:
            raise AsPythonConstantNotImplementedError(self)
        self.become_ordinary()
        return self.as_python_constant()


def _ordinary_first(name: str) -> Callable[..., Any]:
    """A method of torch's, which may hold classes against each other before it reads items."""

    def call(self: Unread, *args: Any, **kwargs: Any) -> Any:
        self.become_ordinary()
        return getattr(self, name)(*args, **kwargs)

    return call


def keep_apart(compile: Compile, effects: Any) -> None:
    """Guard that a container that was only written to is none of the others of its type.

    Those would be told from it by their lengths, but its own is not guarded.
    """
    tracked = list(effects.id_to_variable.items())
    for ordinary in {each.ordinary for _, each in tracked if isinstance(each, Unread)}:
        alike = [(key, each) for key, each in tracked if isinstance(each, ordinary)]
        if len(alike) > 1:
            values = {id(value): value for value in effects.keepalive}
            from_outside = ((key, each.source) for key, each in alike if key in values)
            guard_apart(compile, [(values[key], source) for key, source in from_outside if source])
