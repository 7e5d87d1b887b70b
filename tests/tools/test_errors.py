"""Errors and warnings can be sent to another process, and say what there is instead."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from typing import Any

import pytest
import torch
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import ConstantVisitor, errors

CLASSES = [
    each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, (errors.VartrackError, errors.VartrackWarning))
]


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize(
    "through", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_an_error_survives_being_copied(cls: type[Any], through: Any) -> None:
    error = cls("VT101", "it is wrong", "mend it.")
    error.__notes__ = ["in the third worker"]  # as `add_note` does, from Python 3.11 on
    again = through(error)
    assert again.__notes__ == error.__notes__
    assert type(again) is cls and str(again) == str(error)
    assert (again.code, again.what, again.fix) == ("VT101", "it is wrong", "mend it.")


def fails(number: int) -> None:
    raise errors.RegistrationError("VT201", f"it is wrong {number} times", "mend it.")


def test_an_error_comes_back_from_a_pool() -> None:
    """One that cannot be made anew has the pool wait for ever."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        waiting = pool.apply_async(fails, (3,))
        with pytest.raises(errors.RegistrationError, match="wrong 3 times"):
            waiting.get(60)


class Length:
    """A type of the user's."""


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        *[(kind, "TYPE_MATCH") for kind in ("TYPE_MATHC", "type_match", " Type_Match")],
        ("NOTHING_LIKE_IT", "CLOSURE_MATCH"),
    ],
)
def test_a_guard_that_there_is_not_names_those_there_are(kind: str, said: str) -> None:
    """Those that are like it, or all."""

    class Lengths(ConstantVisitor):
        types = (Length,)

        def guards(self, ctx: Any, value: Any) -> None:
            ctx.guard(kind)

    text = refusal_of(Lengths)
    assert f"there is no guard of the kind '{kind}'" in text
    assert said in text and ".." not in text


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("KEY_MATCH", {}, "a guard KEY_MATCH needs check"),
        ("DICT_CONTAINS", {}, "needs key"),
        ("TYPE_MATCH", {"name": 1}, "a guard TYPE_MATCH has no option 'name'"),
    ],
)
def test_a_guard_with_other_options_says_which_it_takes(
    kind: str, options: dict[str, Any], said: str
) -> None:
    """At once, and not where torch makes the guards."""

    class Lengths(ConstantVisitor):
        types = (Length,)

        def guards(self, ctx: Any, value: Any) -> None:
            ctx.guard(kind, **options)

    assert said in refusal_of(Lengths)


def refusal_of(visitor: Any) -> str:
    """Why the graph breaks where the visitor takes a value."""
    registry = vartrack.stock.derive()
    registry.register(visitor)
    with vartrack.use(registry), pytest.raises(Unsupported) as caught:
        torch.compile(lambda x, v: x + 1 if v else x, backend="eager", fullgraph=True)(
            torch.ones(1), Length()
        )
    return str(caught.value)
