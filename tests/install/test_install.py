"""Plugging in and out: torch is left as it was found, and each compile keeps its own registry."""

from __future__ import annotations

import contextlib
import gc
import importlib
import subprocess
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch._dynamo
from making import a_visitor
from packaging.version import Version
from torch._dynamo import trace_rules
from torch._dynamo.decorators import substitute_in_graph
from torch._dynamo.variables import builder as torch_builder
from torch._dynamo.variables.functions import PolyfilledFunctionVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable
from torch_as_it_is import BUILDERS, NAMES, OWN, difference, held_by_torch, modules, picture

import vartrack
from vartrack import BuilderContext, Registry, compat
from vartrack.errors import InstallError
from vartrack.installation.switch import PATCH

#: Registering between two compiles is what several of these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore::vartrack.errors.ResetNeededWarning")


@pytest.fixture(autouse=True)
def plugged_out() -> Iterator[None]:
    torch._dynamo.reset()
    yield
    if vartrack.is_installed():
        vartrack.uninstall()
    torch._dynamo.reset()
    assert held_by_torch() == {}


class Cat:
    def __init__(self) -> None:
        self.lives = 9


class Dog:
    def __init__(self) -> None:
        self.lives = 1


class Seen(list[str]):
    """What the visitors of `watching` wrote down."""


def watching(seen: Seen, mark: str, *types_: type, act: Any = None, **options: Any) -> type[Any]:
    """A visitor that builds a plain object and writes down that it was there."""

    def tracker(self: Any, ctx: BuilderContext, value: Any, children: Any, **given: Any) -> Any:
        seen.append(mark)
        if act is not None:
            act(ctx)
        return UserDefinedObjectVariable(value, **given)

    return a_visitor(
        *types_, name=mark, guarded_by="TYPE_MATCH", tracked="existing", tracker=tracker, **options
    )


def registry_with(*visitors: type[Any], name: str = "mine") -> Registry:
    registry = vartrack.stock.derive(name)
    for visitor in visitors:
        registry.register(visitor)
    return registry


def lives(x: torch.Tensor, pet: Any) -> torch.Tensor:
    return x * pet.lives


def compiled(function: Any = lives, **options: Any) -> Any:
    return torch.compile(function, backend="eager", **options)


ONE = torch.ones(1)


# the promise of uninstall


def test_uninstall_leaves_torch_as_it_was_found() -> None:
    """After installing, compiling and uninstalling, every name in ``torch._dynamo``, every name
    anywhere in torch that holds a builder, the builders' attributes, and the content of their
    tables and caches are the objects they were. Left out is only what a compile without vartrack
    changes as well, such as counters of frames."""

    def work() -> None:
        torch._dynamo.reset()
        numbers = compiled(lambda x, parts: x + parts["a"][0] + len(parts["b"]))
        assert numbers(ONE, {"a": [1, 2.0], "b": ("c", {4})}).item() == 4
        compiled()(ONE, Cat())
        torch._dynamo.reset()

    work()  # so that everything is imported
    start = picture()
    work()
    control = picture()
    usual = difference(start, control) - {"type dispatch"}

    vartrack.install()
    installed = picture()
    work()
    vartrack.uninstall()
    end = picture()

    changed = {key[-1] for key in difference(control, installed) if len(key) == 2} & {*NAMES}
    assert changed == set(NAMES), "installing does replace something"
    assert difference(control, end) - usual == set()
    assert len(usual) < 20, usual
    assert control.keys() == end.keys()


def test_while_installed_no_module_of_torch_holds_torchs_own() -> None:
    """Under whatever name a module of torch, or of anybody else, bound one of torch's builders,
    it now holds vartrack's; vartrack's own modules still hold torch's."""
    elsewhere = types.ModuleType("elsewhere")
    elsewhere.Alias = OWN["SourcelessBuilder"]
    sys.modules["elsewhere"] = elsewhere
    try:
        vartrack.install()
        for module, loaded in modules().items():
            for name, value in list(vars(loaded).items()):
                assert not any(value is own for own in OWN.values()), (module, name)
        assert issubclass(elsewhere.Alias, vartrack.SourcelessBuilder)
        held = held_by_torch()
        assert held.keys() >= {(torch_builder.__name__, name) for name in NAMES}
        assert ("torch._dynamo.symbolic_convert", "VariableBuilder") in held
        for name in BUILDERS:
            assert issubclass(getattr(torch_builder, name), getattr(vartrack, name))
        vartrack.uninstall()
        assert elsewhere.Alias is OWN["SourcelessBuilder"]
    finally:
        del sys.modules["elsewhere"]


def closures_of_torch(parts: dict[str, Any]) -> set[tuple[str, str]]:
    """The functions anywhere in torch that hold one of ``parts`` in their closure, and which."""
    names = {id(part): name for name, part in parts.items()}
    found = set()
    for function in gc.get_objects():
        if type(function) is not types.FunctionType:
            continue
        if not f"{function.__module__}.".startswith("torch."):
            continue
        for variable, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            with contextlib.suppress(ValueError):  # of a name without a value
                if variable != "__class__" and id(cell.cell_contents) in names:
                    found.add((function.__qualname__, names[id(cell.cell_contents)]))
    return found


def test_closures_of_torch_are_swapped_as_well() -> None:
    """torch's handlers for single functions are made once, and keep the builder of that time."""

    def work() -> None:
        torch._dynamo.reset()
        doubled = compiled(lambda x, array: x + torch.from_numpy(array))
        assert doubled(ONE, np.ones(1)).item() == 2

    ours = {name: part for name, (_, part) in PATCH.parts.items()}
    work()
    held = closures_of_torch(OWN)
    assert {name for _, name in held} >= {"wrap_fx_proxy", "wrap_fx_proxy_cls"}
    for block in (vartrack.use(vartrack.stock), vartrack.use(None)):
        with block:
            assert closures_of_torch(ours) == held
            assert closures_of_torch(OWN) == set()
            work()
        assert closures_of_torch(OWN) == held
        assert closures_of_torch(ours) == set()


def test_closures_made_while_installed_are_given_back() -> None:
    """Also if vartrack was installed when torch made its handlers."""
    program = """
import sys
sys.path[:0] = sys.argv[1:]
import numpy as np, torch, vartrack
vartrack.install()
import test_install as tests
from vartrack.installation import closures
from vartrack.installation.switch import PATCH
handlers = closures.TorchInGraphFunctionVariable._get_handlers
assert not handlers.cache_info().currsize
run = torch.compile(lambda x, array: x + torch.from_numpy(array), backend="eager")
assert run(torch.ones(1), np.ones(1)).item() == 2
assert handlers.cache_info().currsize
vartrack.uninstall()
ours = {name: part for name, (_, part) in PATCH.parts.items()}
assert tests.closures_of_torch(ours) == set()
run = torch.compile(lambda x, array: x * torch.from_numpy(array), backend="eager")
assert run(torch.ones(1), np.ones(1)).item() == 1
"""
    here = Path(__file__).parent
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(here), str(here.parent / "helpers")],
        check=True,
    )


def test_a_module_imported_while_installed_is_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module that imports a builder from torch while vartrack stands in for it gets torch's own
    at the end; one that imports vartrack's own keeps it."""
    (tmp_path / "imported_late.py").write_text(
        "from torch._dynamo.variables.builder import VariableBuilder\n"
        "from torch._dynamo.variables.builder import SourcelessBuilder as Other\n"
        "from vartrack import VariableBuilder as Wanted\n"
    )
    (tmp_path / "imported_early.py").write_text(
        "from vartrack.installation.builders import GraphArg, SourcelessBuilder\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    early = importlib.import_module("imported_early")
    vartrack.install()
    late = importlib.import_module("imported_late")
    assert late.VariableBuilder is torch_builder.VariableBuilder
    vartrack.uninstall()
    assert late.VariableBuilder is OWN["VariableBuilder"]
    assert late.Other is OWN["SourcelessBuilder"]
    assert late.Wanted is vartrack.VariableBuilder
    vartrack.install()
    assert issubclass(late.Other, vartrack.SourcelessBuilder)
    assert late.Wanted is vartrack.VariableBuilder
    vartrack.uninstall()
    assert early.SourcelessBuilder is vartrack.SourcelessBuilder
    assert early.GraphArg is vartrack.installation.builders.GraphArg is not OWN["GraphArg"]
    for name in ("imported_early", "imported_late"):
        del sys.modules[name]


def test_a_builder_that_somebody_kept_goes_on_working() -> None:
    """Who holds on to the class that stood in for torch's gets torch's own builder from it once
    vartrack is out."""
    vartrack.install()
    kept = torch_builder.VariableBuilder
    vartrack.uninstall()
    made: list[Any] = []

    def keep(code: Any) -> None:
        tx = code._ComptimeContext__tx
        made.append(kept(tx, torch._dynamo.source.LocalSource("x")))

    def program(x: torch.Tensor) -> torch.Tensor:
        torch._dynamo.comptime.comptime(keep)
        return x + 1

    compiled(program)(ONE)
    assert [type(builder) for builder in made] == [OWN["VariableBuilder"]]


# errors


def test_installing_twice_and_uninstalling_nothing() -> None:
    """Both are errors that say what to call instead, and change nothing."""
    with pytest.raises(InstallError, match=r"VT302.*not installed[\s\S]*install\(\) first"):
        vartrack.uninstall()
    registry = registry_with()
    assert vartrack.install(registry) is registry
    with pytest.raises(InstallError, match=r"VT301.*'mine'[\s\S]*uninstall\(\)"):
        vartrack.install()
    assert vartrack.is_installed() and vartrack.active_registry() is registry
    vartrack.uninstall()
    assert not vartrack.is_installed() and vartrack.active_registry() is None
    with pytest.raises(InstallError, match="VT302"):
        vartrack.uninstall()
    assert vartrack.install() is vartrack.default


@pytest.fixture
def unknown_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (compat, compat.release):
        monkeypatch.setattr(module, "RUNNING", Version("2.99.1"))
    monkeypatch.delenv("VARTRACK_UNKNOWN_TORCH", raising=False)


@pytest.mark.usefixtures("unknown_torch")
def test_an_unknown_torch_is_refused() -> None:
    """The error names the running release, those that are known and the setting; torch keeps its
    own builder."""
    for plug_in in (vartrack.install, lambda: vartrack.use(vartrack.stock).__enter__()):
        with pytest.raises(InstallError, match="VT303") as caught:
            plug_in()
        for text in ("2.99.1", *compat.KNOWN, "unknown_torch=True", "VARTRACK_UNKNOWN_TORCH=1"):
            assert text in str(caught.value)
        assert held_by_torch() == {} and not vartrack.is_installed()


@pytest.mark.usefixtures("unknown_torch")
def test_an_unknown_torch_can_be_insisted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``unknown_torch=True``, or the setting in the environment, it is a warning; blocks
    inside ask no more. ``unknown_torch=False`` outweighs the environment."""
    with pytest.warns(UserWarning, match=r"2\.99\.1.*not compared"):
        vartrack.install(unknown_torch=True)
    with vartrack.use(vartrack.stock):
        assert compiled()(ONE, Cat()).item() == 9
    vartrack.uninstall()
    monkeypatch.setenv("VARTRACK_UNKNOWN_TORCH", "1")
    with pytest.warns(UserWarning, match="not compared"):
        vartrack.install()
    vartrack.uninstall()
    with pytest.warns(UserWarning, match="not compared"), vartrack.use(vartrack.stock):
        assert held_by_torch()
    with pytest.raises(InstallError, match="VT303"):
        vartrack.install(unknown_torch=False)


def test_somebody_else_replaced_the_builder(monkeypatch: pytest.MonkeyPatch) -> None:
    """If another package has put something in the place of torch's builder, neither installing
    nor uninstalling touches anything; once that is undone, both work."""
    with monkeypatch.context() as patch:
        patch.setattr(torch_builder, "SourcelessBuilder", "theirs")
        with pytest.raises(InstallError, match=r"VT304.*SourcelessBuilder is 'theirs'"):
            vartrack.install()
        assert held_by_torch() == {} and not vartrack.is_installed()
    vartrack.install()
    before = held_by_torch()
    with monkeypatch.context() as patch:
        patch.setattr(torch_builder, "SourcelessBuilder", "theirs")
        with pytest.raises(InstallError, match="VT304"):
            vartrack.uninstall()
        assert vartrack.is_installed()
        assert torch._dynamo.symbolic_convert.VariableBuilder is not OWN["VariableBuilder"]
    assert held_by_torch() == before
    vartrack.uninstall()


def test_somebody_else_replaced_the_builder_inside_a_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A block that cannot put torch's builder back says so; what it left can be cleaned up by
    installing and uninstalling."""
    with monkeypatch.context() as patch:
        with pytest.raises(InstallError, match="VT304"), vartrack.use(vartrack.stock):
            patch.setattr(torch_builder, "SourcelessBuilder", "theirs")
        assert vartrack.active_registry() is None
    assert compiled()(ONE, Cat()).item() == 9
    vartrack.install()
    vartrack.uninstall()
    assert held_by_torch() == {}


# which registry a compile runs on


def test_install_counts_everywhere_and_use_in_its_block() -> None:
    """Blocks nest, go before `install`, work without it, and end with an exception as they end
    without one. ``use(None)`` is torch's own builder."""
    seen = Seen()
    one, two = (registry_with(watching(seen, mark, Cat), name=mark) for mark in ("one", "two"))

    def run() -> list[str]:
        seen.clear()
        torch._dynamo.reset()
        assert compiled()(ONE, Cat()).item() == 9
        return list(dict.fromkeys(seen))

    assert run() == []
    with vartrack.use(one) as used:
        assert used is one and run() == ["one"] and not vartrack.is_installed()
        with vartrack.use(two):
            assert run() == ["two"]
            with vartrack.use(None):
                assert vartrack.active_registry() is None and run() == []
            with pytest.raises(ZeroDivisionError), vartrack.use(one):
                assert run() == ["one"]
                raise ZeroDivisionError
            assert run() == ["two"]
        assert run() == ["one"]
        vartrack.install(two)
        assert run() == ["one"]
    assert run() == ["two"]
    with vartrack.use(one):
        assert run() == ["one"]
        vartrack.uninstall()
        assert run() == ["one"]
    assert run() == [] and held_by_torch() == {}
    with pytest.raises(ZeroDivisionError), vartrack.use(one):
        raise ZeroDivisionError
    assert held_by_torch() == {}


def test_threads_with_registries_of_their_own() -> None:
    """Compiles at the same time in two threads run each on the registry of its thread, and a
    third one without a block on torch's own builder."""
    seen = Seen()
    barrier = threading.Barrier(3, timeout=60)
    results: dict[str, list[str]] = {}
    errors: list[BaseException] = []

    def work(mark: str) -> None:
        mine = Seen()
        registry = registry_with(watching(mine, mark, Cat), name=mark)
        scope = vartrack.use(registry) if mark else vartrack.use(None)
        try:
            barrier.wait()
            if not mark:  # no block at all
                for _ in range(3):
                    function = types.FunctionType(lives.__code__.replace(), globals())
                    compiled(function)(ONE, Cat())
            else:
                with scope:
                    barrier_inside.wait()
                    for _ in range(3):
                        function = types.FunctionType(lives.__code__.replace(), globals())
                        compiled(function)(ONE, Cat())
            results[mark] = mine
        except BaseException as error:
            errors.append(error)

    barrier_inside = threading.Barrier(2, timeout=60)
    threads = [threading.Thread(target=work, args=(mark,)) for mark in ("one", "two", "")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not errors
    assert {mark: set(found) for mark, found in results.items()} == {
        "one": {"one"},
        "two": {"two"},
        "": set(),
    }
    assert not seen and held_by_torch() == {}


# what a compile fixes at its start


def test_a_registration_by_a_visitor_counts_from_the_next_compile_on() -> None:
    """A visitor that registers another one while it is at work changes nothing for the values
    that come after it, also if the compile starts over because of a graph break."""
    seen = Seen()
    registry = registry_with(watching(seen, "old dog", Dog))

    def act(ctx: BuilderContext) -> None:
        if new not in registry:
            registry.register(new, override=True)

    new = watching(seen, "new dog", Dog)
    registry.register(watching(seen, "cat", Cat, act=act))

    def program(x: torch.Tensor, cat: Cat, dog: Dog) -> torch.Tensor:
        x = x * cat.lives + dog.lives
        torch._dynamo.graph_break()
        return x + 1

    with vartrack.use(registry):
        assert compiled(program)(ONE, Cat(), Dog()).item() == 11
        assert seen == ["cat", "old dog"] * (len(seen) // 2) and len(seen) >= 4
        seen.clear()
        torch._dynamo.reset()
        assert compiled(program)(ONE, Cat(), Dog()).item() == 11
        assert set(seen) == {"cat", "new dog"}


def test_a_registration_by_a_backend_counts_from_the_next_compile_on() -> None:
    """So does one that a backend makes, at the end of a compile."""
    seen = Seen()
    registry = registry_with(watching(seen, "old", Cat))

    def backend(graph: Any, inputs: Any) -> Any:
        if len(registry) == len(vartrack.stock) + 1:
            registry.register(watching(seen, "new", Cat), override=True)
        return graph

    with vartrack.use(registry):
        for expected in ("old", "new"):
            torch._dynamo.reset()
            seen.clear()
            torch.compile(lives, backend=backend)(ONE, Cat())
            assert set(seen) == {expected}


def test_what_is_compiled_already_stays() -> None:
    """Registering, installing or uninstalling compiles nothing again."""
    seen = Seen()
    registry = registry_with(watching(seen, "old", Cat))
    function = compiled()
    with vartrack.use(registry):
        function(ONE, Cat())
        registry.register(watching(seen, "new", Cat), override=True)
        function(ONE, Cat())
    vartrack.install(registry)
    function(ONE, Cat())
    assert set(seen) == {"old"}


# substitute_in_graph


@pytest.fixture
def forget_polyfills() -> Iterator[None]:
    """Takes out of torch's tables what a test registers with ``substitute_in_graph``."""
    tables: list[Any] = [
        OWN["VariableBuilder"]._id_dispatch(),
        trace_rules._polyfilled_function_ids(),
        trace_rules.get_torch_obj_rule_map(),
        PolyfilledFunctionVariable._get_polyfill_handlers(),
    ]
    before = [set(table) for table in tables]
    yield
    for table, known in zip(tables, before, strict=True):
        for key in set(table) - known:
            table.remove(key) if isinstance(table, set) else table.pop(key)


@pytest.mark.usefixtures("forget_polyfills")
def test_substitutions_made_while_installed_are_seen_on_both_sides() -> None:
    """What ``substitute_in_graph`` is told while vartrack is installed counts for vartrack at
    once and for torch's own builder afterwards, as the table is one and the same; and the other
    way round."""

    def hidden(x: torch.Tensor) -> torch.Tensor:
        return x.clone().detach().numpy().tobytes() and x + 1

    def earlier(x: torch.Tensor) -> torch.Tensor:
        return x - 1

    def program(x: torch.Tensor) -> torch.Tensor:
        return hidden(earlier(x))

    substitute_in_graph(earlier, skip_signature_check=True)(lambda x: x - 10)
    vartrack.install()
    substitute_in_graph(hidden, skip_signature_check=True)(lambda x: x + 100)
    assert compiled(program, fullgraph=True)(ONE).item() == 91
    assert vartrack.stock.resolve(hidden).name == "Polyfilled"
    vartrack.uninstall()
    torch._dynamo.reset()
    assert compiled(program, fullgraph=True)(ONE).item() == 91
    assert id(hidden) in OWN["VariableBuilder"]._id_dispatch()


def test_the_state_of_the_switch_is_not_kept_in_torch() -> None:
    """Nothing but the replaced names is left in torch while installed: no attribute is added to
    a class or module of torch."""
    before = {name: set(vars(module)) for name, module in modules("torch._dynamo").items()}
    classes = {name: set(vars(cls)) for name, cls in OWN.items()}
    vartrack.install()
    after = {name: set(vars(module)) for name, module in modules("torch._dynamo").items()}
    assert after == before
    assert {name: set(vars(cls)) for name, cls in OWN.items()} == classes
