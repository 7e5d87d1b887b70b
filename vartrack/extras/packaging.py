"""`packaging`: versions, specifiers, requirements and markers, traced as the objects they are.

Their methods are traced, so that each part has its own guard: a program that asks for the major
version and for nothing else does not compile again for another minor version. The texts of a
version, which torch cannot trace, are evaluated under a guard on the whole. What these objects keep
for themselves while they are read is no part of them.

Tried with packaging 22.0 to 26.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.record import RecordVariable, RecordVisitor
from vartrack.bases.tracing.content_guard import ContentGuard
from vartrack.bases.tracing.folding import evaluate
from vartrack.extras.adding import add_all

if TYPE_CHECKING:
    from vartrack.core.context import BuilderContext
    from vartrack.core.visitor import Visitor
    from vartrack.dispatch.registry import Registry

__all__ = ["Markers", "Requirements", "SpecifierSets", "Specifiers", "Versions", "register"]


class PackagingVariable(RecordVariable):
    """An object of packaging.

    Args:
        value: the object.
        options: ``content``, the guard on its text; ``caches``, the names of attributes that are
            None until the object fills them while it is read, which changes nothing; and what
            torch's tracker of objects takes.
    """

    _nonvar_fields = {"caches", "content", "filled", *RecordVariable._nonvar_fields}

    #: What is evaluated, as it makes a text of numbers.
    texts: ClassVar[frozenset[str]] = frozenset(
        {"__str__", "__repr__", "_str", "base_version", "local", "public"}
    )

    def __init__(
        self,
        value: Any,
        *args: Any,
        content: ContentGuard | None = None,
        caches: frozenset[str] = frozenset(),
        **options: Any,
    ) -> None:
        super().__init__(value, *args, **options)
        self.content = content
        self.caches = caches
        #: What the traced code has put into caches.
        self.filled: dict[str, VariableTracker] = {}

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if name in self.caches:
            # whether it is filled needs no guard, as filling it again gives the same
            return self.filled.get(name) or ConstantVariable.create(None)
        if name in self.texts and self.is_as_it_came(tx):
            return self.evaluated(tx, name, lambda: getattr(self.value, name))
        return super().tp_getattro_impl(tx, name)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "__setattr__" and args[0].as_python_constant() in self.caches:
            self.filled[args[0].as_python_constant()] = args[1]
            return ConstantVariable.create(None)
        if name in self.texts and not args and self.is_as_it_came(tx):
            return self.evaluated(tx, name, lambda: getattr(self.value, name)())
        return super().call_method(tx, name, args, kwargs)

    def is_as_it_came(self, tx: Any) -> bool:
        """Whether the guard on the text of the object says all of its texts."""
        changed = self.is_new or tx.output.side_effects.has_pending_mutation(self)
        return self.content is not None and not changed

    def evaluated(self, tx: Any, name: str, text: Any) -> VariableTracker:
        """What ``text`` gives, evaluated now under the guard on the whole."""
        assert self.content is not None
        self.content.install()
        return ConstantVariable.create(evaluate(tx, f"{type(self.value).__name__}.{name}", text))


class _Traced(RecordVisitor, abstract=True):
    """Objects of exactly one class of packaging."""

    exact = True
    record_class = PackagingVariable
    caches: ClassVar[frozenset[str]] = frozenset()
    #: Whether the text says all that the texts of the object depend on.
    known_by_text: ClassVar[bool] = False

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        content = ContentGuard(ctx, self, value, str) if self.known_by_text else None
        return PackagingVariable(
            value, children, content=content, caches=self.caches, **options
        )


class Versions(_Traced):
    """Versions. ``2.1`` and ``2.1.0`` are equal, and have texts of their own.

    .. versionadded:: 0.2
    """

    types = (Version,)
    caches = frozenset({"_hash_cache", "_key_cache"})
    known_by_text = True


class Specifiers(_Traced):
    """Single specifiers, such as ``>=2.1``.

    .. versionadded:: 0.2
    """

    types = (Specifier,)
    caches = frozenset({"_canonical_spec_cache", "_ranges", "_spec_version", "_wildcard_split"})


class SpecifierSets(_Traced):
    """Sets of specifiers, such as ``>=2.1,<3``.

    .. versionadded:: 0.2
    """

    types = (SpecifierSet,)
    caches = frozenset({"_is_unsatisfiable", "_ranges"})


class Markers(_Traced):
    """Markers, such as ``python_version > "3"``.

    .. versionadded:: 0.2
    """

    types = (Marker,)
    caches = frozenset({"_serialized"})


class Requirements(_Traced):
    """Requirements; their parts may be set, and are traced as what they are.

    .. versionadded:: 0.2
    """

    types = (Requirement,)


#: Every visitor of this set.
VISITORS: tuple[type[Visitor], ...] = (
    Versions,
    Specifiers,
    SpecifierSets,
    Markers,
    Requirements,
)


def register(registry: Registry) -> None:
    """Add the visitors for `packaging` to ``registry``, all or none.

    Raises:
        RegistrationError: they are registered already, or one of their types is taken.

    .. versionadded:: 0.2
    """
    add_all(registry, VISITORS)
