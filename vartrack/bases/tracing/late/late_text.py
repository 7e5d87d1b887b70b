"""Texts that are made when the graph has run, unless they are needed before."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch._dynamo.symbolic_convert import InstructionTranslator, InstructionTranslatorBase
from torch._dynamo.utils import specialize_symnode
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lazy import LazyCache, LazyVariableTracker
from torch._dynamo.variables.misc import StringFormatVariable

from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.bases.tracing.evaluating.intents import Intent, asked, asking
from vartrack.bases.tracing.late.waiting import Kind, MadeLater, waits
from vartrack.bases.tracing.late.working_out import example_of, place_of
from vartrack.compat.instructions import Instructions, WrappedInstructions, is_tried
from vartrack.compat.making import build_now, by_name, make
from vartrack.compat.names import LAZY
from vartrack.core.wrapping.wrappers import Wrappers
from vartrack.visitors.literals import Strings

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._guards import Source

__all__ = ["FORMATTING", "JOINING", "ONE_PART", "TEXTS", "LateText", "joined", "nowhere"]


def nowhere(value: Any) -> LazyCache:
    """torch's record of a value that is not built yet, and has no source."""
    cache = LazyCache(None, True)
    cache.value = value
    return cache


#: The template of `{value!r}`.
_CONVERTED = re.compile(r"\{!([sra])\}")


@dataclass(frozen=True)
class _Unmade:
    """What a `LateText` is to be made of."""

    template: str
    args: list[VariableTracker]


class LateText(MadeLater):
    """A text with late values in it: made when the graph has run, unless it is needed before.

    Args:
        _cache: torch's record of a value that is not built yet.
        options: what else a tracker takes.
    """

    kind = Kind((str,), Strings, (ConstantVariable, StringFormatVariable))
    type_at_hand = str

    @classmethod
    def of(cls, template: str, args: list[VariableTracker]) -> LateText:
        """The text that ``template.format(*args)`` gives."""
        return cls(nowhere(_Unmade(template, args)))

    @property
    def example(self) -> str:
        """The text of the values at hand."""
        made: _Unmade = self._cache.value
        return made.template.format(*map(example_of, made.args))

    def place(self) -> Source | None:
        """Where it is made again; None if not all in it come from elsewhere."""
        made: _Unmade = self._cache.value
        return place_of(str.format, [ConstantVariable.create(made.template), *made.args])

    @property
    def unmade(self) -> StringFormatVariable:
        """What torch has for a text that is made when the graph has run."""
        made: _Unmade = self._cache.value
        return StringFormatVariable(made.template, list(made.args), {})

    @property
    def converted(self) -> tuple[VariableTracker, str] | None:
        """The value of a text `{value!r}`, and the letter; None if it is another text."""
        made: _Unmade = self._cache.value
        found = None if self.is_realized() else _CONVERTED.fullmatch(made.template)
        return None if found is None else (made.args[0], found[1])

    def rely_on_type(self) -> None:
        """Nothing: a text is a text."""

    def make(self) -> VariableTracker:
        tx = InstructionTranslator.current_tx()
        place = self.place()
        return self._needed(tx) if place is None else build_now(tx, self.example, place)

    def _needed(self, tx: Any) -> VariableTracker:
        """The text, made now: who needs it needs the numbers in it."""
        made: _Unmade = self._cache.value
        args = [specialize_symnode(arg.realize()) for arg in made.args]
        for arg in args:
            if (need_text := getattr(arg, "need_text", None)) is not None:
                need_text()
        with asking(Intent.NEEDED_TEXT):
            text: VariableTracker = make(
                StringFormatVariable.create,
                format_string=made.template,
                sym_args=args,
                sym_kwargs={},
                if_taken={"tx": tx},
            )
        return text

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Have the text made when the graph has run."""
        (self.realize() if self.is_realized() else self.unmade).reconstruct(codegen)


def joined(parts: list[VariableTracker]) -> VariableTracker | None:
    """The parts as one text, if one of them is late and none is anything but a text."""
    if not any(type(part) is LateText and not part.is_realized() for part in parts):
        return None
    templates: list[str] = []
    args: list[VariableTracker] = []
    is_late_to_torch = False
    for part in parts:
        if type(part) is LateText and not part.is_realized():
            part = part.unmade
        else:
            part = part.realize()
            is_late_to_torch |= isinstance(part, StringFormatVariable)
        if isinstance(part, StringFormatVariable):
            if part.sym_kwargs:
                return None
            templates.append(part.format_string)
            args.extend(part.sym_args)
        elif part.is_python_constant():
            templates.append("{}")
            args.append(part)
        else:
            return None
    template = "".join(templates)
    if is_late_to_torch:
        return StringFormatVariable(template, args, {})
    return LateText.of(template, args)


def build_string(tx: Any, inst: Any) -> bool:
    """A text out of parts."""
    text = joined(tx.stack[len(tx.stack) - inst.arg :])
    if text is None:
        return False
    tx.popn(inst.arg)
    tx.push(text)
    return True


#: A template of one value, with its format.
ONE_PART = re.compile(r"\{(?::([^{}]*))?\}")
#: Templates of whole values, without formats.
_SHOWN_WHOLE = re.compile(r"(?:[^{}]|\{\{|\}\}|\{\w*:?\})*")
#: Templates that no value refuses which has a text at all.
_PLAIN = re.compile(r"(?:[^{}]|\{\{|\}\}|\{\d*(?:![rs])?:?\})*")


def _waiting(own: Callable[..., Any]) -> Any:
    """Makes a text of a template, which waits if it is of values whose texts are put off."""

    @functools.wraps(own)
    def create(*given: Any, **named: Any) -> Any:
        if asked() is Intent.NEEDED_TEXT:
            return own(*given, **named)
        bound = by_name(own, given, named)
        template, args = bound["format_string"], bound["sym_args"]
        given_now = _shown_now(bound)
        if given_now is not None:
            return own(*given_now.values())  # in the order in which this release takes them
        if bound["sym_kwargs"] or not any(map(_may_wait, args)):
            return own(*given, **named)
        whole = all(_may_wait(arg) or type(arg) is ConstantVariable for arg in args)
        if not whole or not (_untried.get() or _PLAIN.fullmatch(template)):
            return own(*given, **named)
        return LateText.of(template, list(args))

    return staticmethod(create)


def _shown_now(bound: dict[str, Any]) -> dict[str, Any] | None:
    """The operands with texts in place of objects whose text must not wait; None if none is one."""
    tx = InstructionTranslator.current_tx()
    format_string, sym_args = bound["format_string"], bound["sym_args"]
    sym_kwargs = bound["sym_kwargs"]
    of_one = ONE_PART.fullmatch(format_string)
    spec = of_one[1] or "" if of_one else None
    if not any(_must_be_shown(tx, value, spec) for value in (*sym_args, *sym_kwargs.values())):
        return None
    if of_one is None and not _SHOWN_WHOLE.fullmatch(format_string):
        refuse(
            f"the text {format_string!r}",
            "is of an object that this function may have changed, and torch would make it of "
            "what was there before",
            "Use `str(obj)`, or an f-string with the object alone.",
        )

    def shown(value: Any) -> VariableTracker:
        if not _must_be_shown(tx, value, spec):
            return value  # type: ignore[no-any-return]
        return value.unwrap().formatted(tx, ConstantVariable.create(spec or ""))  # type: ignore[no-any-return]

    args = [shown(value) for value in sym_args]
    named = {name: shown(value) for name, value in sym_kwargs.items()}
    template = "{}" if of_one else format_string
    return {**bound, "format_string": template, "sym_args": args, "sym_kwargs": named}


def _must_be_shown(tx: Any, value: VariableTracker, spec: str | None) -> bool:
    must_be_shown: Any = getattr(value.unwrap(), "must_be_shown_now", None)
    return must_be_shown is not None and must_be_shown(tx, spec)


def _may_wait(arg: VariableTracker) -> bool:
    """Whether the text of ``arg`` can be made when the graph has run."""
    unknown = type(arg) in LAZY and not arg.is_realized()  # type: ignore[attr-defined]
    if unknown and ConstantVariable.is_literal(arg.original_value()):  # type: ignore[attr-defined]
        return False  # it is not built to know
    text_waits: Any = getattr(arg.unwrap(), "text_waits", None)
    return text_waits is not None and text_waits(not _untried.get())


#: Whether a part of an f-string is made where the program does not catch what goes wrong.
_untried: ContextVar[bool] = ContextVar("vartrack_untried", default=False)


def _noted(own: Callable[..., None]) -> Callable[..., None]:
    """Makes a part of an f-string, and notes meanwhile whether the program may catch an error."""

    @functools.wraps(own)
    def format_value(tx: Any, inst: Any) -> None:
        token = _untried.set(not is_tried(tx))
        try:
            own(tx, inst)
        finally:
            _untried.reset(token)

    return format_value


def _of_one(own: Callable[..., None]) -> Callable[..., None]:
    """Makes the text of one value in an f-string: since 2.14 torch asks for most of them at once,
    and no longer puts them off."""

    @functools.wraps(own)
    def _format_value(tx: Any, spec: VariableTracker, flags: int) -> None:
        value = tx.stack[-1]
        if flags & 3 or not _may_wait(value) or not spec.is_python_constant():
            own(tx, spec, flags)
            return
        template = ConstantVariable.create(f"{{:{spec.as_python_constant()}}}")
        tx.call_function(BuiltinVariable(str.format), [template, tx.pop()], {})

    return _format_value


def _left_late(own: Callable[..., Any]) -> Callable[..., Any]:
    """Leaves late values alone where torch builds all lazy ones, in case one is a tensor."""

    def realize_all(cls: Any, value: Any, *args: Any, **options: Any) -> Any:
        if waits(value) and (options.get("allow_lazy_constant") or not value.kind.holds):
            return value
        return own.__func__(cls, value, *args, **options)  # type: ignore[attr-defined]

    return classmethod(realize_all)  # type: ignore[return-value]


#: What torch needs to put texts off.
TEXTS = Wrappers(
    (StringFormatVariable, "create", _waiting),
    (InstructionTranslatorBase, "_format_value", _of_one),
    (LazyVariableTracker, "realize_all", _left_late),
)
#: The same for texts out of parts.
JOINING = Instructions(BUILD_STRING=build_string)
#: The same for parts with a format of their own, which a value may refuse.
FORMATTING = WrappedInstructions(FORMAT_VALUE=_noted, FORMAT_SIMPLE=_noted, FORMAT_WITH_SPEC=_noted)
