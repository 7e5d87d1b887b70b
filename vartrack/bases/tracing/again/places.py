"""`AgainSource`: the place of a result that is worked out again at each call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._dynamo.bytecode_transformation import create_binary_subscr
from torch._dynamo.source import AttrSource

from vartrack.bases.tracing.again.evaluations import EVALUATIONS, Evaluation
from vartrack.core.sources.own_sources import OwnSource

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.guards import GuardBuilder
    from torch._guards import Source

__all__ = ["AgainSource", "can_be_named", "place_of"]

#: How many evaluations the name of a place may be of: that of ``t + t`` has twice those of ``t``.
_MOST = 12
#: Where `EVALUATIONS` is.
_HOME, _TABLE = Evaluation.__module__, "EVALUATIONS"


@dataclass(frozen=True)
class AgainSource(OwnSource):
    """What is worked out of the values at some places, at each call.

    Attributes:
        table: where `EVALUATIONS` is.
        text: which of them.
        rest: where the other values are, besides the first.
    """

    table: Source
    text: str
    rest: tuple[Source, ...] = ()

    @property
    def _name_template(self) -> str:
        rest = "".join(f", {source.name}" for source in self.rest)
        asked = f"{self.table.name}[{self.text!r}]({{0}}{rest})"
        before, after = asked.replace("{", "{{").replace("}", "}}").split("({{0}}")
        return f"{before}({{0}}{after}"

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that works it out."""

        def load() -> None:
            codegen.load_import_from(_HOME, _TABLE)
            codegen.append_output(codegen.create_load_const(self.text))
            codegen.append_output(create_binary_subscr())

        codegen.add_push_null(load)
        for source in (self.base, *self.rest):
            codegen(source)
        codegen.call_function(1 + len(self.rest), False)

    def manager(self, builder: GuardBuilder, **options: Any) -> Any:
        """A part of the guards that works it out."""
        if self.rest:
            return self.found_by_name(builder, **options)
        base = builder.get_guard_manager_from_source(self.base)
        return base.lambda_manager(python_lambda=EVALUATIONS[self.text], **options)


def place_of(tx: Any, text: str, evaluation: Evaluation, values: Sequence[Any]) -> AgainSource:
    """Where the result of ``evaluation`` is."""
    EVALUATIONS.setdefault(text, evaluation)
    first, *rest = (each.content.source for each in values)
    table = AttrSource(tx.import_source(_HOME), _TABLE)
    return AgainSource(first, table, text, tuple(rest))


def can_be_named(place: Any) -> bool:
    """Whether the name of the place is not too long."""
    return place.name.count(f".{_TABLE}[") <= _MOST
