"""`omegaconf`: configurations as snapshots.

The key of a configuration is its content with interpolations resolved, missing values left
missing, and the flags that make it read-only or closed. So attribute and item access, iteration,
``**config`` and the functions of `OmegaConf` that only read are evaluated while tracing. Changing
a configuration breaks the graph.
"""

from __future__ import annotations

import functools
import itertools
import operator
import re
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import omegaconf
from omegaconf import OmegaConf
from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import AttrSource, DictGetItemSource, GetItemSource
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.dicts import ConstDictVariable
from torch._dynamo.variables.lists import ListIteratorVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.content import content_key
from vartrack.bases.snapshot import SnapshotVariable, SnapshotVisitor
from vartrack.bases.tracing.asked_anew import asked_anew
from vartrack.bases.tracing.class_lookup import on_class
from vartrack.bases.tracing.folding import guarded_literal, is_plain
from vartrack.bases.tracing.operands import constants_of
from vartrack.compat.hooks import Hooks
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor
from vartrack.extras._functions import Answer, ReplacedFunctionVariable, of_snapshot

if TYPE_CHECKING:
    from vartrack.dispatch.registry import Registry

__all__ = ["Configs", "register"]

_CONFIGS = (omegaconf.DictConfig, omegaconf.ListConfig)
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
    """A configuration, or a part of one.

    What a node stores is read where it is, and guarded alone, and so is what a plain interpolation
    leads to. What resolvers give, and whether something is missing, is asked anew at each call, if
    it is a literal. All else is evaluated, and depends on the whole.
    """

    like_object = False

    def attribute(self, tx: Any, name: str) -> VariableTracker:
        is_key = not name.startswith("__") and isinstance(self.example, omegaconf.DictConfig)
        item = None
        if is_key and on_class(type(self.example), name) is None:
            item = self.item(tx, name) or asked_anew(self, tx, getattr, name)
        return super().attribute(tx, name) if item is None else item

    def mp_subscript_impl(self, tx: Any, key: VariableTracker) -> VariableTracker:
        at = key.realize()
        place = at.as_python_constant() if at.is_python_constant() else None
        item = self.item(tx, place)
        if item is None and at.is_python_constant():
            item = asked_anew(self, tx, operator.getitem, place)
        return super().mp_subscript_impl(tx, key) if item is None else item

    sq_item_impl = mp_subscript_impl

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "keys" and isinstance(self.example, omegaconf.DictConfig):
            return self.keys(tx)
        if name not in _ASKING or kwargs:
            return super().call_method(tx, name, args, kwargs)
        known, answer = constants_of(args, {}), None
        if name == "get" and known is not None and known[0]:
            answer = self.item(tx, known[0][0])  # guarded where it is stored, as with []
        if answer is None or (type(answer) is ConstantVariable and answer.value is None):
            answer = self.answer(tx, _ASKING[name], args)
        return super().call_method(tx, name, args, kwargs) if answer is None else answer

    def sq_contains_impl(self, tx: Any, item: VariableTracker) -> VariableTracker:
        answer = self.answer(tx, operator.contains, [item])
        return super().sq_contains_impl(tx, item) if answer is None else answer

    def sq_length_impl(self, tx: Any) -> VariableTracker:
        return asked_anew(self, tx, len) or super().sq_length_impl(tx)

    mp_length_impl = sq_length_impl

    def nb_bool_impl(self, tx: Any) -> VariableTracker:
        return asked_anew(self, tx, bool) or super().nb_bool_impl(tx)

    def items_of(self, tx: Any) -> list[VariableTracker]:
        given = asked_anew(self, tx, tuple)
        if given is None:
            return super().items_of(tx)
        return [ConstantVariable.create(item) for item in given.as_python_constant()]

    def tp_iter_impl(self, tx: Any) -> VariableTracker:
        given = asked_anew(self, tx, tuple)
        if given is None:
            return super().tp_iter_impl(tx)
        return ListIteratorVariable(self.items_of(tx), mutation_type=ValueMutationNew())

    def keys(self, tx: Any) -> VariableTracker:
        """The view of the keys."""
        names = {name: ConstantVariable.create(None) for name in self.items_of(tx)}
        return ConstDictVariable(names).call_method(tx, "keys", [], {})

    def call_obj_hasattr(self, tx: Any, name: str) -> Any:
        return asked_anew(self, tx, hasattr, name) or super().call_obj_hasattr(tx, name)

    def answer(
        self, tx: Any, ask: Callable[..., Any], args: Sequence[VariableTracker]
    ) -> VariableTracker | None:
        """What ``ask`` gives for the configuration and the operands, if all are literals."""
        known = constants_of(args, {})
        return None if known is None else asked_anew(self, tx, ask, *known[0])

    def item(self, tx: Any, key: Any) -> VariableTracker | None:
        """The tracker of what the node at ``key`` stores; None if it is not just stored."""
        content = self.example.__dict__["_content"]
        is_index = type(content) is list and type(key) is int and 0 <= key < len(content)
        is_name = type(content) is dict and type(key) is str and key in content
        if self.source is None or not (is_index or is_name):
            return None
        at: Any = AttrSource(self.source, "_content")
        at = DictGetItemSource(at, key) if is_name else GetItemSource(at, key)
        node = content[key]
        if isinstance(node, _CONFIGS):
            stored = node.__dict__["_content"]
            return VariableTracker.build(tx, node, at) if type(stored) in (dict, list) else None
        value, place = node.__dict__["_val"], AttrSource(at, "_val")
        if not ConstantVariable.is_base_literal(value):
            return None
        if _is_to_be_resolved(value):
            return self.interpolated(tx, node, at)
        install_guard(at.make_guard(GuardBuilder.TYPE_MATCH))
        if type(value) not in (int, float):
            return guarded_literal(value, place)
        # a text in its place could be an interpolation
        install_guard(place.make_guard(GuardBuilder.TYPE_MATCH))
        return VariableTracker.build(tx, value, place)

    def interpolated(self, tx: Any, node: Any, at: Any) -> VariableTracker | None:
        """The tracker of what an interpolation leads to; None if it is more than a way there.

        Args:
            tx: the tracer.
            node: the node that stores the interpolation.
            at: its source.
        """
        way = _WAY.fullmatch(node.__dict__["_val"])
        if way is None or type(node) is not omegaconf.AnyNode or id(node) in _under_way.get():
            return None  # a typed node converts what it leads to
        token = _under_way.set(_under_way.get() | {id(node)})
        try:
            found = self.above(tx, len(way["dots"]))
            for step in _STEP.findall(way["path"]):
                if not isinstance(found, ConfigVariable):
                    return None
                is_list = isinstance(found.example, omegaconf.ListConfig)
                found = found.item(tx, int(step) if is_list and step.isdigit() else step)
        finally:
            _under_way.reset(token)
        if found is not None:
            # the text says the way
            install_guard(at.make_guard(GuardBuilder.TYPE_MATCH))
            guarded_literal(node.__dict__["_val"], AttrSource(at, "_val"))
        return found

    def above(self, tx: Any, dots: int) -> VariableTracker | None:
        """Where an interpolation with so many dots begins: here, further up, or at the top."""
        found: VariableTracker = self
        steps = itertools.count() if not dots else range(dots - 1)
        for _ in steps:
            if not isinstance(found, ConfigVariable) or found.source is None:
                return None
            parent, place = found.example.__dict__["_parent"], AttrSource(found.source, "_parent")
            if parent is None:
                guarded_literal(None, place)
                return found if not dots else None
            found = VariableTracker.build(tx, parent, place).realize()
        return found


def _get(config: Any, *operands: Any) -> Any:
    return config.get(*operands)


#: What methods ask that give something stored, or say whether it is there.
_ASKING: dict[str, Callable[..., Any]] = {
    "__contains__": operator.contains,
    "__len__": len,
    "get": _get,
}
#: An interpolation that says the way to another node, and nothing else: no resolver, no text.
_WAY = re.compile(r"\$\{(?P<dots>\.*)(?P<path>\w+(\.\w+|\[\w+\])*)\}")
_STEP = re.compile(r"\w+")
#: The ids of the nodes whose interpolations are being followed, so that cycles end.
_under_way: ContextVar[frozenset[int]] = ContextVar("vartrack_under_way", default=frozenset())


def _is_to_be_resolved(value: Any) -> bool:
    return isinstance(value, str) and (value == omegaconf.MISSING or "${" in value)


class Configs(SnapshotVisitor):
    """Every ``DictConfig`` and ``ListConfig``."""

    types = _CONFIGS
    key = staticmethod(_key)
    folded_class = ConfigVariable


@functools.lru_cache(maxsize=256)
def _with(function: Callable[..., Any], options: tuple[tuple[str, Any], ...]) -> Any:
    """``function`` with some options, the same each time it is asked for."""
    return functools.partial(function, **dict(options))


def _of_config(function: Callable[..., Any]) -> Answer:
    """The answer of a function that reads a configuration, its first operand."""
    evaluated = of_snapshot(function)

    def answer(tx: Any, *args: VariableTracker, **kwargs: VariableTracker) -> Any:
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


def register(registry: Registry) -> None:
    """Add the visitors for configurations to ``registry``.

    .. versionadded:: 0.1
    """
    registry.register(Configs)
    registry.register(OmegaConfClass)
