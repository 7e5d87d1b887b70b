"""The order in which visitors are tried, held against other implementations of it."""

from __future__ import annotations

import abc
import functools
import gc
import itertools
import random
import threading
import weakref
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from making import a_visitor

from vartrack import Registry, Sourced, Sourceless, Visitor
from vartrack.dispatch.mro import MroDispatcher, bounds_of, name_of
from vartrack.dispatch.order import Chain, Order
from vartrack.errors import RegistrationError

HALVES = {"visit_sourced": Sourced, "visit_sourceless": Sourceless}


# random worlds: a hierarchy of classes, and visitors for some of them


@dataclass(frozen=True)
class ClassPlan:
    bases: tuple[int, ...]
    abstract: bool
    virtual_bases: tuple[int, ...]


@dataclass(frozen=True)
class VisitorPlan:
    types: tuple[int, ...]
    exact: bool = False
    test: str = ""
    priority: int = 0
    section: str = ""
    lines: tuple[int, int] = (0, 0)
    halves: tuple[type, ...] = (Sourced, Sourceless)


def class_plans(virtual: bool) -> st.SearchStrategy[list[ClassPlan]]:
    some = st.lists(st.integers(0, 11), max_size=3, unique=True).map(tuple)
    none = st.just(())
    plan = st.builds(ClassPlan, some, st.booleans(), some if virtual else none)
    return st.lists(plan, min_size=1, max_size=12)


def hierarchy(plans: list[ClassPlan]) -> list[type]:
    """The planned classes, without the bases that would make an impossible hierarchy."""
    classes: list[type] = []
    for number, plan in enumerate(plans):
        bases = tuple(classes[base] for base in plan.bases if base < number)
        metaclass = abc.ABCMeta if plan.abstract else type
        for kept in (bases, bases[:1]):
            meta = next((type(b) for b in kept if type(b) is abc.ABCMeta), metaclass)
            try:
                classes.append(meta(f"C{number}", kept, {}))
                break
            except TypeError:  # no consistent order of the bases
                continue
    for cls, plan in zip(classes, plans, strict=True):
        for base in plan.virtual_bases:
            if base < len(classes) and type(classes[base]) is abc.ABCMeta:
                try:
                    classes[base].register(cls)
                except RuntimeError:  # a class would be its own base
                    continue
    return classes


NUMBERS = st.lists(st.integers(-1, 11), min_size=1, max_size=2, unique=True).map(tuple)
PLAIN = st.builds(VisitorPlan, NUMBERS, st.booleans())
ANY = st.builds(
    VisitorPlan,
    NUMBERS,
    st.booleans(),
    st.sampled_from(["", "", "when", "when_type", "neither"]),
    st.integers(-2, 2),
    st.sampled_from(["", "", "", "first", "checks", "checks", "last"]),
    st.sampled_from([(1, 1), (2, 2), (3, 3), (1, 3), (3, 1)]),
    st.sampled_from([(Sourced, Sourceless), (Sourced,), (Sourceless,)]),
)


def visitors_for(classes: list[type], plans: list[VisitorPlan]) -> list[type[Visitor]]:
    """The planned visitors, those left out whose types are taken. -1 stands for object."""
    made, taken = [], set()
    for number, plan in enumerate(plans):
        types = [object if t < 0 else classes[t] for t in plan.types if t < len(classes)]
        tests: dict[str, Any] = {}
        if plan.test in ("when", "neither"):
            tests["when"] = lambda value: True
        if plan.test in ("when_type", "neither"):
            tests["when_type"] = functools.partial(_fits, number)
        if not tests and plan.section not in ("first", "last"):
            types = [t for t in types if t not in taken]
            taken.update(types)
        if types:
            made.append(
                a_visitor(
                    *types,
                    name=f"V{number}",
                    halves=plan.halves,
                    exact=plan.exact,
                    priority=plan.priority,
                    section=plan.section,
                    lines=plan.lines,
                    **tests,
                )
            )
    return made


def _fits(number: int, cls: type) -> bool:
    return (number + len(cls.__name__)) % 2 == 0


def chain_of(visitors: list[type[Visitor]], half: type) -> Chain:
    """The chain with the places that the plans of ``visitors`` have in ``half``."""
    sections: dict[str, tuple[Any, ...]] = {}
    for section in ("first", "checks", "last"):
        here = [v for v in visitors if getattr(v, "section", "") == section]
        lines = sorted({line_in(v, half) for v in here})
        sections[section] = tuple(
            tuple(v for v in here if line_in(v, half) == line) for line in lines
        )
    return Chain(**sections)


def line_in(visitor: Any, half: type) -> int:
    line: int = visitor.lines[half is Sourceless]
    return line


def a_registry(visitors: list[type[Visitor]]) -> Registry:
    chains = (chain_of(visitors, half) for half in (Sourced, Sourceless))
    registry = Registry("random", Order(*chains))
    for visitor in visitors:
        registry.register(visitor)
    return registry


# the same order, written down as plainly as possible


def is_plain(visitor: Any) -> bool:
    tests = visitor.when is not None or visitor.when_type is not None
    return not tests and getattr(visitor, "section", "") not in ("first", "last")


def reference_bounds(cls: type, visitors: list[type[Visitor]]) -> list[type]:
    registered: list[type] = []
    for visitor in [*filter(is_plain, visitors), *itertools.filterfalse(is_plain, visitors)]:
        registered += [t for t in visitor.types if t not in registered]
    virtual = [t for t in registered if t not in cls.__mro__ and issubclass(cls, t)]
    assume(len(virtual) <= 4)
    newest_first = itertools.permutations(virtual[::-1])
    virtual = next(filter(derived_first, newest_first), None)
    assume(virtual is not None)  # each of two classes was told that the other is a subclass
    return [*cls.__mro__[:-1], *virtual, object]


def derived_first(classes: tuple[type, ...]) -> bool:
    return not any(issubclass(late, early) for early, late in itertools.combinations(classes, 2))


def reference_route(
    cls: type, visitors: list[type[Visitor]], half: type
) -> tuple[list[str], str | None]:
    """The names of the tests that are asked, in order, and of the visitor that ends the search."""
    bounds = reference_bounds(cls, visitors)

    def distance(visitor: type[Visitor]) -> int | None:
        mine = [i for i, bound in enumerate(bounds) if bound in visitor.types]
        if visitor.exact and cls not in visitor.types:
            return None
        return mine[0] if mine else None

    def section(name: str) -> list[type[Visitor]]:
        mine = [v for v in visitors if v.section == name and distance(v) is not None]
        newest_first = mine[::-1]
        return sorted(newest_first, key=lambda v: (line_in(v, half), distance(v), -v.priority))

    nearest_first: list[type[Visitor]] = []
    plain_for_object: list[type[Visitor]] = []
    for place, bound in enumerate(bounds):
        here = [v for v in reversed(visitors) if not is_plain(v) and distance(v) == place]
        here = [v for v in here if v.section not in ("first", "last")]
        here.sort(key=lambda v: -v.priority)
        plain = [v for v in visitors if is_plain(v) and bound in v.types]
        plain = [v for v in plain if not v.exact or bound is cls]
        if bound is object:
            plain_for_object = [v for v in plain if v not in nearest_first]
        else:
            here += plain
        nearest_first += [v for v in here if v not in nearest_first]

    def says_something(visitor: type[Visitor]) -> bool:
        fits = visitor.when_type is None or visitor.when_type(cls)
        return issubclass(visitor, half) and fits

    def nearer(one: type[Visitor], other: type[Visitor]) -> bool:
        return nearest_first.index(one) < nearest_first.index(other)

    said = list(filter(says_something, nearest_first))
    free = [v for v in said if v.section != "checks"]
    placed = [v for v in said if v.section == "checks"]
    placed.sort(key=lambda v: line_in(v, half))
    middle: list[type[Visitor]] = []
    while free or placed:
        takers = [v for v in placed if v.when is None]
        wanted = [*placed[:1], *takers[:1]]
        by_table = not free or any(nearer(v, free[0]) for v in wanted)
        middle.append((placed if by_table else free).pop(0))

    asked = []
    for visitor in [*section("first"), *middle, *section("last"), *plain_for_object]:
        if not says_something(visitor):
            continue
        if visitor.when is None:
            return asked, visitor.__name__
        asked.append(visitor.__name__)
    return asked, None


def as_names(route: Any) -> tuple[list[str], str | None]:
    last = route.visitor.name if route.visitor is not None else None
    return [test.name for test in route.tests], last


@settings(max_examples=300, deadline=None)
@given(class_plans(virtual=True), st.lists(ANY, max_size=8))
def test_the_table_gives_the_written_down_order(
    plans: list[ClassPlan], visitor_plans: list[VisitorPlan]
) -> None:
    """For every class and both halves, the table names the tests and the visitor that the rules
    of docs/design/dispatch.md name; asked again it gives the same route."""
    classes = hierarchy(plans)
    visitors = visitors_for(classes, visitor_plans)
    frozen = a_registry(visitors).frozen()
    for half, base in HALVES.items():
        table = frozen.table(half)
        for cls in [*classes, object, int]:
            expected = reference_route(cls, visitors, base)
            assert as_names(table[cls]) == expected, (cls.__mro__, visitors)
            assert table[cls] is frozen.route(half, cls)


@settings(max_examples=200, deadline=None)
@given(class_plans(virtual=True), st.lists(PLAIN, max_size=8))
def test_the_memo_agrees_with_the_dispatcher_asked_afresh(
    plans: list[ClassPlan], visitor_plans: list[VisitorPlan]
) -> None:
    """What the table remembers is what multipledispatch's own ``dispatch`` answers, for the
    registry's dispatcher and for one that was never asked before."""
    classes = hierarchy(plans)
    registry = a_registry(visitors_for(classes, visitor_plans))
    table = registry.frozen().table("visit_sourced")
    for cls in [*classes, object]:
        table[cls]
    fresh = MroDispatcher("fresh")
    for signature, visitor in registry.dispatcher.funcs.items():
        fresh.add(signature, visitor)
    for cls in [*classes, object]:
        assert table[cls].visitor is registry.dispatcher.dispatch(cls) is fresh.dispatch(cls)


@settings(max_examples=200, deadline=None)
@given(class_plans(virtual=False), st.lists(NUMBERS, max_size=8))
def test_the_dispatcher_agrees_with_singledispatch(
    plans: list[ClassPlan], numbers: list[tuple[int, ...]]
) -> None:
    """Where bases are real the answer is that of ``functools.singledispatch``."""
    classes = hierarchy(plans)
    visitors = visitors_for(classes, [VisitorPlan(n) for n in numbers])
    registry = a_registry(visitors)
    by_function: Any = functools.singledispatch(lambda value: None)
    unregistered = by_function.dispatch(object)
    for visitor in registry:
        for cls in visitor.types:
            by_function.register(cls, visitor.visit_sourced)
    for cls in [*classes, object]:
        found = registry.dispatcher.dispatch(cls)
        expected = by_function.dispatch(cls)
        assert (unregistered if found is None else found.visit_sourced) == expected


@settings(max_examples=200, deadline=None)
@given(class_plans(virtual=False), st.lists(PLAIN, max_size=8), st.randoms())
def test_the_order_of_registration_does_not_matter(
    plans: list[ClassPlan], visitor_plans: list[VisitorPlan], shuffler: random.Random
) -> None:
    """Where bases are real, registering the same visitors in another order changes no answer."""
    classes = hierarchy(plans)
    visitors = visitors_for(classes, visitor_plans)
    shuffled = list(visitors)
    shuffler.shuffle(shuffled)
    one, other = a_registry(visitors), a_registry(shuffled)
    for half, cls in itertools.product(HALVES, [*classes, object]):
        names = as_names(one.frozen().route(half, cls))
        assert names == as_names(other.frozen().route(half, cls))


def test_of_two_unrelated_bases_the_first_in_the_mro_counts() -> None:
    """multipledispatch alone takes the base that was registered last, without a word."""

    class A: ...

    class B: ...

    class AB(A, B): ...

    class BA(B, A): ...

    for order in ([A, B], [B, A]):
        registry = a_registry([a_visitor(cls, name=cls.__name__) for cls in order])
        assert registry.dispatcher.dispatch(AB).name == "A"
        assert registry.dispatcher.dispatch(BA).name == "B"


def test_a_virtual_base_comes_after_real_ones_and_before_object() -> None:
    """Real bases, then ABCs that were told of the class, the more derived first, then object."""

    class Wide(abc.ABC): ...  # noqa: B024

    class Narrow(Wide): ...

    class Real: ...

    class Value(Real): ...

    Narrow.register(Value)
    assert bounds_of(Value, [Wide, Narrow, object]) == [Value, Real, Narrow, Wide, object]
    assert bounds_of(Value, [Narrow, Wide, Real]) == [Value, Real, Narrow, Wide, object]


def test_of_unrelated_virtual_bases_the_last_registered_counts() -> None:
    """Nothing orders two ABCs that both accept a class, so the newest goes first."""

    class A(abc.ABC): ...  # noqa: B024

    class B(abc.ABC): ...  # noqa: B024

    class Value: ...

    A.register(Value)
    B.register(Value)
    assert bounds_of(Value, [A, B])[1:3] == [B, A]
    assert bounds_of(Value, [B, A])[1:3] == [A, B]


def test_a_type_that_refuses_to_be_asked_is_no_base() -> None:
    """A metaclass whose ``__subclasscheck__`` raises costs nobody else the answer."""

    class Grumpy(type):
        def __subclasscheck__(cls, other: type) -> bool:
            raise ValueError("do not ask")

    class Registered(metaclass=Grumpy): ...

    registry = a_registry([a_visitor(Registered, name="Grumpy"), a_visitor(object, name="All")])
    assert registry.resolve(3).name == "All"
    assert registry.resolve(Registered()).name == "Grumpy"


def test_multipledispatch_keeps_its_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    """``dispatch``, ``funcs``, ``add``, ``help`` of the registry's dispatcher say what
    multipledispatch says they do."""
    ints = a_visitor(int, name="Ints", __doc__="Whole numbers.")
    registry = a_registry([ints])
    dispatcher = registry.dispatcher
    (visitor,) = registry
    assert dispatcher.funcs == {(int,): visitor}
    assert dispatcher.dispatch(bool) is visitor
    assert dispatcher.dispatch(str) is None
    assert list(dispatcher.dispatch_iter(bool)) == [visitor]
    dispatcher.help(True)
    assert capsys.readouterr().out == "Whole numbers.\n"

    others = a_visitor(str, float)()
    dispatcher.add(((str, float),), others)
    assert dispatcher.dispatch(str) is dispatcher.dispatch(float) is others

    registry.unregister(ints)
    assert dispatcher.dispatch(bool) is None


def test_what_is_added_to_the_dispatcher_is_seen() -> None:
    """``registry.dispatcher.add`` works without the registry, from the next snapshot on."""

    class T: ...

    registry = Registry("direct")
    before = registry.frozen()
    assert before.route("visit_sourced", T).visitor is None
    visitor = a_visitor(T)()
    registry.dispatcher.add((T,), visitor)
    assert registry.frozen().route("visit_sourced", T).visitor is visitor
    assert registry.resolve(T()) is visitor
    assert before.route("visit_sourced", T).visitor is None
    assert "dispatcher.add" in str(registry.explain_resolution(T()))


def test_the_dispatcher_takes_visitors_only() -> None:
    """What could only crash later, in the middle of a compile, is refused at once."""
    dispatcher = Registry("strict").dispatcher
    for signature, wrong in (
        ((int,), lambda value: None),
        ((int,), a_visitor(int)),  # the class instead of an instance
        ((int, str), a_visitor(int)()),
    ):
        with pytest.raises(RegistrationError, match="VT206"):
            dispatcher.add(signature, wrong)
    assert dispatcher.funcs == {}


def test_classes_made_at_run_time_can_go() -> None:
    """The table of a compile holds the classes it met; once it is gone, nothing does."""
    registry = a_registry([a_visitor(object), a_visitor(int, when_type=lambda cls: True)])
    frozen = registry.frozen()
    table = frozen.table("visit_sourced")
    made = type("Made", (int,), {})
    assert table[made].visitor is not None
    registry.resolve(made())
    registry.explain_resolution(made())
    watch = weakref.ref(made)
    del made
    gc.collect()
    assert watch() is not None, "the compile's own table is meant to hold it"
    del table
    gc.collect()
    assert watch() is None


def test_a_lookup_in_flight_leaves_no_stale_answer() -> None:
    """A lookup that began before a registration and ends after it changes nothing for those who
    ask later, while its own compile goes on with what it began with."""

    class T: ...

    inside, go_on = threading.Event(), threading.Event()

    def slow(cls: type) -> bool:
        if threading.current_thread() is looker:
            inside.set()
            assert go_on.wait(10)
        return False

    registry = a_registry(
        [a_visitor(T, when_type=slow, name="Slow"), a_visitor(object, name="Old")]
    )
    table = registry.frozen().table("visit_sourced")
    looker = threading.Thread(target=lambda: table[T])
    looker.start()
    assert inside.wait(10)
    registry.register(a_visitor(T, name="New"))
    assert registry.resolve(T()).name == "New"
    go_on.set()
    looker.join(10)
    assert registry.resolve(T()).name == "New"
    assert registry.frozen().route("visit_sourced", T).visitor.name == "New"
    assert table[T].visitor.name == "Old"


def test_lookups_and_registrations_at_the_same_time() -> None:
    """Threads that look up while another registers see each type either before or after its
    registration, never in between, and afterwards all see the last one."""
    classes = [type(f"T{number}", (), {}) for number in range(60)]
    registry = a_registry([a_visitor(object, name="Old")])
    wrong: list[Any] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            frozen = registry.frozen()
            seen = [frozen.route("visit_sourced", cls).visitor.name == "New" for cls in classes]
            if seen != sorted(seen, reverse=True):  # registered in this order
                wrong.append(seen)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for cls in classes:
        registry.register(a_visitor(cls, name="New"))
    done.set()
    for thread in threads:
        thread.join(10)
    assert not wrong
    assert all(registry.resolve(cls()).name == "New" for cls in classes)


def test_names_of_classes() -> None:
    """A class and the string that stands for it are spelled alike."""
    assert name_of(weakref.WeakValueDictionary) == "weakref:WeakValueDictionary"
    assert name_of(ClassPlan) == f"{__name__}:ClassPlan"
