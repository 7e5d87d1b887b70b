"""Guards of tensors in dicts, which torch passes by up to 2.11 as long as the dict is the same.

So it sees no change of a tensor itself, such as another dtype, and not that the tensor has come in
by another way as well.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo import config
from torch._dynamo.guards import CheckFunctionManager

from vartrack.compat.behaviour import PASSES_TENSORS_BY
from vartrack.core.wrapping.wrappers import Wrappers

__all__ = ["TENSORS_IN_DICTS"]


def _looking(own: Callable[..., None]) -> Callable[..., None]:
    """``own``, which makes the guards, and reads the setting while it does."""

    @functools.wraps(own)
    def make(*args: Any, **kwargs: Any) -> None:
        with config.patch(skip_tensor_guards_with_matching_dict_tags=False):
            own(*args, **kwargs)

    return make


#: What is put in place in torch by sets that rely on such guards.
TENSORS_IN_DICTS = Wrappers(
    *([(CheckFunctionManager, "__init__", _looking)] if PASSES_TENSORS_BY else [])
)
