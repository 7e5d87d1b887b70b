"""Why a dimension is static or dynamic: change what is named, and the decision changes."""

from __future__ import annotations

import random
from typing import Any

import pytest
from policy_state import ALL_LISTS, LISTS, Asker, ask_about, can_be_asked, inside_a_compile, swept
from torch.fx.experimental.symbolic_shapes import DimDynamic

from vartrack.compat import behaviour
from vartrack.shapes.reasons import why
from vartrack.shapes.shape_policy import Facts, decide

#: From the words to what undoes what they say.
DYNAMIC: dict[str, dict[str, Any]] = {
    "marked by mark_unbacked": {"marked_unbacked": False},
    "marked by mark_unbacked(strict=True)": {"marked_strictly_unbacked": False},
    "torch.compiler.config.unbacked_sources lists it": {"listed_unbacked": False},
    "torch.compiler.config.dynamic_sources lists it": {"listed_dynamic": False},
    "torch.compiler.config.dynamic_values lists it": {"listed_value": False},
    "torch.export constrains it": {"export_constraint": None},
    "marked by mark_dynamic": {"marked_dynamic": False},
    "marked by maybe_mark_dynamic": {"marked_weakly": False},
    "torch marked it: the code before had it dynamic": {"propagated": False},
    "it differs between the examples": {"hinted": False},
    "its size changed, or was marked, before": {"size_changed": False},
}
CHANGE = {"size_changed": True, "automatic": True}
#: The same for what keeps a size static, with what would make it dynamic otherwise.
STATIC: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "marked by mark_static": ({"marked_static": False}, CHANGE),
    "torch.compiler.config.static_sources lists it": ({"listed_static": False}, CHANGE),
    "the whole tensor has a static shape": ({"must_be_static": False}, {"assume_static": False}),
}
UNTIL = "sizes are static until they change"
FOR_GOOD = "config.assume_static_by_default is on, and automatic_dynamic_shapes off"
NOT_ASSUMED = "config.assume_static_by_default is off"
MARK_AS = ", and config.automatic_dynamic_shapes_mark_as is 'unbacked'"


#: What this torch has no such facts for.
NOT_HERE = {
    *(f"torch.compiler.config.{name} lists it" for name in ALL_LISTS if name not in LISTS),
    *(() if behaviour.PROPAGATES_MARKS else ("torch marked it: the code before had it dynamic",)),
    *(() if can_be_asked(Facts(must_be_static=True)) else ("the whole tensor has a static shape",)),
}


def undone(facts: Facts, *changes: dict[str, Any]) -> Facts:
    """``facts`` with these changes; every one of them has to change something."""
    for change in changes:
        assert all(getattr(facts, name) != value for name, value in change.items()), (facts, change)
        facts = facts._replace(**change)
    return facts


def kind(facts: Facts) -> DimDynamic | None:
    return decide(facts).size


def check(facts: Facts) -> list[Facts]:
    """Hold the words about ``facts`` against what happens without; gives what was tried."""
    text, decided = why(facts), kind(facts)
    words = text.removesuffix(MARK_AS).split("; also ")
    tried: list[Facts] = []
    if text.endswith(MARK_AS):
        assert decided is DimDynamic.UNBACKED
        tried.append(undone(facts, {"changed_kind": DimDynamic.DYNAMIC}))
        assert kind(tried[-1]) is DimDynamic.DYNAMIC
    if decided is DimDynamic.DUCK:
        assert words == [NOT_ASSUMED]
        tried.append(undone(facts, {"assume_static": True}))
        assert kind(tried[-1]) is DimDynamic.STATIC
    elif words == [UNTIL]:
        assert decided is DimDynamic.STATIC
        tried.append(undone(facts, {"size_changed": True}))
        assert kind(tried[-1]) not in (DimDynamic.STATIC, DimDynamic.DUCK)
    elif words == [FOR_GOOD]:
        assert decided is DimDynamic.STATIC and kind(facts._replace(size_changed=True)) is decided
        tried += [undone(facts, {"assume_static": False}), facts._replace(**CHANGE)]
        assert kind(tried[-2]) is DimDynamic.DUCK
        assert kind(tried[-1]) not in (DimDynamic.STATIC, DimDynamic.DUCK)
    elif decided is DimDynamic.STATIC:
        for word in words:
            change, otherwise = STATIC[word]
            others = [STATIC[other][0] for other in words if other != word]
            alone = undone(facts, *others)._replace(**otherwise)
            tried += [alone, undone(alone, change)]
            assert kind(alone) is DimDynamic.STATIC, word
            assert kind(tried[-1]) is not DimDynamic.STATIC, word
    else:
        tried.append(undone(facts, *[DYNAMIC[word] for word in words]))
        assert kind(tried[-1]) is not decided, text
        for word in words if len(words) > 1 else ():
            tried.append(undone(facts, *[DYNAMIC[other] for other in words if other != word]))
            assert kind(tried[-1]) is decided, word
    return tried


def test_without_what_is_named_the_decision_is_another_one() -> None:
    """Of all combinations of the sweep: all that is named has to go, and any of it is enough."""
    seen: set[str] = set()
    for facts in swept():
        check(facts)
        seen.update(why(facts).removesuffix(MARK_AS).split("; also "))
    assert seen == {*DYNAMIC, *STATIC, UNTIL, FOR_GOOD, NOT_ASSUMED} - NOT_HERE


SEED = 11


def test_torch_decides_otherwise_too_without_what_is_named() -> None:
    """The same, with torch asked for each of a few hundred combinations."""
    alone = [facts for facts in swept() if not facts.stride_changed]
    chosen = random.Random(SEED).sample(sorted(alone, key=repr), 150)

    def ask(tx: Any) -> None:
        asker = Asker(tx)
        for facts in chosen:
            for each in filter(can_be_asked, [facts, *check(facts)]):
                assert ask_about(asker, each)[0] is kind(each)

    inside_a_compile(ask)


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (Facts(), UNTIL),
        (Facts(marked_weakly=True), "marked by maybe_mark_dynamic"),
        (
            Facts(marked_weakly=True, size_changed=True),
            "marked by maybe_mark_dynamic; also its size changed, or was marked, before",
        ),
        # the mark alone would have it dynamic
        (
            Facts(marked_weakly=True, size_changed=True, changed_kind=DimDynamic.UNBACKED),
            f"its size changed, or was marked, before{MARK_AS}",
        ),
        (
            Facts(marked_static=True, must_be_static=True),
            "the whole tensor has a static shape; also marked by mark_static",
        ),
        (
            Facts(is_nested_int=True, propagated=True, size_changed=True),
            "it is the ragged dimension of a nested tensor",
        ),
    ],
)
def test_words(facts: Facts, text: str) -> None:
    assert why(facts) == text
