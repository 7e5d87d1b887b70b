"""A visitor class that could never work is refused when it is made; the stock ones keep a promise
about guards that no class statement can check."""

from __future__ import annotations

import abc
import ast
import copy
import functools
import inspect
import re
import sys
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import torch
from made_rows import CASES
from making import a_visitor
from rows import Example, build, rows
from torch._dynamo.exc import Unsupported
from torch.utils._triton import has_triton_package

import vartrack
from vartrack import (
    BuilderContext,
    Recorder,
    Sourced,
    Sourceless,
    Traced,
    Tracked,
    Visitor,
    VisitorError,
    compat,
)
from vartrack.core.guarding.guards import GUARD_KINDS
from vartrack.visitors import STOCK

BOTH = (Sourced, Sourceless)


class Cat: ...


# the class statement


@pytest.mark.parametrize(
    "attributes, code, what, fix",
    [
        ({}, "VT101", "has no types", "add `types = (MyType,)` to Bad."),
        ({"types": 3}, "VT102", "lists 3, which is not a type", "list classes"),
        ({"types": (Cat, Cat())}, "VT102", "lists <", "list classes"),
        ({"types": (list[int],)}, "VT102", "lists list[int]", "list classes"),
        ({"types": (int | str,)}, "VT102", "lists int | str", "list classes"),
        ({"types": ("Cat",)}, "VT102", "lists 'Cat'", "'package.module:Name'"),
        ({"types": "module:"}, "VT102", "lists 'module:'", "'package.module:Name'"),
        ({"types": ":Cat"}, "VT102", "lists ':Cat'", "'package.module:Name'"),
        ({"bases": ()}, "VT103", "has neither half", "class Bad(Sourced, Sourceless, Visitor)"),
        (
            {"guarded_by": "TYPE_MATHC"},
            "VT105",
            "'TYPE_MATHC', a kind torch does not",
            "TYPE_MATCH",
        ),
        ({"guarded_by": ("ID_MATCH", "XX")}, "VT105", "guarded by 'XX'", "GUARD_KINDS"),
        ({"guarded_by": (3,)}, "VT105", "guarded by 3", "GUARD_KINDS"),
        ({"guarded_by": None}, "VT105", "has guarded_by = None", "say why in `unguarded`"),
        ({"guarded_by": 3}, "VT105", "has guarded_by = 3", "name kinds of guard"),
        (
            {"guarded_by": "KEY_MATCH"},
            "VT105",
            "'KEY_MATCH', which needs check=...",
            "call `ctx.guard('KEY_MATCH', check=...)`",
        ),
        ({"guarded_by": "STATE_MATCH"}, "VT105", "which needs check=...", "override `guards`"),
        ({"when": lambda v: True}, "VT106", "a `when` that is not a static", "@staticmethod"),
        ({"when": callable}, "VT106", "a `when` that is not a static", "when = staticmethod(...)"),
        ({"when_type": lambda c: True}, "VT106", "a `when_type` that is not", "@staticmethod"),
        ({"layer": "first"}, "VT107", "layer = 'first'", "register it with `before=` or `after=`"),
        ({"tracked": True}, "VT107", "tracked = True", "'mutable' or 'existing'"),
        ({"priority": "high"}, "VT107", "priority = 'high'", "use a number"),
        ({"step": 3}, "VT107", "step = 3", "register it with `before=` or `after=`"),
        ({"on_torch": "the newest"}, "VT108", "says on_torch='the newest'", "such as '>=2.14'"),
    ],
)
def test_what_could_never_work_is_refused(
    attributes: dict[str, Any], code: str, what: str, fix: str
) -> None:
    """Each mistake is an error of the class statement, with a code, the name of the class, the
    ``file:line`` where it stands and what to write instead."""
    if attributes.keys() & {"types"} == set() and code != "VT101":
        attributes = {"types": (Cat,), **attributes}
    attributes = dict(attributes)
    bases = attributes.pop("bases", BOTH)
    with pytest.raises(VisitorError) as caught:
        type("Bad", (*bases, Visitor), attributes)
    (entry,) = (e for e in caught.traceback if e.path.samefile(__file__))
    error = caught.value
    assert isinstance(error, TypeError), "as what is wrong with a class usually is"
    assert error.code == code
    assert error.what.startswith(f"The visitor Bad, {__file__}:{entry.lineno + 1}, ")
    assert what in error.what
    assert fix in error.fix
    assert str(error) == f"[{code}] {error.what}\n  To fix it: {error.fix}"


def test_the_place_is_that_of_the_class_statement() -> None:
    """The line is that of the class, also when a metaclass or the ``__init_subclass__`` of
    another base, written in Python, comes in between."""

    class Mixin(abc.ABC):  # noqa: B024
        def __init_subclass__(cls, **options: Any) -> None:
            super().__init_subclass__(**options)

    line = inspect.currentframe().f_lineno

    class Cats(Sourced, Sourceless, Visitor, Mixin):
        types = (Cat,)

    assert Cats.defined_at == (__file__, line + 2)
    assert repr(Cats()) == "<visitor Cats>" and Cats().name == "Cats"


def test_short_forms() -> None:
    """A single type or guard kind need not be a tuple, and types may stand in a list or set."""
    assert a_visitor(int).types == (int,)
    for given in (Cat, [Cat], {Cat}):
        assert type("Cats", (*BOTH, Visitor), {"types": given}).types == (Cat,)
    assert type("Cats", (*BOTH, Visitor), {"types": "cats:Cat"}).types == ("cats:Cat",)
    assert a_visitor(Cat, guarded_by="TYPE_MATCH").guarded_by == ("TYPE_MATCH",)


def test_what_is_inherited_is_checked_with_the_subclass() -> None:
    """A subclass of a visitor takes over its types, halves and reasons; a base that is declared
    abstract is not checked, its subclasses are."""

    class Base(Sourced, Visitor, abstract=True):
        guarded_by = "NO_SUCH_KIND"

    assert Base.abstract
    with pytest.raises(VisitorError, match="VT101"):

        class NoTypes(Base): ...

    class Cats(Base):
        types = (Cat,)
        guarded_by = "TYPE_MATCH"
        one_half = "a test"

    class OtherCats(Cats):
        priority = 1

    assert OtherCats.types == (Cat,) and not OtherCats.abstract


def test_a_class_method_may_be_the_test() -> None:
    """``when`` and ``when_type`` may be class methods, so that a subclass can steer them."""

    class Cats(Sourced, Sourceless, Visitor):
        types = (Cat,)
        names: tuple[str, ...] = ("Tom",)

        @classmethod
        def when(cls, value: Any) -> bool:
            return value.name in cls.names

    tom = Cat()
    tom.name = "Tom"
    registry = vartrack.Registry("r")
    registry.register(Cats)
    assert registry.resolve(tom).name == "Cats"


def test_a_subclass_that_overrides_a_step_loses_the_shortcut() -> None:
    """``_made`` stands for the steps of the class that sets it; where a subclass, or a mixin
    before that class, overrides one of them, the steps count."""

    class Quick(Sourced, Sourceless, Visitor):
        types = (Cat,)

        @staticmethod
        def _made(value: Any) -> Any: ...

    class Same(Quick):
        priority = 1

    class Mixin:
        def tracker(self, *given: Any, **options: Any) -> Any: ...

    class Mixed(Mixin, Quick): ...

    class Slow(Quick):
        def children(self, *given: Any) -> Any: ...

    class QuickAgain(Slow):
        _made = Quick._made

    class SlowWhenNew(Quick):
        def new_tracker(self, *given: Any, **options: Any) -> Any: ...

    class Some(Quick):
        @staticmethod
        def when(value: Any) -> bool: ...

    assert Same._made is Quick._made is QuickAgain._made is not None
    assert Mixed._made is None and Slow._made is None and SlowWhenNew._made is None
    assert Some._made is None


# the halves


def test_one_half_is_enough_and_the_value_goes_on_in_the_other() -> None:
    """A reason is for people; without one the answer to the other half is derived."""

    class Animals(Sourced, Sourceless, Visitor):
        types = (object,)

    class Cats(Sourceless, Visitor):
        types = (Cat,)

    registry = vartrack.Registry("r")
    registry.register(Animals)
    registry.register(Cats)
    assert registry.resolve(Cat(), sourced=False).name == "Cats"
    assert registry.resolve(Cat()).name == "Animals"
    said = str(registry.explain_resolution(Cat()))
    assert "has no sourced half (the value goes on to the next visitor)" in said


def test_the_steps_of_the_sourceless_half_are_those_of_the_sourced_unless_it_has_others() -> None:
    """Each step alone can differ; the other one stays shared."""

    class Shared(Sourced, Sourceless, Visitor):
        types = (Cat,)
        fresh = True

        def children(self, ctx: Any, value: Any) -> Any:
            return ["children"]

        def tracker(self, ctx: Any, value: Any, children: Any, **options: Any) -> Any:
            return ["tracker", *children, *options]

    class OtherParts(Shared):
        def new_children(self, ctx: Any, value: Any) -> Any:
            return ["new children"]

    class OtherTracker(Shared):
        def new_tracker(self, ctx: Any, value: Any, children: Any, **options: Any) -> Any:
            return ["new tracker", *children, *options]

    class At:
        source = "source"

    for visitor, expected in (
        (Shared(), ["tracker", "children", "mutation_type"]),
        (OtherParts(), ["tracker", "new children", "mutation_type"]),
        (OtherTracker(), ["new tracker", "children", "mutation_type"]),
    ):
        assert visitor.visit_sourceless(At(), Cat()) == expected
        assert visitor.visit_sourced(At(), Cat()) == ["tracker", "children", "source"]


@pytest.mark.parametrize("parts_first", [False, True])
def test_parts_may_be_built_before_the_whole_is_guarded(parts_first: bool) -> None:
    """A part that is refused then leaves no guard on the whole."""
    done: list[str] = []

    class Cats(Sourced, Visitor):
        types = (Cat,)
        parts_first = False

        def guards(self, ctx: Any, value: Any) -> None:
            done.append("guards")

        def children(self, ctx: Any, value: Any) -> Any:
            done.append("children")

        def tracker(self, ctx: Any, value: Any, children: Any, **options: Any) -> Any:
            done.append("tracker")

    class At:
        source = "source"

    Cats.parts_first = parts_first
    Cats().visit_sourced(At(), Cat())
    assert done[-1] == "tracker"
    assert done[:-1] == (["children", "guards"] if parts_first else ["guards", "children"])


def test_every_stock_visitor_with_one_half_says_why() -> None:
    """Nobody is left to guess whether the other half was forgotten."""
    for visitor in STOCK:
        if not issubclass(visitor, Traced):
            whole = issubclass(visitor, Sourced) and issubclass(visitor, Sourceless)
            assert whole or visitor.one_half, visitor


def test_no_visitor_asks_whether_there_is_a_source() -> None:
    """The two halves have steps of their own for what differs."""
    package = Path(vartrack.__file__).parent
    asked = []
    for file in [*package.glob("visitors/*.py"), *package.glob("bases/*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and ast.unparse(node.left) == "ctx.source":
                asked.append(f"{file.name}:{node.lineno}: {ast.unparse(node)}")
    assert not asked


def test_a_way_to_register_goes_by_its_name_or_its_text() -> None:
    """Both are the same; the class has the name."""

    class Text(Sourced, Visitor):
        types = (Cat,)
        tracked = "if_supported"

    class Name(Sourced, Visitor):
        types = (Cat,)
        tracked = Tracked.IF_SUPPORTED

    assert Text.tracked is Name.tracked is Tracked.IF_SUPPORTED


# the promise about guards, of every stock visitor

SOURCED = [type(visitor) for visitor in vartrack.stock if isinstance(visitor, Sourced)]


@pytest.mark.parametrize("visitor", SOURCED, ids=lambda visitor: visitor.__name__)
def test_no_guards_without_a_reason(visitor: type[Any]) -> None:
    """A sourced half that neither names guard kinds nor overrides a step that could install some
    says why none are needed."""
    steps = ("guards", "visit_sourced")
    installs = any(getattr(visitor, step) is not getattr(Sourced, step) for step in steps)
    assert visitor.guarded_by or installs or visitor.unguarded
    assert set(visitor.guarded_by) <= GUARD_KINDS.keys()


class GuardWatcher(Recorder):
    """Notes, for each sourced build that a visitor finished, whether a guard came of it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, list[tuple[str, bool]]] = defaultdict(list)
        #: Visitors that broke the graph.
        self.refused: set[str] = set()

    def watch(self, build: Any, ctx: BuilderContext, value: Any) -> Any:
        index, source = len(self.builds), ctx.source
        try:
            tracker = super().watch(build, ctx, value)
        except Unsupported:
            self.refused.add(self.builds[index].visitor)
            raise
        record = self.builds[index]
        if source is not None and record.outcome == "built":
            places = [guard.originating_source for guard in ctx.tx.output.guards.inner]
            guarded = bool(record.guards) or source in places
            if type(ctx.visitor).visit_sourced is not Sourced.visit_sourced:
                # it may guard what it goes on with, such as the tensor that an array becomes
                guarded = guarded or source in [getattr(place, "base", None) for place in places]
            self.seen[record.visitor].append((source.name, guarded))
        return tracker


@functools.cache
def guards_seen() -> GuardWatcher:
    """Watches while every example of a category is built in a real compile."""
    watcher = GuardWatcher()
    texts = [*rows("sourced").values(), "inspect.signature(pyf).parameters['x']"]
    examples = [
        # nobody can guard a constant, and no one does while exporting
        Example.read(text)
        for text in texts
        if not re.match(r"@const |\{export\} ", text)
    ]
    examples += [copy.copy(case.example) for case in CASES.values() if not case.sourceless]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, about some of the examples
        for example in examples:
            with vartrack.recording(watcher):
                build(example, vartrack.stock, realize=True)
    return watcher


@pytest.mark.parametrize("visitor", SOURCED, ids=lambda visitor: visitor.__name__)
def test_every_sourced_visit_installs_a_guard(visitor: type[Visitor]) -> None:
    """Built in a real compile, each example of a category leaves a guard on its own source or
    on one that its visitor derived from it, unless the visitor says why none is needed."""
    seen = guards_seen().seen.get(visitor.__name__, [])
    if not visitor.unguarded:
        assert all(guarded for _, guarded in seen), seen


#: Sourced visitors that build nothing in this test, and why.
UNSEEN = {
    "FakeScriptObjects": "goes on with the real object, which is what is noted",
    "TmaDescriptors1d": "no Triton has these any more",
    "TmaDescriptors2d": "no Triton has these any more",
}
if not has_triton_package():
    UNSEEN |= dict.fromkeys(
        ("TritonKernels", "TritonAllocators", "StableTmaDescriptors"), "Triton is not installed"
    )
if compat.runs_on("<2.13"):
    UNSEEN["SupportedBuiltinMethods"] = "no row has such a method"
if compat.runs_on(">=2.14"):
    UNSEEN["AutogradApply"] = "what autograd functions inherit is a method in C"
if not torch.cuda.is_available():
    UNSEEN["MemPools"] = "a memory pool takes a CUDA driver"
if sys.version_info < (3, 15):
    UNSEEN["Sentinels"] = "sentinels come with Python 3.15"


def test_the_examples_reach_all_visitors() -> None:
    """The test above is not empty: every sourced visitor was seen at work, but for those that
    break the graph whenever they are asked, and a few that have no value here."""
    watcher = guards_seen()
    unseen = {visitor.__name__ for visitor in SOURCED} - watcher.seen.keys()
    assert unseen - watcher.refused <= UNSEEN.keys()
    assert not UNSEEN.keys() & watcher.seen.keys()
