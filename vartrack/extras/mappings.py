"""`mappings`: mapping types of other packages, read item by item.

Nine packages, each optional: types are known by name, so that none is imported here, and those that
are not installed are not missed. Tried with immutabledict 4.3, frozendict 2.5, ml_collections 1.1,
easydict 1.14, addict 2.4, bidict 0.24, sortedcontainers 2.4, multidict 7.2 and python-box 8.0.
``types.MappingProxyType`` needs nothing: torch reads it in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.constant import ConstantVisitor
from vartrack.bases.mapping import MappingVisitor
from vartrack.bases.tracing.mapping_variable import MappingVariable
from vartrack.bases.tracing.stored_dict import DictMappingVariable
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


class Immutabledicts(MappingVisitor):
    """``immutabledict``: a class in Python, with a dict in an attribute."""

    types = ("immutabledict:immutabledict",)
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

    types = ("bidict._base:BidictBase",)
    stored = ("_fwdm", "_invm")


class SortedDicts(MappingVisitor):
    """``SortedDict``: a subclass of dict, with a list of its keys."""

    types = ("sortedcontainers.sorteddict:SortedDict",)


class ConfigDictVariable(MappingVariable):
    """A configuration, whose fields are sorted by name unless it was told not to."""

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if name != "_ordered_fields":
            return super().tp_getattro_impl(tx, name)
        fields = super().tp_getattro_impl(tx, "_fields")
        return fields


class ConfigDicts(MappingVisitor):
    """``ConfigDict`` and ``FrozenConfigDict``: classes in Python, with a dict in an attribute."""

    types = ("ml_collections.config_dict.config_dict:ConfigDict",)
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


class BoxVariable(DictMappingVariable):
    """A box without options that change how it is read."""


#: Options of a box that change what reading it gives.
_READING = ("default_box", "box_dots", "camel_killer_box", "conversion_box")


class Boxes(MappingVisitor):
    """``Box``: a subclass of dict, compiled by Cython."""

    types = ("box.box:Box",)
    dict_class = BoxVariable
    like_dict = ("__contains__", "__getitem__", "__iter__", "__reversed__", "get", "items", "keys")


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
