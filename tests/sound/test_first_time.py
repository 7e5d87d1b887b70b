"""What torch gets wrong, or fails at, the first time or when it compiles anew."""

from __future__ import annotations

import copy
import enum
import functools
import logging
import re
import weakref
from collections import OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from facts import Plan, Plans, both_runs, outcomes
from torch._dynamo.exc import Unsupported
from torch.export.dynamic_shapes import _IntWrapper

from vartrack import compat

pytestmark = pytest.mark.first_answer

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


class Frozen(frozenset): ...


@plan
def subclass_of_a_frozenset_comes_back(wrap):
    f = wrap(lambda x, v: (x + 1, (lambda *args: args)(v)))
    yield lambda: f(ONE, Frozen({1, 2}))
    yield lambda: f(ONE, Frozen({1, 3}))


@plan
def subclass_of_a_frozenset_is_copied(wrap):
    f = wrap(lambda x, v: (x + 1, copy.copy(v)))
    yield lambda: f(ONE, Frozen({1, 2}))


@plan
def attribute_that_is_set_behind_a_getattribute(wrap):
    class Own:
        def __getattribute__(self, name):
            return 42 if name == "magic" else object.__getattribute__(self, name)

    def use(x, value):
        value.magic, value.plain = 1, 3
        return x * value.magic + value.plain

    f = wrap(use)
    yield lambda: f(ONE, Own())


class Stocked:
    items = [1]  # noqa: RUF012
    seen = {2}  # noqa: RUF012
    parts = ([1], 2)


@plan
def contents_of_a_class(wrap):
    class Held(Stocked):
        items = [*Stocked.items]  # noqa: RUF012
        seen = {*Stocked.seen}  # noqa: RUF012
        parts = ([1], 2)

    def use(x, cls):
        cls.items.append(3)
        cls().items.append(4)
        cls.seen.add(5)
        cls.parts[0].append(7)
        return x * len(cls.items), cls.seen, cls.parts, cls.parts is cls().parts

    f = wrap(use)
    yield lambda: (f(ONE, Held), Held.items)
    yield lambda: (f(ONE, Held), Held.items)


class EqualToA:
    """A value that says itself what it is equal to."""

    def __eq__(self, other):
        return other == "a"

    def __hash__(self):
        return hash("a")


@plan
def constant_among_objects_that_say_what_they_equal(wrap):
    def use(x, held, text):
        literal = (1, EqualToA())
        return x + 1 if text in held else x - 1, text in literal, (text,) in [(EqualToA(),)]

    f = wrap(use)
    for held in ([EqualToA()], ("b", EqualToA()), deque([EqualToA()]), {1: EqualToA()}.values()):
        yield lambda: f(ONE, held, "a")
        yield lambda: f(ONE, held, "b")


@plan
def constant_among_numbers_that_are_objects(wrap):
    f = wrap(lambda x, held, value: x + 1 if value in held else x - 1)
    for held in ([Fraction(1)], [[1], (1,)]):
        for value in (1, "a", (1,)):
            yield lambda: f(ONE, held, value)


@plan
def deque_that_shrinks_while_it_is_gone_through_backwards(wrap):
    def f(x, items):
        seen = 0
        try:
            for _ in reversed(items):
                seen += 1
                items.pop()
        except RuntimeError:
            return x, seen
        return x + 1, seen

    f = wrap(f)
    yield lambda: f(ONE, deque([1, 2, 3]))


@plan
def deque_that_grows_while_it_is_gone_through(wrap):
    def use(x, items):
        try:
            for item in items:
                if len(items) < 9:  # torch goes on for ever
                    items.append(item)
        except RuntimeError as error:
            return x, str(error)
        return x + 1, list(items)

    f = wrap(use)
    yield lambda: f(ONE, deque([1, 2]))


@plan
def setattr_gives_nothing(wrap):
    class Owner: ...

    def use(x, thing):
        return x + 1, setattr(thing, "a", 5), setattr(Owner, "k", 3), thing.a

    f = wrap(use)
    yield lambda: f(ONE, Owner())
    yield lambda: f(ONE, SimpleNamespace())


@plan
def metaclass_is_called(wrap):
    class Meta(type):
        def __call__(cls, *args):
            return 7

    class Made(metaclass=Meta): ...

    f = wrap(lambda x: x * Made())
    yield lambda: f(ONE)


@plan
def attribute_that_what_re_gives_has_not(wrap):
    def use(x, value):
        try:
            return x, value.ghost
        except AttributeError:
            return x + 1, None

    f = wrap(use)
    yield lambda: f(ONE, re.match("a", "a"))
    yield lambda: f(ONE, re.compile("a"))


@plan
def attribute_of_a_metaclass(wrap):
    class Meta(type):
        level = 2

    class Made(metaclass=Meta): ...

    f = wrap(lambda x: x * Made.level)
    yield lambda: f(ONE)
    Meta.level = 5
    yield lambda: f(ONE)
    Made.level = 6
    yield lambda: f(ONE)
    del Made.level
    yield lambda: f(ONE)


@plan
def getattribute_that_says_no_class(wrap):
    class Thing: ...

    thing = Thing()
    thing.a = 2
    f = wrap(lambda x: x * thing.a)
    yield lambda: f(ONE)
    Thing.__getattribute__ = lambda self, name: 9
    yield lambda: f(ONE)


@plan
def class_that_is_said(wrap):
    class Other: ...

    class Third: ...

    class Thing:
        said = Other

        @property
        def __class__(self):
            return self.said

    thing = Thing()
    f = wrap(lambda x: x + 1 if isinstance(thing, Other) else x - 1)
    yield lambda: f(ONE)
    thing.said = Third
    yield lambda: f(ONE)
    thing.said = Other
    yield lambda: f(ONE)


@plan
def key_with_an_equal_constant(wrap):
    class Key:
        def __init__(self, number):
            self.number = number

        def __hash__(self):
            return hash(self.number)

        def __eq__(self, other):
            return self.number == getattr(other, "number", other)

    f = wrap(lambda x: (x * {1: 5}.get(Key(1), 9), {Key(1): 2}.get(1, 3)))
    yield lambda: f(ONE)


@plan
def method_of_a_numpy_number(wrap):
    f = wrap(lambda x: x + int(round(np.floor(3.1))))
    yield lambda: f(ONE)


@plan
def extreme_by_a_key(wrap):
    sign = [1]

    def key(item):
        return item * sign[0]

    f = wrap(
        lambda x: (x + 1, max([1, 2, 3], key=key), min(3, 1, key=key), max("ab", "c", key=len))
    )
    yield lambda: f(ONE)
    sign[0] = -1
    yield lambda: f(ONE)
    sign[0] = 0
    yield lambda: f(ONE)


@plan
def types_of_numbers_in_a_set_that_is_changed(wrap):
    held = {1, 2, "a"}
    f = wrap(lambda x: (x + 1, held.add(5)))
    yield lambda: (f(ONE), held)
    held.discard(1)
    held.add(True)
    yield lambda: (f(ONE), held)


@plan
def text_of_a_number_that_varies(wrap):
    f = wrap(lambda x, n: (x * n, f"{n}", f"{n:>6}", [f"{n!r}"], len(f"{n:>6}")))
    for number in (3, 4, 5):
        yield lambda: f(ONE, number)


class Level(enum.IntEnum):
    HIGH = 2


class Bag(set): ...


class EqualSet(frozenset):
    def __eq__(self, other):
        return True

    __hash__ = frozenset.__hash__


class Count(int): ...


class Table(dict): ...


def refusing(use):
    """What ``use`` gives, or the type of error that a function catches."""
    try:
        return use()
    except (TypeError, ValueError, AttributeError) as error:
        return type(error).__name__


def caught(use):
    """The text of the error that ``use`` raises."""
    try:
        return use()
    except (TypeError, AttributeError) as error:
        return str(error)


class SlotsAlone:
    __slots__ = ("a",)


def _on(name, use, *makes):
    """A plan by which ``use`` of each value is made by one function."""

    def run(wrap):
        f = wrap(lambda x, v: (x + 1, refusing(lambda: use(v))))
        for make in makes:
            value = make()
            yield lambda: (f(ONE, value), value)  # noqa: B023 - it is called before the next

    PLANS[name] = run


_on("set_subclass_is_changed", lambda v: (v.add(5), len(v)), lambda: Bag({1, 2}), lambda: {1, 2})
_on("set_subclass_is_made", lambda v: (lambda b: (b.add(v), b))(Bag()), lambda: 1)
if compat.RUNNING.release[:2] >= (2, 13):  # see the guide's "What remains"
    _on("copy_of_a_number", copy.copy, lambda: Count(3), lambda: Count(4))
    _on("copy_of_a_number_inside", copy.deepcopy, lambda: [Count(3)])
_on("deque_with_a_maxlen", lambda v: (v.append(1), v.appendleft(3), v.pop()), lambda: deque(ONE, 2))
_on("deque_without_room", lambda v: (v.append(1), len(v)), lambda: deque((), 0))
_on("round_of_what_cannot_be", round, lambda: bytearray(b"a"), lambda: [1], lambda: None, Bag)
_on("number_in_a_range", lambda v: 3 in v, lambda: range(5), lambda: range(0, 9, 2))
_on("mapping_that_is_none", lambda v: {**v}, lambda: "abc", lambda: ["ab"], lambda: {"a": 1})
_on("keyword_that_are_none", lambda v: dict(**v), lambda: "abc", lambda: {"a": 1})
_on("view_in_a_set_operation", lambda v: sorted(v | {"q"}), lambda: {"a": 1}.keys())
_on("set_operation_with_a_view", lambda v: sorted({"q"} - v), lambda: {"a": 1}.keys())
_on("text_with_a_mapping", lambda v: "%(a)s" % v, lambda: Table(a=1), lambda: {"a": 2})
_on("divmod_of_an_array", lambda v: divmod(v, 2), lambda: np.ones(2))
_on("attribute_of_a_class_in_c", lambda v: v.name, lambda: np.float32, lambda: int)
_on("method_is_looked_for", lambda v: v in [v], lambda: [].append)
_on("method_of_an_object", lambda v: (v in [v], [v, 2].index(v)), lambda: ONE.add)
_on("order_of_an_ordered_dict", lambda v: v.move_to_end("a"), lambda: OrderedDict(a=1, b=2))
_on("iterator_is_summed", lambda v: (sum(v), list(v)), lambda: iter(range(3)))
_on("iterator_is_counted", lambda v: [v, v].count(v), lambda: iter(range(3)))
_on("sum_of_byte_arrays", lambda v: v + v, lambda: bytearray(b"a"))
_on("operators_that_there_are_not", lambda v: v | 1, lambda: 2.5, lambda: None, lambda: "a")
_on(
    "values_of_an_ordered_dict",
    lambda v: (type(v).__name__, isinstance(v, list), [*v], 1 in v, hasattr(v, "append"), repr(v)),
    lambda: OrderedDict(a=1).values(),
    lambda: OrderedDict(a=1, b=2.5).values(),
)
_on("text_of_a_view", lambda v: (repr(v.keys()), repr(v.items())), lambda: {"a": 1, "b": 2.5})
_on("key_without_a_hash", lambda v: caught(lambda: {v: 1}), lambda: [1], lambda: {"a": 1})
_on("dict_of_an_object", lambda v: hasattr(v, "__dict__"), SlotsAlone, SimpleNamespace, lambda: 1)
_on("slot_that_there_is_not", lambda v: caught(lambda: v.missing), SlotsAlone)
_on("item_of_a_view", lambda v: v[0], lambda: OrderedDict(a=1).values(), lambda: [1])
_on(
    "hooks_of_a_module",
    lambda v: (type(v._forward_hooks).__name__, len(v._forward_hooks), type(v._backward_hooks)),
    torch.nn.Identity,
    lambda: _hooked(torch.nn.Identity()),
)
_on(
    "which_of_two_that_are_equal_is_shared",
    lambda v: (v & {1}, v.intersection([2.0]), v & {True, 5, 6, 7}),
    lambda: frozenset({True, 2}),
    lambda: {1, 2},
)
_on(
    "what_an_export_wraps_an_int_in",
    lambda v: (isinstance(v, int), v.val, type(v).__name__, (lambda *args: args[0] is v)(v)),
    lambda: _IntWrapper(3),
    lambda: _IntWrapper(4),
)
_on(
    "weak_reference_in_a_list",
    lambda v: ([v], v() is Level, v, type(v).__name__, copy.copy(v) is v),
    lambda: weakref.ref(Level),
    lambda: weakref.ref(Bag),
)
_on(
    "set_that_says_what_it_equals",
    lambda v: [v, v].index(v),
    lambda: EqualSet({1}),
    lambda: frozenset({1}),
)
_on("length_of_a_dtype", len, lambda: np.dtype("float32"))
_on("copy_of_what_has_none", copy.copy, lambda: MappingProxyType({"a": 1}))
_on("copy_of_a_partial", lambda v: type(copy.copy(v)).__name__, lambda: functools.partial(int, 1))
_on("spec_that_there_is_not", lambda v: f"{v:.2f}", lambda: 1.5, object, lambda: bytearray(b"a"))
_on("attribute_that_is_not_there", lambda v: v.note, SimpleNamespace, lambda: logging.getLogger())
if compat.RUNNING.release[:2] < (2, 15):  # see the guide's "What remains"
    _on("method_is_counted", lambda v: ([v, v].count(v), [1, v].index(v)), lambda: [].append)
_on(
    "the_greater_of_numbers_of_two_types",
    lambda v: (max(v, 3.0), min([v, 2.5])),
    *(functools.partial(int, number) for number in (4, 5, 6, 1)),
    lambda: 2.75,
)


def _hooked(module):
    module.register_forward_hook(lambda module, args, result: result + 1)
    return module


@plan
def number_of_a_class_that_comes_to_say_its_truth(wrap):
    class Own(int): ...

    f = wrap(lambda x, v: (x + 1, bool(v), 1 if v else 2))
    value = Own(3)
    yield lambda: f(ONE, value)
    Own.__bool__ = lambda self: False
    yield lambda: f(ONE, value)


@plan
def number_of_a_class_that_says_what_it_has(wrap):
    class Own(int): ...

    f = wrap(lambda x, v: (x + 1, getattr(v, "note", 5)))
    value = Own(3)
    yield lambda: f(ONE, value)
    for number in (6, 7):
        Own.__getattribute__ = lambda self, name, number=number: number
        yield lambda: f(ONE, value)


class EqualByEither:
    """Says itself what is equal to it, and of everything that it is unequal."""

    def __init__(self, number):
        self.number = number

    def __eq__(self, other):
        return self.number == other.number

    def __ne__(self, other):
        return True

    def __hash__(self):
        return 1


class UnequalByNumber:
    def __init__(self, number):
        self.number = number

    def __ne__(self, other):
        return self.number != other.number


class EqualByNumber:
    def __init__(self, number):
        self.number = number

    def __eq__(self, other):
        return self.number == other.number

    def __hash__(self):
        return 1


_HOLDING = {
    "dict": lambda item: {"key": item},
    "defaultdict": lambda item: defaultdict(int, key=item),
    "ordered": lambda item: OrderedDict(key=item),
    "deque": lambda item: deque([item]),
    "list": lambda item: [item],
    "dict_in_a_list": lambda item: [{"key": item}],
}
for _holder, _held in _HOLDING.items():
    for _kind in (EqualByEither, UnequalByNumber, EqualByNumber):
        _on(
            f"{_holder}_of_{_kind.__name__}_is_compared",
            lambda v, held=_held: (held(v[0]) == held(v[1]), held(v[0]) != held(v[1])),
            *(lambda n=n, kind=_kind: (kind(1), kind(n)) for n in (1, 2, 3)),
        )


class OwnText(str):
    """Equal to what it says itself, and unequal as a text is."""

    def __eq__(self, other):
        return other == "a" or str.__eq__(self, other)

    __hash__ = str.__hash__


for _holder, _held in _HOLDING.items():
    _on(
        f"{_holder}_of_a_text_that_is_equal_by_itself",
        lambda v, held=_held: (held(v) == held("a"), held("a") != held(v), held(v) == held("b")),
        *(lambda text=text: OwnText(text) for text in ("a", "b", "c")),
    )


class LongPair(NamedTuple):
    a: int
    b: int


class OfAnotherLength(LongPair):
    def __len__(self):
        return 7


class MadeOtherwise(LongPair):
    @classmethod
    def _make(cls, items):
        return cls(0, 0)


for _kind in (LongPair, OfAnotherLength, MadeOtherwise):
    _on(f"{_kind.__name__}_is_made", lambda v, kind=_kind: [kind(v, 2)], lambda: 1, lambda: "a")


class Place:
    def __init__(self, number):
        self.number = number

    def __index__(self):
        return self.number


_on("slice_by_an_object", lambda v: [1, 2, 3, 4][v::v], lambda: Place(1), lambda: Place(2))
_on("text_by_an_object", lambda v: "abcd"[: v[0]], lambda: [Place(1)], lambda: [Place(3)])

_ADDING = functools.partial(max, 1, default=2)
_on("partial_of_one_made", lambda v: _parts(functools.partial(functools.partial(max, v), 2)), int)
_on("partial_of_one_given", lambda v: _parts(functools.partial(v, 3, key=4)), lambda: _ADDING)
_on("dict_of_a_partial", lambda v: (v.__dict__, vars(v)), *2 * (lambda: _with_note(_ADDING),))


def _parts(partial):
    return partial.args, partial.keywords


def _with_note(partial):
    made = functools.partial(partial.func, *partial.args)
    made.note = 5
    return made


class Pair:
    __match_args__ = ("first", "second")

    def __init__(self, first, second):
        self.first, self.second = first, second


class Swapped(Pair):
    __match_args__ = ("second", "first")


def _matched(value):
    match value:
        case Pair(1, second):
            return second
        case Bare(missing=1):
            return "missing"
        case Bare(1):
            return "one"
        case Count(9):
            return "nine"
        case Count(number):
            return number + 1
    return None


class Bare: ...


_on(
    "class_pattern",
    _matched,
    *(lambda v=v: v for v in (Pair(1, 2), Swapped(1, 3), Bare(), Count(9), Count(4), 4)),
)


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.usefixtures("as_before")
def test_it_is_right_or_refused(name: str) -> None:
    both_runs(PLANS[name], refuses=True)


def test_an_extreme_by_a_key_that_varies_is_found() -> None:
    both_runs(PLANS["extreme_by_a_key"])


def test_a_text_of_a_number_that_is_not_used_compiles_no_more() -> None:
    def use(wrap):
        f = wrap(lambda x, n: (x * n, (f"{n}", 3)[1]))
        for number in (3, 4, 5, 6):
            yield lambda: f(ONE, number)

    assert both_runs(use) == 2


def is_refused(use: Plan) -> bool:
    """Whether torch alone refuses it."""
    try:
        outcomes(use, None)
    except Unsupported:
        return True
    return False


@pytest.mark.parametrize("value", [SimpleNamespace(a=1), {"a": 1}.items()], ids=["object", "view"])
def test_that_there_is_no_hash_is_not_refused(value) -> None:
    def use(wrap):
        f = wrap(lambda x, v: (x + 1, refusing(lambda: hash(v))))
        yield lambda: f(ONE, value)

    both_runs(use, refuses=is_refused(use))


@pytest.mark.parametrize("value", [1, 2, "a", None])
def test_a_number_of_c_code_is_asked(value) -> None:
    """It may be equal to a number, and to a text it is not."""

    def use(wrap):
        f = wrap(lambda x, held: (x + 1 if value in held else x - 1, value == held[0]))
        for number in (1, 2, 1):
            yield lambda: f(ONE, [Decimal(number)])  # noqa: B023 - it is called before the next
        g = wrap(lambda x, one: (x + (one != value), [one == value, value != one]))
        for number in (2, 1):
            yield lambda: g(ONE, Decimal(number))  # noqa: B023

    assert both_runs(use) == (4 if isinstance(value, int) else 2)


@pytest.mark.parametrize("value", [memoryview(b"a"), Level.HIGH], ids=["bytes", "member"])
def test_what_else_compares_in_c_is_asked(value) -> None:
    def use(wrap):
        f = wrap(lambda x, v: (x + 1, v == b"a", 1 != v, v != 2))
        yield lambda: f(ONE, value)

    both_runs(use)


def test_an_item_that_is_not_implemented_is_not_refused() -> None:
    def use(wrap):
        f = wrap(lambda x, v: (x + 1, v[0], v[0] is NotImplemented))
        yield lambda: f(ONE, [NotImplemented])

    both_runs(use, refuses=is_refused(use))


def test_a_deque_with_a_maxlen_is_not_refused() -> None:
    def use(wrap):
        f = wrap(lambda x, v: (x + 1, v.popleft(), v.append(x)))
        for many in (3, 2):
            value = deque([ONE, ONE, 1], many)
            yield lambda: (f(ONE, value), value)  # noqa: B023 - it is called before the next

    both_runs(use)


def _holding_themselves():
    """Containers that hold themselves, at once and further down."""
    in_list, in_dict, in_ordered, further = [1], {"a": 1}, OrderedDict(a=1), [1]
    in_list.append(in_list)
    in_dict["itself"] = in_dict
    in_ordered["itself"] = in_ordered
    further.append({"itself": further})
    return in_list, in_dict, in_ordered, further


class Shade(enum.Enum):
    DARK = 1


class Mark:
    def __repr__(self) -> str:
        return "a mark"


@plan
def text_of_a_slice_by_objects(wrap):
    for value in (slice(Shade.DARK), slice(1, Mark()), slice(1, "a", None), slice(2.5)):
        f = wrap(lambda x, value: (x + 1, repr(value), f"{value}", value.stop is value.stop))
        yield lambda: f(ONE, value)  # noqa: B023  # it is called before the next


#: What may be asked of them; torch shows a copy of them, in which they come one level later.
OF_THEMSELVES = {
    "repr": repr,
    "str": lambda held: f"{held}",
    "repr of what holds it": lambda held: f"{[held]!r}",
    "format": "{}".format,
    "bool": bool,
    "any": any,
    "count": lambda held: [*held].count(1),
    "sum": lambda held: len(sum([[1], [held]], [])),
}


@pytest.mark.parametrize("use", OF_THEMSELVES)
@pytest.mark.usefixtures("as_before")
def test_what_holds_itself_is_right_or_refused(use: str) -> None:
    def plan(wrap: Any) -> Any:
        f = wrap(lambda x, held: (x + 1, OF_THEMSELVES[use](held)))
        for held in _holding_themselves():
            yield lambda: f(ONE, held)  # noqa: B023  # it is called before the next

    both_runs(plan, refuses=True)
