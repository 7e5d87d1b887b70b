"""What a value puts away for the next time is kept on it when the graph has run, as in Python."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._dynamo import exc
from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._guards import ChainedSource

from vartrack import session
from vartrack.bases.tracing.evaluating.folding import guarded_literal
from vartrack.core.guarding import guards
from vartrack.core.guarding.exporting import is_exporting

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

    from vartrack.bases.tracing.folded.attributes import Attributes

__all__ = ["Keeper", "KeeperSource", "all_kept", "keep", "kept"]

_KEEPERS = "keepers of cached properties"
_NOTHING: dict[str, VariableTracker] = {}


class Keeper:
    """Keeps in the instance dict of ``value`` what is set as an attribute here.

    What is there already stays, as nobody asks a cached property that is filled.

    Args:
        value: an object with an instance dict; its class may forbid setting attributes.

    .. versionadded:: 0.2
    """

    def __init__(self, value: Any) -> None:
        object.__setattr__(self, "stored", value.__dict__)

    def __setattr__(self, name: str, item: Any) -> None:
        stored = vars(self)["stored"]
        if stored.get(name) is None:
            stored[name] = item


@dataclass(frozen=True)
class KeeperSource(ChainedSource):
    """Where the `Keeper` of a value is: the code after the graph makes it."""

    @property
    def _name_template(self) -> str:
        return f"{Keeper.__name__}({{0}})"

    def is_ephemeral(self) -> bool:
        """True, as there is none before the graph has run."""
        return True

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that makes it."""
        codegen.add_push_null(lambda: codegen.load_import_from(__name__, Keeper.__name__))
        codegen(self.base)
        codegen.call_function(1, False)


class KeeperVariable(VariableTracker):
    """The tracker of a `Keeper`, which torch sets attributes of when the graph has run."""

    def python_type(self) -> type:
        return Keeper


def kept(tracker: Attributes, tx: Any, name: str) -> VariableTracker | None:
    """What was kept as ``name`` before in this graph; None if nothing was."""
    return all_kept(tracker, tx).get(name)


def all_kept(tracker: Attributes, tx: Any) -> Mapping[str, VariableTracker]:
    """All that was kept before in this graph, by name: the value holds it from then on."""
    compile = session.compile_of(tx)
    if compile is None or _KEEPERS not in compile.notes:
        return _NOTHING
    keeper = _keeper(_key(tracker, tx), tx)
    return tx.output.side_effects.store_attr_mutations.get(keeper, _NOTHING)  # type: ignore[no-any-return]


def keep(tracker: Attributes, tx: Any, name: str, result: VariableTracker) -> bool:
    """Have ``result`` kept as ``name`` when the graph has run, and guard that it is not there.

    Of a constant, an equal one may be there: it gives the same.

    Args:
        tracker: the value; nothing happens if it came from nowhere.
        tx: the tracer.
        name: the name of the cached property, or of the attribute, which is None or not there.
        result: what it gives.

    Returns:
        whether it will be kept.
    """
    key = _key(tracker, tx)
    if key is None:
        return False
    effects = tx.output.side_effects
    keeper = _keeper(key, tx) or effects.track_object_existing(key, _new(tracker))
    try:
        effects.store_attr(keeper, name, result)
    except exc.Unsupported as error:  # in a part of the graph that may have no effects
        error.remove_from_stats()
        return False
    content: Any = tracker.content
    if _never_changes(constant := _constant(result)):
        content.of(functools.partial(filled, name, constant)).install()
    elif name in tracker.example.__dict__:
        guarded_literal(None, AttrSource(tracker.source, name))
    else:
        guards.install_absence(tracker.source, tracker.example, name)
    return True


def _never_changes(item: Any) -> bool:
    """Whether ``item`` is a literal, or a tuple or the like of literals."""
    if type(item) in (tuple, frozenset):
        return all(map(_never_changes, item))
    return ConstantVariable.is_base_literal(item)


def _key(tracker: Attributes, tx: Any) -> Any:
    """What torch files the keeper of this value under; None if nothing is to be kept."""
    compile = session.compile_of(tx)
    if compile is None or tracker.content is None or is_exporting(tx):
        return None
    if not hasattr(tracker.example, "__dict__"):
        return None
    # the value with it: no other one may get its id
    keys = compile.notes.setdefault(_KEEPERS, {})
    return keys.setdefault(id(tracker.example), (tracker.example,))


def _new(tracker: Attributes) -> KeeperVariable:
    return KeeperVariable(source=KeeperSource(tracker.source))


def _keeper(key: Any, tx: Any) -> VariableTracker | None:
    keeper: VariableTracker | None = tx.output.side_effects.id_to_variable.get(id(key))
    return None if key is None else keeper


def _constant(result: VariableTracker) -> Any:
    return result.as_python_constant() if result.is_python_constant() else NotImplemented


def filled(name: str, item: Any, value: Any) -> Any:
    """What the guard says: the attribute, or ``item`` if nothing is there."""
    return value.__dict__.get(name, item)
