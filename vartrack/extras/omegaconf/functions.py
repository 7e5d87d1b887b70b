"""The functions of `OmegaConf` that read a configuration."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from omegaconf import OmegaConf
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.tracing.evaluating.folding import is_plain
from vartrack.bases.tracing.known.operands import constants_of
from vartrack.compat.hooks import Hooks
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.extras._functions import Answer, ReplacedFunctionVariable, of_snapshot
from vartrack.extras.omegaconf.configs import ConfigVariable

__all__ = ["OmegaConfClass"]

_READING = (
    "get_type",
    "is_config",
    "is_dict",
    "is_interpolation",
    "is_list",
    "is_missing",
    "is_readonly",
    "is_struct",
    "masked_copy",
    "missing_keys",
    "select",
    "to_container",
    "to_yaml",
)


@functools.lru_cache(maxsize=256)
def _with(function: Callable[..., Any], options: tuple[tuple[str, Any], ...]) -> Any:
    """``function`` with some options, the same each time it is asked for."""
    return functools.partial(function, **dict(options))


def _of_config(function: Callable[..., Any]) -> Answer:
    """The answer of a function that reads a configuration, its first operand."""
    evaluated = of_snapshot(function)

    def answer(tx: Any, *args: VariableTracker, **kwargs: VariableTracker) -> Any:
        of_others = bool(args) and not any(isinstance(arg, ConfigVariable) for arg in args)
        is_known = of_others and constants_of(args, kwargs) is not None
        if args and isinstance(args[0], ConfigVariable):
            of_others = args[0].is_taken_from(tx)
        if of_others and not is_known:
            traced: Any = VariableTracker.build(tx, function)
            return traced.call_function(tx, [*args], kwargs)
        found, named = None, constants_of((), kwargs)
        if args and isinstance(args[0], ConfigVariable) and named is not None:
            options = tuple(named[1].items())
            ask = _with(function, options) if all(map(is_plain, named[1].values())) else None
            found = ask and args[0].answer(tx, ask, args[1:])
        return evaluated(tx, *args, **kwargs) if found is None else found

    return answer


class OmegaConfClassVariable(Hooks, UserDefinedClassVariable):
    """`OmegaConf`, whose reading functions are evaluated."""

    def function(self, name: str) -> VariableTracker | None:
        """The tracker of a reading function; None for anything else."""
        if name not in _READING:
            return None
        function = getattr(OmegaConf, name)
        return ReplacedFunctionVariable(function, _of_config(function))

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        return self.function(name) or super().tp_getattro_impl(tx, name)


class OmegaConfClass(Sourced, Sourceless, Visitor):
    """The class `OmegaConf`, a collection of functions."""

    types = (type,)
    guarded_by = "ID_MATCH"
    tracker_class = OmegaConfClassVariable

    @staticmethod
    def when(value: Any) -> bool:
        """Whether it is that very class."""
        return value is OmegaConf
