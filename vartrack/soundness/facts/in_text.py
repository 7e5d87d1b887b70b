"""Questions with the text that asks them: part of one expression, which calls no function."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from vartrack.soundness.facts.remembered import Remembered

__all__ = ["Apart", "Equal", "asked_in_text"]

#: Questions that Python has an operator for.
_OPERATORS: dict[Any, str] = {
    operator.not_: "not ({})",
    operator.is_: "({}) is ({})",
    operator.is_not: "({}) is not ({})",
}


class Equal:
    """Whether ``ask`` still gives what it gave.

    Args:
        ask: takes the values, and gives what `==` compares.
        values: the values before the first call.
    """

    __slots__ = ("answer", "ask")

    def __init__(self, ask: Callable[..., Any], *values: Any) -> None:
        self.ask = ask
        self.answer = ask(*values)

    def __call__(self, *values: Any) -> bool:
        """Whether it does of ``values``."""
        return bool(self.ask(*values) == self.answer)

    def in_text(self, name: str, names: dict[str, Any], operands: Sequence[str]) -> str:
        """The question as text; ``names`` gets what it calls, by names that begin with ``name``."""
        names[name], names[f"{name}_was"] = self.ask, self.answer
        return f"{name}({', '.join(operands)}) == {name}_was"


class Apart:
    """Whether values are different objects.

    Args:
        pairs: by their places which of them are held against each other.
        owners: the places of objects in whose stead their ``__dict__`` is.
        dict_of: gives that.
    """

    __slots__ = ("dict_of", "owners", "pairs")

    def __init__(
        self,
        pairs: Sequence[tuple[int, int]],
        owners: Sequence[int] = (),
        dict_of: Callable[[Any], Any] = vars,
    ) -> None:
        self.pairs = pairs
        self.owners = frozenset(owners)
        self.dict_of = dict_of

    def __call__(self, *values: Any) -> bool:
        """Whether no two of ``values`` that are held against each other are one."""
        held = [*values]
        for place in self.owners:
            held[place] = self.dict_of(held[place])
        return all(held[one] is not held[other] for one, other in self.pairs)

    def in_text(self, name: str, names: dict[str, Any], operands: Sequence[str]) -> str:
        """As of `Equal`."""
        held = [f"{name}_{place}" for place in range(len(operands))]
        read = []
        for place, operand in enumerate(operands):
            if place in self.owners:
                names[f"{name}_dict_of"] = self.dict_of
                operand = f"{name}_dict_of({operand})"
            read.append(f"({held[place]} := {operand}), ")
        apart = (f" and {held[one]} is not {held[other]}" for one, other in self.pairs)
        return f"({''.join(read)}){''.join(apart)}"  # all are read first, in their order


def asked_in_text(
    holds: Callable[..., bool], name: str, names: dict[str, Any], operands: Sequence[str]
) -> str:
    """Text that asks ``holds``, without a call of it where it has such text.

    Args:
        holds: takes values, and says whether it is still so.
        name: what it may be called in the text; names of the text's own begin with it.
        names: gets what the text calls.
        operands: the text of the values, in the order in which they are to be read.
    """
    form = _OPERATORS.get(holds)
    if form is not None:
        return form.format(*operands)
    held = getattr(holds, "__self__", None)
    asks = getattr(holds if type(held) is not Remembered else held, "in_text", None)
    if asks is not None:
        text: str = asks(name, names, operands)
        return text
    names[name] = holds
    return f"{name}({', '.join(operands)})"
