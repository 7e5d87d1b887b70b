"""The shape policy, held against torch's own decision over all combinations of what it looks at."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import pytest
from policy_state import NOT_THERE, ON_215, RANGE, each_dimension, swept
from torch.fx.experimental.symbolic_shapes import DimDynamic

from vartrack.compat import behaviour
from vartrack.compat.names import UNBACKED
from vartrack.shapes.shape_policy import Facts


def test_every_combination_is_decided_as_torch_decides_it(
    capsys: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]
) -> None:
    """Marks, lists, history, export constraints, config: the same context, for all of them."""
    began = time.perf_counter()
    found = swept()
    # up to 2.12 there are two facts less
    assert len(found) > (10_000 if "propagated" in NOT_THERE else 20_000)
    record_property("figure", f"{len(found):,} states decided alike")
    with capsys.disabled():
        print(f"\n  {len(found):,} combinations took {time.perf_counter() - began:.0f} s")


def test_every_pair_of_what_can_be_said_is_there() -> None:
    """The product leaves no pair of values out."""
    columns = list(zip(*each_dimension(), strict=True))
    for one, other in itertools.combinations(columns, 2):
        pairs = set(zip(one, other, strict=True))
        assert len(pairs) == len(set(one)) * len(set(other))


#: From 2.15 on the stronger of two marks takes the other one's place.
REPLACED = [("marked_dynamic", "marked_weakly")] if ON_215 else []
#: Facts that exclude each other: what is marked or hinted says itself that it is dynamic, and
#: without automatic dynamic, or with a size known to move, nothing else is learnt.
APART = {
    frozenset(pair)
    for pair in (
        ("size_changed", "marked_dynamic"),
        ("size_changed", "hinted"),
        ("size_changed", "stride_changed"),
        ("stride_changed", "hinted"),
        ("stride_changed", "marked_dynamic"),
        *REPLACED,
    )
}
NOT_AUTOMATIC = {"size_changed", "stride_changed"}


#: A tensor that must be static comes to the policy if it is listed, be it for another dimension;
#: up to 2.12 a list names the whole tensor.
UNLISTED = ("listed_dynamic", False, "must_be_static", True)


def test_the_sweep_has_every_fact_with_every_other_one() -> None:
    """What was asked, by what the policy read: a mark that does not arrive would be missed."""
    skipped = NOT_THERE | {"is_nested_int", "range", "changed_kind"}  # see below
    names = [name for name in Facts._fields if name not in skipped]
    seen = {
        (one, bool(getattr(facts, one)), other, bool(getattr(facts, other)))
        for facts in swept()
        for one, other in itertools.combinations(names, 2)
    }
    missing = [
        (one, holds, other, too)
        for one, other in itertools.combinations(names, 2)
        for holds, too in itertools.product((False, True), repeat=2)
        if (one, holds, other, too) not in seen
    ]
    for one, holds, other, too in missing:
        if (one, holds, other, too) == UNLISTED and not behaviour.LISTS_NAME_DIMENSIONS:
            continue
        if other == "automatic":
            assert one in NOT_AUTOMATIC and holds and not too
        else:
            assert holds and too and frozenset((one, other)) in APART, (one, holds, other, too)
    kinds = {facts.changed_kind for facts in swept() if facts.changed_kind}
    assert kinds == {DimDynamic.DYNAMIC, UNBACKED}
    assert {facts.range for facts in swept()} == {None, RANGE}
