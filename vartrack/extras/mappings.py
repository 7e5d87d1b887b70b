"""`mappings`: mapping types of other packages, read item by item.

Nine packages, each optional: types are known by name, so that none is imported here, and those that
are not installed are not missed. Tried with immutabledict 4.3, frozendict 2.5, ml_collections 1.1,
easydict 1.14, addict 2.4, bidict 0.24, sortedcontainers 2.4, multidict 7.2 and python-box 8.0.
``types.MappingProxyType`` needs nothing: torch reads it in the same way.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, ClassVar

from torch._dynamo.source import AttrSource, DictGetItemSource
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import GetAttrVariable

from vartrack.bases.constant import ConstantVisitor
from vartrack.bases.mapping import MappingVisitor
from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.classes.own_code import is_own_code
from vartrack.bases.tracing.evaluating.folding import guarded_literal
from vartrack.bases.tracing.mappings.mapping_variable import MappingVariable
from vartrack.bases.tracing.mappings.stored_dict import DictMappingVariable
from vartrack.compat.containers import new_ordered_dict
from vartrack.extras.adding import add_all

if TYPE_CHECKING:
    from vartrack.dispatch.registry import Registry

__all__ = [
    "Addicts",
    "Bidicts",
    "Boxes",
    "ConfigDicts",
    "EasyDicts",
    "Frozendicts",
    "Immutabledicts",
    "MultiDicts",
    "SortedDicts",
    "register",
]


class ImmutabledictVariable(MappingVariable):
    """A mapping that a copy is made of by a new dict with the same items, which is never changed.

    Copied as an object it is the same, and depends on none of the items.
    """

    @property
    def shares_copies(self) -> bool:
        reduce = on_class(type(self.value), "__reduce__")
        return type(self.value._dict) is dict and not is_own_code(reduce)


class Immutabledicts(MappingVisitor):
    """``immutabledict``: a class in Python, with a dict in an attribute."""

    types = ("immutabledict:immutabledict",)
    mapping_class = ImmutabledictVariable
    stored = ("_dict",)


class Frozendicts(MappingVisitor):
    """``frozendict``: a subclass of dict."""

    types = ("frozendict:frozendict",)


class EasyDicts(MappingVisitor):
    """``EasyDict``: a subclass of dict, with every item as an attribute as well."""

    types = ("easydict:EasyDict",)


class Addicts(MappingVisitor):
    """addict's ``Dict``: a subclass of dict."""

    types = ("addict.addict:Dict",)


class Bidicts(MappingVisitor):
    """``bidict`` and ``frozenbidict``: classes in Python, with a dict for either direction."""

    types = ("bidict:BidictBase", "bidict._base:BidictBase")
    stored = ("_fwdm", "_invm")


class SortedDicts(MappingVisitor):
    """``SortedDict``: a subclass of dict, with a list of its keys."""

    types = ("sortedcontainers.sorteddict:SortedDict",)


#: The method that words the error if a field is missing.
_MESSAGE = "_generate_did_you_mean_message"


class ConfigDictVariable(MappingVariable):
    """A configuration, whose fields are sorted by name unless it was told not to."""

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if name == _MESSAGE:
            return GetAttrVariable(self, name, py_type=types.MethodType)
        if name != "_ordered_fields" or not self.is_sorted(tx):
            return super().tp_getattro_impl(tx, name)
        fields: Any = super().tp_getattro_impl(tx, "_fields")
        by_name = fields.keys_as_python_constant()
        # before 2.15 torch does not sort pairs
        ordered: Any = {ConstantVariable.create(key): by_name[key] for key in sorted(by_name)}
        return new_ordered_dict(ordered, {"mutation_type": ValueMutationNew()})

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name != _MESSAGE:
            return super().call_method(tx, name, args, kwargs)
        # torch does not trace difflib; it depends on the fields by name
        fields: Any = super().tp_getattro_impl(tx, "_fields")
        fields.install_dict_keys_match_guard()
        operands = self.known(tx, name, *args)
        return VariableTracker.build(tx, getattr(self.value, name)(*operands))

    def is_sorted(self, tx: Any) -> bool:
        """Whether the fields are shown sorted by name."""
        if not all(type(key) is str for key in self.value._fields):
            return False
        if not hasattr(type(self.value), "_sort_keys") and "_sort_keys" not in vars(self.value):
            return True  # there was no choice before 1.0
        return bool(super().tp_getattro_impl(tx, "_sort_keys").as_python_constant())


class ConfigDicts(MappingVisitor):
    """``ConfigDict`` and ``FrozenConfigDict``: classes in Python, with a dict in an attribute."""

    types = ("ml_collections.config_dict.config_dict:ConfigDict",)
    mapping_class = ConfigDictVariable
    stored = ("_fields",)


class MultiDicts(MappingVisitor):
    """``MultiDict``, ``CIMultiDict`` and their proxies: classes in C, with a key several times."""

    types = (
        "multidict._multidict:MultiDict",
        "multidict._multidict:MultiDictProxy",
        "multidict._multidict_py:MultiDict",
        "multidict._multidict_py:MultiDictProxy",
    )
    pure = ("getall", "getone", "to_dict")


class IgnoringCase(ConstantVisitor):
    """``istr``, the keys of a ``CIMultiDict``."""

    types = ("multidict._multidict:istr", "multidict._multidict_py:istr")


#: Options of a box under which reading it does more than reading a dict.
_OPTIONS = ("box_dots", "camel_killer_box", "default_box")


class BoxVariable(DictMappingVariable):
    """A box that is read like a dict: its attributes are items, unless the class has them."""

    def in_dict(self, name: str) -> bool:
        """Whether the method ``name`` does what that of dict does, which its options say."""
        if name not in self.like_dict:
            return False
        options: Any = AttrSource(self.source, "_box_config")
        for option in _OPTIONS:
            guarded_literal(self.value._box_config[option], DictGetItemSource(options, option))
        return True

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if not hasattr(type(self.value), name) and name not in vars(self.value):
            key = ConstantVariable.create(name)
            if self.has_key(tx, key):
                return self.mp_subscript_impl(tx, key)
        return super().tp_getattro_impl(tx, name)

    def mp_subscript_impl(self, tx: Any, key: VariableTracker) -> VariableTracker:
        if not self.has_key(tx, key):
            self.refuse("__getitem__", "raises BoxKeyError", "Ask for it with `get` or `in`.")
        return super().mp_subscript_impl(tx, key)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "__getitem__" and len(args) == 1 and not kwargs:
            return self.mp_subscript_impl(tx, args[0])
        if name == "get" and not kwargs and len(args) == 2:
            default = args[1].realize()
            if issubclass(default.python_type(), (dict, list)) and not self.has_key(tx, args[0]):
                self.refuse(name, "makes a box of the default")
        return super().call_method(tx, name, args, kwargs)

    def has_key(self, tx: Any, key: VariableTracker) -> bool:
        """Whether the key is there, which is guarded."""
        return bool(self.sq_contains_impl(tx, key).as_python_constant())


class Boxes(MappingVisitor):
    """``Box``: a subclass of dict, compiled by Cython.

    One with options, or methods of a program's own, under which reading does more than a dict does
    is left to others.
    """

    types = ("box.box:Box",)
    dict_class = BoxVariable
    like_dict = ("__contains__", "__getitem__", "__iter__", "__reversed__", "get", "items", "keys")
    #: What reads an item.
    read_by: ClassVar[tuple[str, ...]] = (*like_dict, "__getattr__", "__getattribute__")

    @staticmethod
    def when(value: Any) -> bool:
        if any(is_own_code(on_class(type(value), name)) for name in Boxes.read_by):
            return False  # it is read in a way of its own
        options = getattr(value, "_box_config", {})
        return not any(options.get(option, True) for option in _OPTIONS)


def register(registry: Registry) -> None:
    """Add the visitors for mappings of all these packages to ``registry``.

    .. versionadded:: 0.2
    """
    add_all(
        registry,
        (
            Addicts,
            Bidicts,
            Boxes,
            ConfigDicts,
            EasyDicts,
            Frozendicts,
            IgnoringCase,
            Immutabledicts,
            MultiDicts,
            SortedDicts,
        ),
    )
