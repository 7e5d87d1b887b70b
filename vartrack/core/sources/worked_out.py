"""`WorkedOutSource`: what C code gives for values from elsewhere, as a place of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch._C._dynamo.guards import DictGuardManager
from torch._dynamo.source import is_from_skip_guard_source
from torch._guards import Source

from vartrack.core.sources.fixed import VARIES, has_guard, literal_at
from vartrack.core.sources.known_modules import KNOWN_MODULES
from vartrack.core.sources.own_sources import OwnSource
from vartrack.core.sources.stored_items import text_of

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen
    from torch._dynamo.guards import GuardBuilder

__all__ = ["WorkedOutSource", "worked_out"]

#: Guards that allow one length alone.
_SIZES = frozenset({"DICT_LENGTH", "SEQUENCE_LENGTH"})


@dataclass(frozen=True)
class WorkedOutSource(OwnSource):
    """What C code gives for values that are read from elsewhere, worked out again at each call.

    The base is one of the sources: torch guards the result if it would guard that.

    Attributes:
        text: how it is worked out, as Python text with ``{}`` for each operand in turn. Of modules
            it may name the one that ``function`` is in.
        function: what is called, as ``module.name``; ``.name`` for a method of the first operand.
        operands: sources, and constants whose ``repr`` is Python text, or that are torch's.
        told_by: what tells constants apart that are equal, as 1 and 1.0 are.
    """

    text: str
    function: str
    operands: tuple[Any, ...]
    told_by: tuple[Any, ...]

    @property
    def _name_template(self) -> str:
        return self._with("{0}", lambda text: text.replace("{", "{{").replace("}", "}}"))

    def _with(self, base: str, written: Callable[[str], str] = str) -> str:
        """The text with the operands in it, of which the base is written as ``base``."""
        names = []
        for operand in self.operands:
            if operand is self.base:
                names.append(base)
            else:
                known = operand.name if isinstance(operand, Source) else _written(operand)
                names.append(written(known))
        return self.text.format(*names)

    def reconstruct(self, codegen: PyCodegen) -> None:
        """Write code that works it out."""
        module, _, name = self.function.rpartition(".")
        first, *rest = self.operands

        def load_method() -> None:
            _load(codegen, first)
            codegen.append_output(codegen.create_load_attr(name))

        if module:
            codegen.add_push_null(lambda: codegen.load_import_from(module, name))
            rest = [first, *rest]
        else:
            codegen.add_push_null(load_method)
        for operand in rest:
            _load(codegen, operand)
        codegen.call_function(len(rest), False)

    def manager(self, builder: GuardBuilder, **options: Any) -> Any:
        """A part of the guards that works it out: of several values, if they have the same types.

        A guard on the type of a single one comes before, unless values of two types serve.
        """
        operands = self.left_open(builder)
        sources = _sources_in(operands)
        if len(sources) == 1 and not is_from_skip_guard_source(sources[0]):
            base = builder.get_guard_manager_from_source(sources[0])
            if not isinstance(base, DictGuardManager):  # which takes guards on its items alone
                work_out = self._function_of(builder, operands, sources)
                return base.lambda_manager(python_lambda=work_out, **options)
        named = {"work_out": self._function_of(builder, operands, sources)}
        places = ", ".join(map(text_of, sources))
        return self.found_by_name(builder, f"work_out({places})", named, **options)

    def follows(self, builder: GuardBuilder) -> bool:
        """Whether the guards on its operands, or on how many there are, leave one value of it."""
        sources = _sources_in(self.operands)
        if self.function == "builtins.len" and _has_one_length(builder, sources[0]):
            return True
        return all(literal_at(builder, each) is not VARIES for each in sources)

    def left_open(self, builder: GuardBuilder) -> tuple[Any, ...]:
        """The operands, with literals in the place of sources that other guards fix.

        Args:
            builder: torch's builder of guards.
        """
        operands = tuple(
            each if not isinstance(each, Source) else _literal_or(builder, each)
            for each in self.operands
        )
        return operands if _sources_in(operands) else self.operands

    def _function_of(
        self, builder: GuardBuilder, operands: Sequence[Any], sources: Sequence[Source]
    ) -> Callable[..., Any]:
        """What works it out of what is at ``sources``, which are some of ``operands``."""
        names = [f"_{number}" for number in range(len(sources))]
        left = iter(names)
        given = [next(left) if isinstance(each, Source) else _written(each) for each in operands]
        text = self.text.format(*given)
        if len(_sources_in(self.operands)) == 1:
            return eval(f"lambda {names[0]}: {text}", {**KNOWN_MODULES.modules})  # type: ignore[no-any-return]
        types = {
            f"T{name}": type(builder.get(each)) for name, each in zip(names, sources, strict=True)
        }
        same = " and ".join(f"type({name}) is T{name}" for name in names)
        return eval(  # type: ignore[no-any-return]
            f"lambda {', '.join(names)}: {text} if {same} else other()",
            {**KNOWN_MODULES.modules, **types, "other": _of_other_types},
        )


def _sources_in(operands: Sequence[Any]) -> list[Source]:
    return [each for each in operands if isinstance(each, Source)]


def _has_one_length(builder: GuardBuilder, source: Source) -> bool:
    """Whether the guards on a container allow one length alone."""
    if has_guard(builder, source, _SIZES):
        return True
    return isinstance(builder.get_guard_manager_from_source(source), DictGuardManager)


def _literal_or(builder: GuardBuilder, source: Source) -> Any:
    literal = literal_at(builder, source)
    return source if literal is VARIES else literal


def _of_other_types() -> None:
    raise TypeError("Values of other types are not worked out, as code of a user's could run.")


def _written(constant: Any) -> str:
    """The Python text that gives a constant again."""
    if type(constant) is tuple:
        return f"({''.join(f'{_written(part)}, ' for part in constant)})"
    return f"torch.{constant!r}" if type(constant) is torch.device else repr(constant)


def _load(codegen: PyCodegen, operand: Any) -> None:
    if isinstance(operand, Source):
        codegen(operand)
    else:
        codegen.append_output(codegen.create_load_const(operand))


def worked_out(text: str, function: str, operands: Sequence[Any]) -> WorkedOutSource:
    """The place of what ``function`` gives for ``operands``, one of which is a source.

    Some of them may be globals of the standard library, under which torch installs no guards.
    """
    sources = [each for each in operands if isinstance(each, Source)]
    KNOWN_MODULES.make_known(function)
    guarded = (each for each in sources if not is_from_skip_guard_source(each))
    base = next(guarded, sources[0])
    told_by = tuple(repr(each) if type(each) in _HOLDING else type(each) for each in operands)
    return WorkedOutSource(base, text, function, tuple(operands), told_by)


#: Constants of these types may be equal and not the same: 0.0 and -0.0, (1,) and (True,).
_HOLDING = frozenset({float, complex, tuple})
