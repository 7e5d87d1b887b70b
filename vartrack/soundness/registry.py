"""`SoundRegistry`: a registry whose compiles note the facts that they rely on."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import ClassVar

from vartrack import compat
from vartrack.bases.tracing.filled.dicts_of_made import DICTS_OF_MADE
from vartrack.bases.tracing.in_torch.unpacking import LISTING
from vartrack.bases.tracing.numbers.methods import METHODS
from vartrack.core.guarding.own_dicts import OWN_DICTS
from vartrack.core.guarding.stored_sizes import STORED_SIZES
from vartrack.core.guarding.tensors_in_dicts import TENSORS_IN_DICTS
from vartrack.core.wrapping.wrappers import Table
from vartrack.dispatch.order import Order
from vartrack.dispatch.registry import Registry
from vartrack.doctor.examination import SEARCHES
from vartrack.errors import RegistrationError, SoundnessWarning
from vartrack.soundness.examined import check_watchers
from vartrack.soundness.kinds import KINDS
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.watchers.all import WATCHERS
from vartrack.soundness.watchers.process.builtin_names import BUILTINS_DICT

__all__ = ["SoundRegistry"]

SEARCHES.append(check_watchers)


class SoundRegistry(Registry):
    """A registry on which a compiled call is right for the facts that its trace relied on.

    Args:
        name: what messages call it.
        order: as of any registry.
        kinds: the kinds of fact that are held; all of them if not given.

    .. versionadded:: 0.2
    """

    always_attached: ClassVar[tuple[Table, ...]] = (
        WATCHERS,
        TENSORS_IN_DICTS,
        OWN_DICTS,
        STORED_SIZES,
        METHODS,
        LISTING,
        DICTS_OF_MADE,
        BUILTINS_DICT,
    )

    def __init__(
        self, name: str, order: Order | None = None, kinds: Iterable[str] | None = None
    ) -> None:
        super().__init__(name, order)
        self._kinds = frozenset(KINDS if kinds is None else kinds)

    @property
    def kinds(self) -> dict[str, str]:
        """The kinds of fact that hold in this process, each with what it covers.

        Those that do not hold in full on this torch are left out; `install` says so.

        .. versionadded:: 0.2
        """
        held = self._kinds - WATCHERS.lacking.keys()
        return {kind: text for kind, text in KINDS.items() if kind in held}

    def warn_of_gaps(self) -> None:
        """Warn of the kinds that were asked for and do not hold in full on this torch."""
        gaps = {kind: names for kind, names in WATCHERS.lacking.items() if kind in self._kinds}
        if gaps:
            listed = "; ".join(f"{kind} ({', '.join(names)})" for kind, names in gaps.items())
            warnings.warn(
                SoundnessWarning(
                    "VT308",
                    f"{self.name!r} does not notice all facts of some kinds on torch "
                    f"{compat.RUNNING}, where functions are lacking by which they would be noted: "
                    f"{listed}.",
                    "use a newer torch, or leave the kinds out by `without` if that is known.",
                ),
                stacklevel=4,
            )

    def without(self, *kinds: str, name: str | None = None) -> SoundRegistry:
        """A registry derived from this one that does not hold ``kinds``.

        Args:
            kinds: names out of `kinds`.
            name: what messages call it.

        Raises:
            RegistrationError: this registry does not hold one of them.

        .. versionadded:: 0.2
        """
        for kind in kinds:
            if kind not in self._kinds:  # one that does not hold here can be left out as well
                raise RegistrationError(
                    "VT211",
                    f"{self.name!r} does not hold facts of the kind {kind!r}.",
                    f"use names out of {', '.join(kind for kind in KINDS if kind in self._kinds)}.",
                )
        child = self.derive(name or f"{self.name} without {', '.join(kinds)}")
        assert isinstance(child, SoundRegistry)
        child._kinds = self._kinds - set(kinds)
        return child

    def _empty(self, name: str) -> SoundRegistry:
        return SoundRegistry(name, kinds=self._kinds)

    def ledger(self) -> Ledger:
        """What notes the facts of a compile that begins now."""
        return Ledger(self._kinds)
