"""Values that are only passed on, or only looked up, vanish between two calls and come back."""

from __future__ import annotations

import collections
import types
from typing import Any

import pytest
import torch
from facts import Plans, both_runs

import vartrack

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


def _passing_on(read: Any) -> Any:
    def found(x: Any) -> Any:
        try:
            value = read()
        except (LookupError, AttributeError, NameError) as error:
            value = type(error).__name__
        return x + 1, value

    return found


def _leaving_alone(read: Any) -> Any:
    def found(x: Any) -> Any:
        try:
            read()
        except (LookupError, AttributeError, NameError) as error:
            return x, type(error).__name__
        return x + 1

    return found


def _vanishes(wrap: Any, read: Any, put: Any, take: Any) -> Any:
    """A plan: what ``read`` gives, or the error, before and after it was taken away."""
    for use in (_passing_on, _leaving_alone):
        call = wrap(use(read))
        put(1)
        yield lambda: call(ONE)  # noqa: B023  # it is called before the next
        take()
        yield lambda: call(ONE)  # noqa: B023
        put(9)
        yield lambda: call(ONE)  # noqa: B023
        put("text")
        yield lambda: call(ONE)  # noqa: B023
        take()


def _attribute_vanishes(wrap: Any, held: Any) -> Any:
    return _vanishes(
        wrap,
        lambda: held.a,
        lambda value: setattr(held, "a", value),
        lambda: delattr(held, "a"),
    )


def _entry_vanishes(wrap: Any, held: Any) -> Any:
    return _vanishes(
        wrap,
        lambda: held["a"],
        lambda value: held.__setitem__("a", value),
        lambda: held.__delitem__("a"),
    )


class _Thing: ...


class _Slotted:
    __slots__ = ("a",)


@plan
def of_an_object(wrap):
    return _attribute_vanishes(wrap, _Thing())


@plan
def of_a_class(wrap):
    return _attribute_vanishes(wrap, type("Made", (), {}))


@plan
def of_a_namespace(wrap):
    return _attribute_vanishes(wrap, types.SimpleNamespace())


@plan
def of_a_module_of_python(wrap):
    return _attribute_vanishes(wrap, types.ModuleType("made_for_a_test"))


@plan
def of_a_dict(wrap):
    return _entry_vanishes(wrap, {})


@plan
def of_an_ordered_dict(wrap):
    return _entry_vanishes(wrap, collections.OrderedDict())


@plan
def of_the_attributes_of_an_object(wrap):
    thing = _Thing()
    return _vanishes(
        wrap,
        lambda: vars(thing)["a"],
        lambda value: setattr(thing, "a", value),
        lambda: delattr(thing, "a"),
    )


@plan
def a_global(wrap):
    return _vanishes(
        wrap,
        lambda: PASSED_ON,  # noqa: F821  # type: ignore[name-defined]
        lambda value: globals().__setitem__("PASSED_ON", value),
        lambda: globals().__delitem__("PASSED_ON"),
    )


@plan
def of_a_module(wrap):
    return _attribute_vanishes(wrap, torch.nn.Identity())


@plan
def of_an_object_with_slots(wrap):
    return _attribute_vanishes(wrap, _Slotted())


@plan
def of_an_instance_by_its_class(wrap):
    made = type("Made", (), {})
    return _vanishes(
        wrap, lambda: made().a, lambda value: setattr(made, "a", value), lambda: delattr(made, "a")
    )


@plan
def behind_a_property(wrap):
    class Hidden:
        @property
        def a(self):
            return self._a

    held = Hidden()
    return _vanishes(
        wrap, lambda: held.a, lambda value: setattr(held, "_a", value), lambda: delattr(held, "_a")
    )


@plan
def of_a_dict_in_a_dict(wrap):
    held = {"inner": {}}
    return _vanishes(
        wrap,
        lambda: held["inner"]["a"],
        lambda value: held["inner"].__setitem__("a", value),
        lambda: held["inner"].__delitem__("a"),
    )


@plan
def of_one_of_several_dicts(wrap):
    return _entry_vanishes(wrap, collections.ChainMap({}, {"b": 2}))


@plan
def a_method(wrap):
    made = type("Made", (), {})
    held = made()
    return _vanishes(
        wrap,
        lambda: held.a,
        lambda value: setattr(made, "a", lambda self: value),
        lambda: delattr(made, "a"),
    )


@plan
def a_cell(wrap):
    cell = 1

    def read():
        return cell

    def put(value):
        nonlocal cell
        cell = value

    def take():
        nonlocal cell
        del cell

    return _vanishes(wrap, read, put, take)


def _deleted(wrap, held):
    """A plan: the traced code deletes the attribute, which may be gone already."""

    def use(x):
        try:
            del held.a
        except AttributeError:
            return x
        return x + 1

    call = wrap(use)
    for _ in range(2):
        held.a = 1
        yield lambda: call(ONE)
        held.a = 2
        yield lambda: call(ONE)


@plan
def what_is_deleted_of_an_object(wrap):
    return _deleted(wrap, _Thing())


@plan
def what_is_deleted_of_an_object_with_slots(wrap):
    return _deleted(wrap, _Slotted())


@plan
def what_is_deleted_under_an_attribute_of_the_class(wrap):
    class Both:
        a = 7

    return _deleted(wrap, Both())


def _deletes(wrap, delete):
    def use(x):
        thing = _Thing()
        thing.a = 1
        try:
            delete(thing)
        except AttributeError as error:
            return x, str(error)
        return x + 1

    call = wrap(use)
    yield lambda: call(ONE)


@plan
def what_is_deleted_twice(wrap):
    def delete(thing):
        del thing.a
        del thing.a

    return _deletes(wrap, delete)


@plan
def what_a_new_object_lacks(wrap):
    def delete(thing):
        del thing.b

    return _deletes(wrap, delete)


@plan
def what_is_deleted_and_put_back(wrap):
    def delete(thing):
        del thing.a
        vars(thing)["a"] = 2
        del thing.a

    return _deletes(wrap, delete)


@plan
def what_the_class_has_then(wrap):
    class Both:
        a = 7

    def use(x, read):
        held = Both()
        held.a = 1
        del held.a
        return x + 1, read(held)

    call = wrap(use)
    for read in (lambda held: held.a, lambda held: hasattr(held, "a"), lambda held: vars(held)):
        yield lambda: call(ONE, read)  # noqa: B023
    Both.a = 8
    yield lambda: call(ONE, lambda held: getattr(held, "a", 3))


@plan
def with_another_to_fall_back_on(wrap):
    held = types.ModuleType("made_for_a_test")
    call = wrap(lambda x: (x + 1, getattr(held, "a", 3)))
    held.a = 1
    yield lambda: call(ONE)
    del held.a
    yield lambda: call(ONE)


def _function_has(wrap: Any, read: Any) -> Any:
    def function() -> None: ...

    held: Any = function
    call = wrap(lambda x, function: (x + 1, read(function)))
    yield lambda: call(ONE, held)
    held.ghost = 5
    yield lambda: call(ONE, held)
    del held.ghost
    yield lambda: call(ONE, held)


@plan
def whether_a_function_has_it(wrap):
    return _function_has(wrap, lambda function: hasattr(function, "ghost"))


@plan
def of_a_function_that_lacks_it_at_first(wrap):
    return _function_has(wrap, lambda function: getattr(function, "ghost", 3))


@plan
def a_key_that_has_no_hash(wrap):
    """Known by its place, an object is found in a dict without anything being read of it."""
    thing = _Thing()
    call = wrap(lambda x, thing: (x + 1, {thing.v: 1}.get(thing.v)))
    thing.v = object()
    yield lambda: call(ONE, thing)
    thing.v = torch.sin
    yield lambda: call(ONE, thing)
    thing.v = bytearray(b"ab")
    yield lambda: call(ONE, thing)
    thing.v = object()
    yield lambda: call(ONE, thing)


#: Where torch breaks the graph once there is no value any more, or none that can be a key.
_REFUSED = {"a_global", "a_cell", "a_key_that_has_no_hash", "what_is_deleted_twice"}


@pytest.mark.parametrize("name", PLANS)
def test_what_vanishes_is_noticed(name: str) -> None:
    """The call gives what Python gives, whichever handler catches the error."""
    both_runs(PLANS[name], refuses=name in _REFUSED)


def test_another_value_is_no_change() -> None:
    """Of a value that is only passed on it does not matter which one it is."""
    count = 0

    def backend(graph: Any, inputs: Any) -> Any:
        nonlocal count
        count += 1
        return graph.forward

    thing = _Thing()
    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(lambda x: (x + 1, thing.a), backend=backend, fullgraph=True)
        for value in (1, "text", [3]):
            thing.a = value
            assert compiled(ONE)[1] is value
    assert count == 1
