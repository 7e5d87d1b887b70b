"""`omegaconf`: configurations as snapshots.

The key of a configuration is its content with interpolations resolved, missing values left
missing, and the flags that make it read-only or closed. So attribute and item access, iteration,
``**config`` and the functions of `OmegaConf` that only read are evaluated while tracing. Changing
a configuration breaks the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import omegaconf
from omegaconf import OmegaConf
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.content import content_key
from vartrack.bases.snapshot import SnapshotVariable, SnapshotVisitor
from vartrack.compat.hooks import Hooks
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.extras._functions import ReplacedFunctionVariable, of_snapshot

if TYPE_CHECKING:
    from vartrack.dispatch.registry import Registry

__all__ = ["Configs", "register"]

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


def _key(config: Any) -> Any:
    """What makes two configurations the same."""
    try:
        content = _container(config, resolve=True)
    except omegaconf.errors.OmegaConfBaseException:
        # an interpolation leads nowhere now; what it would lead to is in the whole
        whole = config._get_root()
        content = (_container(config, resolve=False), _container(whole, resolve=False))
    flags = tuple(config._get_flag(flag) for flag in ("readonly", "struct", "allow_objects"))
    return content_key((content, flags, config._metadata.object_type))


def _container(config: Any, resolve: bool) -> Any:
    if config._is_none() or config._is_missing():
        return config._value()
    return OmegaConf.to_container(config, resolve=resolve, throw_on_missing=False)


class ConfigVariable(SnapshotVariable):
    """A configuration, or a part of one."""


class Configs(SnapshotVisitor):
    """Every ``DictConfig`` and ``ListConfig``."""

    types = (omegaconf.DictConfig, omegaconf.ListConfig)
    key = staticmethod(_key)
    folded_class = ConfigVariable


class OmegaConfClassVariable(Hooks, UserDefinedClassVariable):
    """`OmegaConf`, whose reading functions are evaluated."""

    def function(self, name: str) -> VariableTracker | None:
        """The tracker of a reading function; None for anything else."""
        if name not in _READING:
            return None
        function = getattr(OmegaConf, name)
        return ReplacedFunctionVariable(function, of_snapshot(function))

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


def register(registry: Registry) -> None:
    """Add the visitors for configurations to ``registry``.

    .. versionadded:: 0.1
    """
    registry.register(Configs)
    registry.register(OmegaConfClass)
