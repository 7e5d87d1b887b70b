"""`Resolution`: why a visitor took a value and the others did not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vartrack.core.visitor import Visitor

__all__ = ["Candidate", "Resolution", "Verdict"]


@dataclass(frozen=True)
class Candidate:
    """A visitor whose types cover the type of a value.

    Attributes:
        visitor: the visitor.
        bound: which of its types does.
        type_fits: what its ``when_type`` said, True if it has none.
        error: what ``when_type`` raised instead.
        why: why it is asked before those that come after it.
    """

    visitor: Visitor
    bound: type
    type_fits: bool
    error: Exception | None = None
    why: str = ""

    @classmethod
    def of(cls, visitor: Visitor, bound: type, value_type: type, why: str) -> Candidate:
        """Ask the ``when_type`` of ``visitor``."""
        try:
            fits = visitor.when_type is None or bool(visitor.when_type(value_type))
        except Exception as error:
            return cls(visitor, bound, False, error, why)
        return cls(visitor, bound, fits, why=why)


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
        asked = f", {self.candidate.why}" if self.candidate.why else ""
        return f"{mark} {name} for {bound}: {self.outcome} [registered {self.where}{asked}]"


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
        registry: str,
        value: Any,
        candidates: Iterable[Candidate],
        half: type,
        where: Mapping[Visitor, str],
    ) -> Resolution:
        """Try ``candidates`` on ``value`` the way a route does, keeping what each said."""
        verdicts, over = [], ""
        for candidate in candidates:
            visitor, matched = candidate.visitor, False
            if over:
                outcome = f"not asked, {over}"
            elif not isinstance(visitor, half):
                why = visitor.one_half or "the value goes on to the next visitor"
                outcome = f"has no {half.__name__.lower()} half ({why})"
            else:
                outcome, matched, over = _ask(candidate, value)
            registered = where.get(visitor, "with dispatcher.add")
            defined = "{}:{}".format(*visitor.defined_at)
            verdicts.append(Verdict(candidate, outcome, matched, registered, defined))
        return cls(registry, type(value), half.__name__.lower(), tuple(verdicts))

    @property
    def matched(self) -> Visitor | None:
        """The visitor that took the value, or None."""
        return next((v.candidate.visitor for v in self.candidates if v.matched), None)

    def __str__(self) -> str:
        name = f"{self.cls.__module__}.{self.cls.__qualname__}"
        head = f"{name}, {self.half}, in the registry {self.registry!r}:"
        end = [] if self.matched else ["   nothing takes it"]
        return "\n".join([head, *map(str, self.candidates), *end])


def _ask(candidate: Candidate, value: Any) -> tuple[str, bool, str]:
    """What came of it, whether ``value`` was taken, and why nobody else is asked, if so."""
    visitor, error = candidate.visitor, candidate.error
    test = f"when_type({type(value).__qualname__})"
    if error is None:
        if not candidate.type_fits:
            return f"{test} is false", False, ""
        if visitor.when is None:
            return "matched", True, "the value was taken"
        test = "when(value)"
        try:
            if not visitor.when(value):
                return f"{test} is false", False, ""
            return f"{test} is true: matched", True, "the value was taken"
        except Exception as raised:
            error = raised
    return f"{test} raised {type(error).__name__}: {error}", False, "a test raised"
