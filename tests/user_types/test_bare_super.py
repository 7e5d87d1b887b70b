"""`super()` of which no attribute is read at once: Python gives it the class and the object."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from beside_torch import outcome

import vartrack
from vartrack import RecordVisitor


class Base:
    """What is looked for beyond the class."""

    y = 2

    def five(self) -> int:
        return 5


class Plan(Base):
    """Asks for what is beyond it in each way."""

    y = 3

    def __repr__(self) -> str:
        return "Plan()"

    def named(self) -> Any:
        beyond = super()
        return beyond.five(), beyond.y

    def after_a_break(self) -> Any:
        torch._dynamo.graph_break()
        beyond = super()
        return beyond.five()

    def caught(self) -> Any:
        try:
            beyond = super()
            return beyond.five()
        except TypeError as error:
            return str(error)

    def not_there(self) -> Any:
        beyond = super()
        try:
            return beyond.nothing
        except AttributeError as error:
            return str(error)

    def of_a_cell(self) -> Any:
        def own() -> int:
            return self.y

        beyond = super()
        return beyond.five() + own()


USES = [name for name, held in vars(Plan).items() if callable(held) and name[0] != "_"]


class Plans(RecordVisitor):
    """Teaches them."""

    types = (Plan,)
    fields = ()


TAUGHT = vartrack.stock.derive("bare super")
TAUGHT.register(Plans)


@pytest.mark.parametrize("registry", [TAUGHT, vartrack.sound], ids=lambda one: one.name)
@pytest.mark.parametrize("use", USES)
def test_it_is_of_the_class_and_the_object(use: str, registry: vartrack.Registry) -> None:
    """Since Python 3.12 torch takes it for a TypeError, or gives it another object."""

    def asked(x: torch.Tensor, plan: Any) -> Any:
        return getattr(plan, use)()

    for place in ("argument", "global"):
        ours = outcome(registry, asked, lambda: [Plan(), Plan()], place, fullgraph=False)
        assert ours.status == "right", ours
