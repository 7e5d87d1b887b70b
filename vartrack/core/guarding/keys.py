"""The guard kinds of users' own types: the same type and key, and the same state around it."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from torch._dynamo import exc
from torch._dynamo.guards import GuardManagerType, get_verbose_code_parts, install_guard
from torch._dynamo.source import GlobalStateSource
from torch._guards import TracingContext

from vartrack.compat import shared
from vartrack.core.guarding.exporting import is_exporting, refuse_in_export
from vartrack.core.texts.articles import with_article
from vartrack.core.texts.wording import briefly, told
from vartrack.core.user_code.held import AsItWas, Held
from vartrack.core.user_code.outside import watching

if TYPE_CHECKING:
    from torch._dynamo.guards import GuardBuilder
    from torch._guards import Guard

__all__ = [
    "KEY_MATCH",
    "SLOW",
    "STATE_MATCH",
    "Identity",
    "KeyCheck",
    "StateCheck",
    "UnusableKey",
    "check_at_every_call",
    "guard_state",
    "same",
]

State = Callable[[], Any]


#: From how many nanoseconds on a check is slow: a small graph runs in less.
SLOW = 1_000_000
#: How often a check that seems to be slow, or to look at something else, is tried.
_TIMES = 3


class UnusableKey(ValueError):
    """A key, or a value without one, that cannot say whether two values are the same."""


class Identity:
    """A part of a key that is the same only if it is the very same object.

    Args:
        value: the object. It stays alive as long as the key, so that no other takes its place.

    .. versionadded:: 0.1
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return type(other) is Identity and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)

    def __repr__(self) -> str:
        return f"this {type(self.value).__qualname__}"


def same(one: Any, other: Any) -> bool:
    """Whether two keys are equal in value and type, all the way down.

    Unlike with ``==``, ``True`` is not ``1``, ``0.0`` is not ``-0.0``, and NaN is NaN.

    .. versionadded:: 0.1
    """
    cls = type(one)
    if cls is not type(other):
        return False
    if cls is float:
        if one == other:
            return bool(one) or math.copysign(1, one) == math.copysign(1, other)
        return one != one and other != other
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if cls is complex:
        return same(one.real, other.real) and same(one.imag, other.imag)
    if cls is frozenset:
        return set(map(_tagged, one)) == set(map(_tagged, other))
    if one is other:
        return True
    answer = one == other
    return bool(answer is True or (answer is not False and _plain_bool(answer)))


def _tagged(item: Any) -> Any:
    """``item`` in a form whose ``==`` is `same`."""
    cls = type(item)
    if cls is float:
        return cls, item.hex()
    if isinstance(item, (tuple, frozenset)):
        return cls, frozenset(map(_tagged, item)) if cls is frozenset else tuple(map(_tagged, item))
    return cls, item


def _plain_bool(answer: Any) -> bool | None:
    """``answer`` if it is one of Python's or NumPy's booleans, else None."""
    if type(answer).__name__ in ("bool", "bool_") and getattr(answer, "shape", ()) == ():
        return bool(answer)
    return None


_NOTHING = object()


class KeyCheck:
    """Asks whether a value is still the one it was: the same type, and the same key.

    Args:
        value: the value as it is now.
        key: from a value to what makes it the same; None to compare values themselves.
        constant: whether the value does not change, so that it is the same if it is itself.
        changeable: whether it may change in place all the same, as its class is in Python.

    Attributes:
        cost: nanoseconds that one check takes, as measured now.

    Raises:
        UnusableKey: the key raises, is not hashable, is not equal to itself or changes the value,
            or without one the value cannot be compared with itself.
    """

    __slots__ = ("before", "cls", "cost", "expected", "itself", "key")

    def __init__(
        self,
        value: Any,
        key: Callable[[Any], Any] | None,
        *,
        constant: bool = False,
        changeable: bool = False,
    ) -> None:
        #: The value, if it is not compared with itself, which may take long.
        self.itself = value if constant or key is None else _NOTHING
        self.cls = type(value)
        self.key = key
        self.before: AsItWas | None = None
        held = Held(value)
        try:
            self._measure(value, key)
        finally:
            changed = held.put_back()
        if changed:
            raise UnusableKey(f"comparing {self._what()} changes its {changed}")
        if changeable and key is None:
            self._keep(value)

    def _keep(self, value: Any) -> None:
        """Compare with a copy of the value, if the two are equal as they are now."""
        try:
            before = AsItWas(value)
            if _plain_bool(value == before.copy) and before.stands():
                self.before, self.expected = before, before.copy
        except Exception:
            return  # its class knows of more than what it stores

    def _measure(self, value: Any, key: Callable[[Any], Any] | None) -> None:
        self.expected = value if key is None else self._key_of(value, key)
        self.cost = 0
        try:
            if key is None:
                self._look(value)
            for _ in range(_TIMES):
                start = time.perf_counter_ns()
                if key is None:
                    reflexive = _plain_bool(value == value)
                else:
                    reflexive = same(key(value), self.expected)
                taken = time.perf_counter_ns() - start
                self.cost = min(taken, self.cost or taken)
                if self.cost < SLOW:
                    break  # what takes long may have been something else
        except UnusableKey:
            raise
        except Exception as error:
            raise UnusableKey(f"comparing {self._what()} raised {told(error)}") from error
        if reflexive is None:
            raise UnusableKey(f"comparing {self._what()} gave neither True nor False")
        if not reflexive:
            raise UnusableKey(f"{self._what()} is not equal to itself")

    def _look(self, value: Any) -> None:
        """Compare the value with itself, and see whether that depends on something else.

        The same object is not compared at later calls, and would not be seen to differ.
        """
        for _ in range(_TIMES):
            with watching() as looks:
                _plain_bool(value == value)
            if not looks.first:
                return  # if it did before, something else ran in between, such as a finalizer
        raise UnusableKey(
            f"comparing {self._what()} calls {looks.first}, so that the answer may be another "
            "one although the value is the same"
        )

    def _key_of(self, value: Any, key: Callable[[Any], Any]) -> Any:
        try:
            expected = key(value)
        except Exception as error:
            raise UnusableKey(f"key({self.cls.__qualname__}) raised {told(error)}") from error
        try:
            hash(expected)
        except TypeError:
            raise UnusableKey(
                f"key({self.cls.__qualname__}) gave {with_article(type(expected))} that "
                "is not hashable and so may change; give a tuple of what it holds"
            ) from None
        return expected

    def _what(self) -> str:
        of = with_article(self.cls)
        return of if self.key is None else f"the key of {of}"

    def __call__(self, value: Any) -> bool:
        """Whether ``value`` is the same; False also if comparing raises."""
        if type(value) is not self.cls:
            return False
        try:
            if value is self.itself and (self.before is None or self.before.stands()):
                return True
            if self.key is None:
                return bool(value == self.expected)
            return same(self.key(value), self.expected)
        except Exception:
            return False


def KEY_MATCH(builder: GuardBuilder, guard: Guard, *, check: KeyCheck) -> None:
    """Have compiled code call ``check`` on the guarded value."""
    name = _name_of(check.key)
    code = (
        f"{name}({builder.arg_ref(guard)}) == {briefly(check.expected)} of {check.cls.__qualname__}"
    )
    guard.set_export_info("KEY_MATCH", None, [code], None)
    check_at_every_call(builder.get_guard_manager(guard), check, code, guard)


def _name_of(key: Callable[[Any], Any] | None) -> str:
    if isinstance(key, functools.partial):
        return f"{_name_of(key.func)} {' '.join(map(str, key.args))}"
    return getattr(key, "__qualname__", None) or "value"


def check_at_every_call(
    manager: Any, check: Callable[[Any], bool], code: str, guard: Guard
) -> list[str]:
    """Have compiled code call ``check`` on the value of ``manager``, whatever holds the value.

    As a leaf on the value it would be passed by where torch takes the value for immutable (a
    number, a text or a tuple, subclasses too) and the dict or module that holds it did not change.
    What is read from a value by Python code is read at every call. So the answer is read from it,
    and has to be True.

    Returns:
        What torch says where it fails, which may be changed.
    """
    said: list[str] = get_verbose_code_parts(code, guard)
    answer = manager.lambda_manager(
        python_lambda=check,
        source=code,
        example_value=True,
        guard_manager_enum=GuardManagerType.GUARD_MANAGER,
    )
    answer.add_true_match_guard(said, *shared.stack_of(guard))
    return said


class StateCheck:
    """Asks whether what results depend on besides the operands is as it was.

    Args:
        state: takes nothing and gives something that `==` compares.
    """

    __slots__ = ("expected", "state")

    def __init__(self, state: State) -> None:
        self.state = state
        self.expected = state()

    def __call__(self, _: Any) -> bool:
        """Whether the state is the same; False also if asking raises."""
        try:
            return bool(self.state() == self.expected)
        except Exception:
            return False


def STATE_MATCH(builder: GuardBuilder, guard: Guard, *, check: StateCheck) -> None:
    """Have compiled code call ``check`` at every call."""
    name = getattr(check.state, "__qualname__", "state")
    code = f"{name}() == {briefly(check.expected)}"
    guard.set_export_info("STATE_MATCH", None, [code], None)
    builder.get_guard_manager(guard).add_lambda_guard(
        check, get_verbose_code_parts(code, guard), *shared.stack_of(guard)
    )


def guard_state(state: State) -> None:
    """Guard that ``state()`` gives what it gives now, once for each compile."""
    context = TracingContext.try_get()
    if context is None:
        return
    if is_exporting():
        name = getattr(state, "__qualname__", "state")
        refuse_in_export(name, f"the state that {name} tells")
    source = GlobalStateSource()
    standing = shared.guards_on(context.guards_context.dynamo_guards, source)
    if not any(_guards(guard, state) for guard in standing):
        create = functools.partial(STATE_MATCH, check=_state_check(state))
        install_guard(source.make_guard(create), skip=1)


def _state_check(state: State) -> StateCheck:
    """The check of ``state``; it breaks the graph if that says nothing."""
    name = getattr(state, "__qualname__", "state")
    try:
        check = StateCheck(state)
        problem = "" if state() == check.expected else "does not give the same twice"
    except Exception as error:
        problem = f"raised {told(error)}"
    if not problem:
        return check
    break_graph: Callable[..., NoReturn] = exc.unimplemented
    break_graph(
        gb_type="vartrack: no usable state",
        context=name,
        explanation=f"{name}, which says what results depend on besides the operands, {problem}.",
        hints=[f"Have {name} take nothing and give a plain value, the same until it changes."],
    )


def _guards(guard: Guard, state: State) -> bool:
    check = getattr(guard.create_fn, "keywords", {}).get("check")
    return isinstance(check, StateCheck) and check.state is state
