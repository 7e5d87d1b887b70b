"""The inputs that torch's own tests have for its operators, as programs of two calls."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from thawed_flags import thaw

from vartrack.comparison.copies import Call

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_methods_invocations import op_db
    from torch.testing._internal.opinfo.core import OpInfo, SampleInput

thaw()

#: Every how many-th operator is tried every day.
_DAILY = 16
#: Those that there are on the CPU.
_OPERATORS = [info for info in op_db if info.dtypes]


@dataclass(frozen=True)
class OperatorSample:
    """Two of the inputs that torch's own tests have for an operator.

    Attributes:
        info: what torch's tests know of the operator.
        places: which of the inputs; the first and the last of them are the most unlike.
    """

    info: OpInfo
    places: tuple[int, int]

    @property
    def name(self) -> str:
        first, last = self.places
        return f"{self.info.full_name}-{first}-{last}"

    def program(self) -> tuple[Callable[..., Any], list[Call]]:
        """A function that calls the operator, and two calls of it."""
        inputs = inputs_of(self.info)
        return _caller(self.info.op), [_call(inputs[place]) for place in self.places]


def inputs_of(info: OpInfo) -> list[SampleInput]:
    """What torch's tests call the operator with, in float32 or what comes nearest to it."""
    dtypes = sorted(info.dtypes, key=lambda dtype: (dtype != torch.float32, str(dtype)))
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(info.sample_inputs("cpu", dtypes[0], requires_grad=False))


def _caller(operator: Callable[..., Any]) -> Callable[..., Any]:
    def program(*args: Any, **kwargs: Any) -> Any:
        return operator(*args, **kwargs)

    return program


def _call(inputs: SampleInput) -> Call:
    return (inputs.input, *inputs.args), inputs.kwargs


def _is_comparable(info: OpInfo) -> bool:
    """Whether it gives something else than memory as it happens to be."""
    return "empty" not in info.name


#: A part of the operators, each with its first and its last input.
OPERATOR_SAMPLES = [
    OperatorSample(info, (0, -1)) for info in _OPERATORS[::_DAILY] if _is_comparable(info)
]


def spread_operator_samples(most: int) -> Iterator[OperatorSample]:
    """Up to ``most`` inputs of every operator, spread over all of them, two by two."""
    for info in filter(_is_comparable, _OPERATORS):
        last = len(inputs_of(info)) - 1
        steps = max(min(most - 1, last), 1)
        places = sorted({last * step // steps for step in range(steps + 1)})
        for start in range(0, len(places), 2):
            yield OperatorSample(info, (places[start], places[min(start + 1, len(places) - 1)]))
