"""`vartrack.testing`: the checks pass for visitors that are right, and fail for broken ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import torch
from making import a_visitor
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

import vartrack
from vartrack import ConstantVisitor, RecordVisitor, Registry, SnapshotVisitor
from vartrack.bases.snapshot import SnapshotVariable
from vartrack.errors import VisitorWarning
from vartrack.testing import PLACES, check_guards, check_halves_agree


class Decimals(ConstantVisitor):
    types = (Decimal,)
    key = staticmethod(str)


class AllAlike(Decimals):
    key = staticmethod(lambda value: None)  # this is the mistake


class TooCoarse(Decimals):
    key = staticmethod(bool)


class ByEquality(Decimals):
    key = None


class TooFine(Decimals):
    key = staticmethod(id)


class Sizes:
    """A value that changes."""

    def __init__(self, *sizes: int) -> None:
        self.sizes = list(sizes)

    def __repr__(self) -> str:
        return f"Sizes{self.sizes}"


class SizesVisitor(SnapshotVisitor):
    types = (Sizes,)


class Blind(SnapshotVariable):
    """Reads attributes past their places, so that nothing guards them."""

    def attribute(self, tx: Any, name: str) -> VariableTracker:
        return VariableTracker.build(tx, getattr(self.example, name))

    def own_method(self, name: str) -> None:
        return None


class ByIdentity(SnapshotVisitor):
    types = (Sizes,)
    folded_class = Blind
    key = staticmethod(id)


@dataclass
class Layer:
    weight: torch.Tensor
    scale: float


class LayerVisitor(RecordVisitor):
    types = (Layer,)
    fields = ("weight", "scale")


DECIMALS = [Decimal(text) for text in ("1.5", "2", "1.5", "1.50", "2", "-0", "0")]


def times(x: torch.Tensor, value: Decimal) -> torch.Tensor:
    return x * float(value)


def by_text(x: torch.Tensor, value: Decimal) -> torch.Tensor:
    """As `times`, of the text: what C makes of a number itself is guarded by what it is."""
    return x * float(str(value))


# guards


def test_right_visitors_pass() -> None:
    """A constant visitor, by the text of the value and by another function of it; with several
    visitors, and with a registry."""
    check_guards(Decimals, DECIMALS)
    with pytest.warns(VisitorWarning, match=r"1\.5.*1\.50.*print differently"):
        check_guards([ByEquality, SizesVisitor], DECIMALS, times, places=["argument"])
    registry = vartrack.stock.derive("mine")
    registry.register(Decimals)
    check_guards(registry, DECIMALS, by_text, graphs=5, places=["closure"])
    assert list(registry)[-1].name == "Decimals" and len(registry) == len(vartrack.stock) + 1


def test_a_value_that_changes() -> None:
    """The generator function is asked once for each place, and may yield a value again after
    changing it. An iterator, which cannot be asked twice, is refused."""
    asked = []

    def values() -> Iterator[Sizes]:
        asked.append(None)
        sizes = Sizes(1, 2)
        yield sizes
        sizes.sizes.append(3)
        yield sizes
        sizes.sizes.pop()
        yield sizes
        yield Sizes(1, 2)

    check_guards(SizesVisitor, values, lambda x, value: x * sum(value.sizes))
    asked.clear()
    check_guards(SizesVisitor, values, thrift=False, protocols=False, slowest=None)
    assert len(asked) == len(PLACES)
    with pytest.raises(AssertionError, match=r"call 2 .* instead of .*did not notice"):
        check_guards(ByIdentity, values, lambda x, value: x * sum(value.sizes))
    with pytest.raises(TypeError, match="pass a function"):
        check_guards(SizesVisitor, values())


def test_a_record_with_a_tensor() -> None:
    """Tensors need no graph of their own; a number does."""
    layers = [Layer(torch.full((4,), n), s) for n, s in ((1.0, 2.0), (3.0, 2.0), (1.0, 5.0))]
    check_guards(LayerVisitor, layers, lambda x, v: x * v.weight * v.scale, graphs=2)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("broken", [AllAlike, TooCoarse])
def test_a_missing_guard_is_found(broken: type, place: str) -> None:
    """In every place, with the visitor, the call, both values and both results in the message."""
    with pytest.raises(AssertionError) as caught:
        check_guards(broken, DECIMALS, by_text, places=[place])
    text = str(caught.value)
    assert f"{broken.__name__}: call 2 with the value as {place}, Decimal('2'), gave " in text
    assert "tensor([0.0000, 1.5000, 3.0000, 4.5000]) instead of tensor([0., 2., 4., 6.])" in text
    assert "did not notice that it was Decimal('1.5') before" in text


def test_a_guard_that_is_too_coarse_is_found() -> None:
    """Equal values that the function tells apart are distinct."""
    with pytest.raises(AssertionError, match=r"call 4 .*'1.50'.*Decimal\('1.5'\)"):
        check_guards(ByEquality, DECIMALS, places=["argument"])
    with pytest.warns(VisitorWarning, match="VT602"):
        check_guards(ByEquality, DECIMALS, times, places=["argument"])


def test_a_guard_that_is_too_fine_is_found() -> None:
    """Recompiling for a value that is the same fails the check, though every result is right."""
    with pytest.raises(AssertionError, match=r"3 graphs had .*instead of 1.* guard less"):
        check_guards(TooFine, [Decimal("7") for _ in range(3)], places=["global"])


def test_values_that_share_a_graph_are_right_if_the_answers_are() -> None:
    """Another number of graphs than is asked for fails, and what else the type offers is tried."""

    class ByLength(Decimals):
        key = staticmethod(lambda value: len(str(value)))

    def use(x, v):
        return x + 0 * len(str(v))

    values = [Decimal(1), Decimal(2)]
    check_guards(ByLength, values, use, protocols=False)
    check_guards(ByLength, values, use, graphs=1)
    with pytest.raises(AssertionError, match=r"1 graph had .* instead of 2.* guard more"):
        check_guards(ByLength, values, use, graphs=2)
    # Which use is met first is a matter of time: a comparison is asked again where that is quick.
    with pytest.raises(AssertionError, match=r"`.*\bv\b.*` of Decimal\('2'\).* is stale"):
        check_guards(ByLength, values, use)


def test_a_value_that_somebody_else_takes_is_found() -> None:
    """The message holds the resolution."""
    with pytest.raises(AssertionError, match=r"Decimals does not take 'text'") as caught:
        check_guards(Decimals, ["text"])
    assert "-> Strings for str: matched" in str(caught.value)


def test_an_unknown_place() -> None:
    with pytest.raises(ValueError, match="no place 'pocket'"):
        check_guards(Decimals, [Decimal(1)], places=["pocket"])


# halves


def test_halves_that_agree() -> None:
    check_halves_agree(Decimals, Decimal("1.5"))
    check_halves_agree(SizesVisitor, Sizes(1))
    for value in (3.5, "text", [1, (2, None)]):
        check_halves_agree(vartrack.stock, value)


class Celsius:
    def __init__(self, degrees: float) -> None:
        self.degrees = degrees


def of_celsius(tracker: Any) -> type:
    return a_visitor(Celsius, guarded_by="ID_MATCH", tracker=tracker)


def classes(self: Any, ctx: Any, value: Any, children: Any, **options: Any) -> Any:
    if ctx.source is None:
        return ConstantVariable.create(value.degrees)
    return UserDefinedObjectVariable(value, **options)


def values(self: Any, ctx: Any, value: Any, children: Any, **options: Any) -> Any:
    return ConstantVariable.create(value.degrees if ctx.source else -value.degrees, **options)


@pytest.mark.parametrize(
    "tracker, told",
    [
        (classes, "tracker class is .*UserDefinedObjectVariable.*ConstantVariable.* without"),
        (values, r"value is 21.5 with a source and -21.5 without"),
    ],
)
def test_halves_that_disagree(tracker: Any, told: str) -> None:
    """In the class of the tracker, or in the value."""
    with pytest.raises(AssertionError, match=f"Made: the two halves disagree on .*{told}"):
        check_halves_agree(of_celsius(tracker), Celsius(21.5))


def test_a_visitor_with_one_half_has_nothing_to_agree() -> None:
    with pytest.raises(AssertionError, match=r"has no Sourceless half \(a record made while"):
        check_halves_agree(LayerVisitor, Layer(torch.ones(1), 1.0))
    with pytest.raises(AssertionError, match=r"range\(0, 3\) cannot be built without a source"):
        check_halves_agree(vartrack.stock, range(3))


# the fixture


def test_the_registry_is_in_force_and_alone(isolated_registry: Registry) -> None:
    """What is registered in it counts in the test, and in nothing else."""
    assert vartrack.active_registry() is isolated_registry
    assert "test_the_registry_is_in_force_and_alone" in isolated_registry.name
    isolated_registry.register(Decimals)
    assert Decimals not in vartrack.default and Decimals not in vartrack.stock
    compiled = torch.compile(times, backend="eager", fullgraph=True)
    assert compiled(torch.ones(1), Decimal("1.5")).item() == 1.5
    assert compiled(torch.ones(1), Decimal("2")).item() == 2


def test_the_registry_of_the_last_test_is_gone(isolated_registry: Registry) -> None:
    """The same function starts with nothing compiled, and Decimals are what they are to torch."""
    assert Decimals not in isolated_registry
    from torch._dynamo.convert_frame import input_codes

    assert input_codes.seen == []


def test_the_plugin_is_loaded_by_its_name(pytestconfig: pytest.Config) -> None:
    """``pytest_plugins = ["vartrack.testing"]`` in ``conftest.py`` is all it takes."""
    assert pytestconfig.pluginmanager.has_plugin("vartrack.testing")
