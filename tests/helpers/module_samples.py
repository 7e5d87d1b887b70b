"""The inputs that torch's own tests have for its modules, as programs of two calls."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from thawed_flags import thaw

from vartrack.comparison.copies import Call

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_modules import ModuleInfo, module_db

thaw()


@dataclass(frozen=True)
class Sample:
    """One of the inputs that torch's own tests have for a module in one mode.

    Attributes:
        info: what torch's tests know of the module.
        training: the mode.
        place: which of the inputs; the first and the last of them are the most unlike.
    """

    info: ModuleInfo
    training: bool
    place: int

    @property
    def name(self) -> str:
        mode = "train" if self.training else "eval"
        return f"{self.info.name}-{mode}-{self.place}"

    def program(self) -> tuple[torch.nn.Module, list[Call], bool]:
        """The module, two calls, and whether these differ in batch size."""
        chosen = inputs_of(self.info, self.training)[self.place]
        arguments = chosen.constructor_input
        module = self.info.module_cls(*arguments.args, **arguments.kwargs)
        module.train(self.training)
        forward = chosen.forward_input
        call = (tuple(forward.args), dict(forward.kwargs))
        larger = with_larger_batch(module, call)
        return module, [call, larger or copy.deepcopy(call)], larger is not None


def inputs_of(info: ModuleInfo, training: bool) -> list[Any]:
    """What torch's tests construct the module with and call it with."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return info.module_inputs_func(
            info, device="cpu", dtype=torch.float32, requires_grad=False, training=training
        )


def with_larger_batch(module: torch.nn.Module, call: Call) -> Call | None:
    """``call`` with every batch doubled, along the first dimension of those that ``module`` takes.

    None if it takes none: the inputs of the sample have no batch, or none that can change.
    """
    args, kwargs = call
    tensors = [item for item in (*args, *kwargs.values()) if isinstance(item, torch.Tensor)]
    for dim in (0, 1):
        sizes = [tensor.shape[dim] for tensor in tensors if tensor.dim() > dim]
        if not sizes or not sizes[0]:
            continue

        def doubled(item: Any, dim: int = dim, size: int = sizes[0]) -> Any:
            if isinstance(item, torch.Tensor) and item.dim() > dim and item.shape[dim] == size:
                return torch.cat([item, item], dim)
            return item

        larger = (
            tuple(map(doubled, args)),
            {name: doubled(item) for name, item in kwargs.items()},
        )
        trial = copy.deepcopy(module)
        try:
            # one after the other: a lazy module is made for the first
            for trial_args, trial_kwargs in copy.deepcopy([call, larger]):
                trial(*trial_args, **trial_kwargs)
        except Exception:
            continue
        return larger
    return None


#: In training the first input, in evaluation the last.
SAMPLES = [
    Sample(info, training, 0 if training else -1)
    for info in module_db
    for training in (True, False)
]


def spread_samples(most: int) -> Iterator[Sample]:
    """Up to ``most`` inputs of every module in each mode, from the first to the last."""
    for info in module_db:
        for training in (True, False):
            last = len(inputs_of(info, training)) - 1
            steps = max(min(most - 1, last), 1)
            for place in sorted({last * step // steps for step in range(steps + 1)}):
                yield Sample(info, training, place)
