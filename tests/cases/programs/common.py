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


def unless_missing(read: Callable) -> Callable:
    """A function of a tensor and values: it times what ``read`` finds, or it alone if not found.

    Args:
        read: takes the values, and raises a `KeyError` if it does not find it.
    """

    def fn(x, *values):
        try:
            return x * read(*values)
        except KeyError:
            return x

    return fn


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
