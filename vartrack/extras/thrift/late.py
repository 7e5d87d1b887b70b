"""`LateVariable`: a value that is not built, and so not guarded, before something depends on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lazy import LazyCache, LazyVariableTracker
from torch._dynamo.variables.misc import StringFormatVariable

from vartrack.bases.tracing.intents import Intent, asked
from vartrack.compat.making import make
from vartrack.extras.thrift.asked import Asked
from vartrack.extras.thrift.kinds import Kind
from vartrack.visitors.literals import Strings

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._guards import Source

__all__ = ["LateText", "LateVariable", "is_late", "waits"]


class LateVariable(LazyVariableTracker):
    """A value that came from somewhere and is read from there again when the graph has run.

    As any lazy tracker it becomes the real one, with the guards of its visitor, as soon as torch
    does anything with it. What depends on its type alone is answered without that, and what is
    asked of it in `questions` is guarded by the answer.

    Args:
        _cache: torch's record of the value and its source.
        kind: which trackers the value can have, a row of `kinds.KINDS`.
        asked: the questions that were put to the value, with the guard on the answers.
        options: ``source``, and what else a tracker takes.
    """

    _nonvar_fields = {"asked", "kind", "type_guard", *LazyVariableTracker._nonvar_fields}

    def __init__(self, _cache: LazyCache, *, kind: Any, asked: Asked, **options: Any) -> None:
        super().__init__(_cache, **options)
        self.kind = kind
        self.asked = asked
        self.type_guard: Any = None

    @classmethod
    def of(cls, value: Any, source: Source, kind: Any, asked: Asked) -> LateVariable:
        """The late tracker of ``value``, which is at ``source``."""
        return cls(LazyCache(value, source), kind=kind, asked=asked, source=source)

    @property
    def example(self) -> Any:
        """The value at hand; another may come next."""
        return self.asked.value

    def rely_on_type(self) -> None:
        """Have the type guarded; asked at every use, as torch may have dropped what stood."""
        if self.type_guard is None:
            self.type_guard = self.original_source().make_guard(GuardBuilder.TYPE_MATCH)
        install_guard(self.type_guard, skip=1)

    def realize(self) -> VariableTracker:
        if self.is_realized():
            return super().realize()
        source = self.original_source()
        tracker = super().realize()
        if tracker.source != source and self.kind.is_one_of_few:
            # torch has no guard that a local and a global are one object
            install_guard(source.make_guard(GuardBuilder.ID_MATCH), skip=1)
        return tracker

    # what the type says

    def python_type(self) -> type:
        if self.is_realized():
            return self.realize().python_type()
        self.rely_on_type()
        return type(self.example)

    def is_tensor(self) -> bool:
        if self.is_realized():
            return self.realize().is_tensor()
        self.rely_on_type()
        return False

    def is_constant_none(self) -> bool:
        return self.is_tensor()  # nor is it None

    def lazy_isinstance(self, cls: type) -> bool:
        """Whether the real tracker is a ``cls``; it is built if its type does not say that."""
        if not self.is_realized():
            answer = self.kind.is_tracked_by(cls)
            if answer is not None:
                self.rely_on_type()
                return bool(answer)
        return super().lazy_isinstance(cls)

    def is_python_constant(self) -> bool:
        if asked() is Intent.WRITING and not self.is_realized():
            return False  # it is loaded from where it came from
        return self.realize().is_python_constant()

    def as_python_constant(self) -> Any:
        if asked() is Intent.WRITING and not self.is_realized():
            raise NotImplementedError(f"{self} is loaded from where it came from")
        return self.realize().as_python_constant()

    def __str__(self) -> str:
        if self.is_realized():
            return f"{type(self).__name__}({self.realize()})"
        return f"{type(self).__name__}({type(self.example).__qualname__})"

    __repr__ = __str__


def is_late(tracker: Any) -> bool:
    """Whether ``tracker`` stands for a late value that nothing has depended on yet."""
    return type(tracker) is LateVariable and not tracker.is_realized()


class _Unmade:
    """What a `LateText` is to be made of."""

    def __init__(self, template: str, args: list[VariableTracker]) -> None:
        self.template = template
        self.args = args


class LateText(LazyVariableTracker):
    """A text with late values in it: made when the graph has run, unless it is needed before.

    Args:
        _cache: torch's record of a value that is not built yet.
        options: what else a tracker takes.
    """

    kind = Kind((str,), Strings, (ConstantVariable, StringFormatVariable))

    @classmethod
    def of(cls, template: str, args: list[VariableTracker]) -> LateText:
        """The text that ``template.format(*args)`` gives."""
        cache = LazyCache(None, True)  # a text has no source
        cache.value = _Unmade(template, args)
        return cls(cache)

    @property
    def unmade(self) -> StringFormatVariable:
        """What torch has for a text that is made when the graph has run."""
        made: _Unmade = self._cache.value
        return StringFormatVariable(made.template, list(made.args), {})

    def realize(self) -> VariableTracker:
        cache: Any = self._cache
        if cache.vt is None:
            made: _Unmade = cache.value
            args = [arg.realize() for arg in made.args]
            cache.vt = make(
                StringFormatVariable.create,
                format_string=made.template,
                sym_args=args,
                sym_kwargs={},
                if_taken={"tx": InstructionTranslator.current_tx()},
            )
            del cache.value, cache.source
        tracker: VariableTracker = cache.vt
        return tracker

    def python_type(self) -> type:
        return str

    def is_tensor(self) -> bool:
        return False

    def is_constant_none(self) -> bool:
        return False

    def lazy_isinstance(self, cls: type) -> bool:
        """Whether the real tracker is a ``cls``; the text is made if that is not certain."""
        if not self.is_realized():
            answer = self.kind.is_tracked_by(cls)
            if answer is not None:
                return answer
        return super().lazy_isinstance(cls)

    def is_python_constant(self) -> bool:
        if asked() is Intent.WRITING and not self.is_realized():
            return False
        return self.realize().is_python_constant()

    def as_python_constant(self) -> Any:
        if asked() is Intent.WRITING and not self.is_realized():
            raise NotImplementedError(f"{self} is made when the graph has run")
        return self.realize().as_python_constant()

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Have the text made when the graph has run."""
        (self.realize() if self.is_realized() else self.unmade).reconstruct(codegen)

    def __str__(self) -> str:
        return f"{type(self).__name__}()"

    __repr__ = __str__


def waits(tracker: Any) -> bool:
    """Whether ``tracker`` stands for a late value or text that nothing has depended on yet."""
    return type(tracker) in (LateVariable, LateText) and not tracker.is_realized()
