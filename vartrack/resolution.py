"""`Resolution`: why a visitor took a value and the others did not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vartrack.registry import Registry
    from vartrack.visitor import Visitor

__all__ = ["Candidate", "Resolution", "Verdict"]


@dataclass(frozen=True)
class Candidate:
    """A visitor whose types cover the type of a value.

    Attributes:
        visitor: the visitor.
        bound: which of its types does.
        type_fits: what its ``when_type`` said, True if it has none.
    """

    visitor: Visitor
    bound: type
    type_fits: bool


@dataclass(frozen=True)
class Verdict:
    """What became of one candidate: ``outcome`` in words, ``where`` as ``file:line``."""

    candidate: Candidate
    outcome: str
    matched: bool
    where: str
    defined: str

    def __str__(self) -> str:
        mark = "->" if self.matched else "  "
        name, bound = self.candidate.visitor.name, self.candidate.bound.__qualname__
        return f"{mark} {name} for {bound}: {self.outcome} [registered {self.where}]"


@dataclass(frozen=True)
class Resolution:
    """The candidates for one value in order, each with what became of it.

    Attributes:
        registry: the name of the registry that was asked.
        cls: the value's type.
        half: ``"sourced"`` or ``"sourceless"``.
        candidates: the verdicts, in the order the candidates were tried.
    """

    registry: str
    cls: type
    half: str
    candidates: tuple[Verdict, ...] = field(default=())

    @classmethod
    def of(
        cls,
        registry: Registry,
        value: Any,
        candidates: Iterable[Candidate],
        half: type,
        where: Mapping[Visitor, tuple[str, int]],
    ) -> Resolution:
        """Try ``candidates`` on ``value`` the way a route does, keeping what each said."""
        verdicts, taken = [], False
        for candidate in candidates:
            visitor = candidate.visitor
            matched = False
            if taken:
                outcome = "not asked, the value was taken"
            elif not isinstance(visitor, half):
                outcome = f"has no {half.__name__.lower()} half ({visitor.one_half})"
            elif not candidate.type_fits:
                outcome = f"when_type({type(value).__qualname__}) is false"
            elif visitor.when is None:
                outcome, matched = "matched", True
            else:
                try:
                    matched = bool(visitor.when(value))
                    outcome = "when(value) is true: matched" if matched else "when(value) is false"
                except Exception as error:
                    outcome = f"when(value) raised {type(error).__name__}: {error}"
            taken = taken or matched
            verdicts.append(
                Verdict(
                    candidate,
                    outcome,
                    matched,
                    "{}:{}".format(*where.get(visitor, ("<dispatcher.add>", 0))),
                    "{}:{}".format(*visitor.defined_at),
                )
            )
        return cls(registry.name, type(value), half.__name__.lower(), tuple(verdicts))

    @property
    def matched(self) -> Visitor | None:
        """The visitor that took the value, or None."""
        return next((v.candidate.visitor for v in self.candidates if v.matched), None)

    def __str__(self) -> str:
        name = f"{self.cls.__module__}.{self.cls.__qualname__}"
        head = f"{name}, {self.half}, in the registry {self.registry!r}:"
        return "\n".join([head, *map(str, self.candidates), *([] if self.matched else ["  nothing"])])
