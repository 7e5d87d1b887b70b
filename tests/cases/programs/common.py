"""What several files of programs use."""

import dataclasses
from collections.abc import Callable

import torch

from cases.registering import Plan, case

PT = "pytorch issue "


PR = "pytorch pull "


def ones():
    return torch.ones(2)


def times9(self, x):
    return x * 9


def times9_static(x):
    return x * 9


def size9(self):
    return 9


@dataclasses.dataclass
class Settings:
    scale: float = 1.5
    names: list = dataclasses.field(default_factory=list)


MORE = PT + "112745"


def of_our_own(kind: str) -> Callable[[int], Callable[[Plan], Plan]]:
    """What writes down programs that no report had, each told by its name.

    Args:
        kind: which kind of programs.
    """

    def own(needs: int) -> Callable[[Plan], Plan]:
        def register(plan: Plan) -> Plan:
            what = plan.__name__.replace("_", " ")
            return case(kind, "of our own", needs, what, sibling=True)(plan)

        return register

    return own
