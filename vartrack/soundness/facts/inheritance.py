"""What `isinstance` and `issubclass` said where classes have a say in it."""

from __future__ import annotations

import abc
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vartrack.soundness.facts.fact import NOTHING, Fact
from vartrack.soundness.facts.remembered import referred, resolved

if TYPE_CHECKING:
    from vartrack.soundness.noting.ledger import Ledger

__all__ = ["Inheritance"]


class _Answer:
    """Whether one class is a subclass of what was asked for."""

    __slots__ = ("answer", "name", "ref", "target", "text", "where")

    def __init__(self, cls: type, target: Any, where: Any) -> None:
        self.ref = weakref.ref(cls)
        self.target = referred(target)
        self.answer = issubclass(cls, target)
        self.name = cls.__qualname__
        self.text = f"whether {self.name} is a subclass of {target}"
        self.where = where

    def holds(self, _: Any = None) -> bool:
        """Whether it still is; also if one of the classes is gone."""
        return self.shows() in (NOTHING, self.answer)

    def shows(self, _: Any = None) -> Any:
        """The answer of now."""
        cls = self.ref()
        try:
            return NOTHING if cls is None else issubclass(cls, resolved(self.target))
        except ReferenceError:
            return NOTHING


class Inheritance:
    """Notes answers that `abc.ABCMeta.register` can change.

    Args:
        ledger: the ledger of the compile.
    """

    kind = "isinstance"

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._answers: dict[Any, _Answer] = {}

    def asked(self, cls: type, target: Any) -> None:
        """Note whether ``cls`` is a subclass of ``target``, a class or a tuple or union of some."""
        key = (referred(cls), referred(target))
        if key in self._answers:
            self.ledger.touch()
        else:
            self._answers[key] = _Answer(cls, target, self.ledger.note())

    def terms(self, names: dict[str, Any]) -> Iterator[str]:
        """What is asked at every call.

        Args:
            names: gets what the text calls.
        """
        if self._answers:
            names["__token"] = abc.get_cache_token
            names["__answers"] = _Answers(list(self._answers.values()))
            yield "(__token() == __answers.token or __answers.hold())"

    def facts(self) -> Iterator[Fact]:
        """Each answer as a fact of its own."""
        for one in self._answers.values():
            yield Fact(self.kind, one.text, one.name, one.holds, one.shows, *one.where)


class _Answers:
    """All answers, asked for again only when a class was registered anywhere since."""

    def __init__(self, answers: list[_Answer]) -> None:
        self.answers = answers
        #: What tells that none was; they may have changed since they were asked for.
        self.token: object = None

    def hold(self) -> bool:
        """Whether all are the same."""
        token = abc.get_cache_token()
        if not all(answer.holds() for answer in self.answers):
            return False
        self.token = token
        return True
