"""`FoldedVariable`: the tracker of a value whose every use is evaluated while tracing."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, ClassVar

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import AsPythonConstantNotImplementedError, VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.classes.lacking import raising, refused_by_type
from vartrack.bases.tracing.classes.lookup import has_on_class, is_by_identity
from vartrack.bases.tracing.classes.own_code import has_own_code, is_own_code, written_in_python
from vartrack.bases.tracing.contents.held_content import HeldContent
from vartrack.bases.tracing.contents.stored_attributes import guard_keys
from vartrack.bases.tracing.evaluating.callbacks import RUNNING
from vartrack.bases.tracing.evaluating.folding import evaluate
from vartrack.bases.tracing.evaluating.intents import Intent, asked, asking
from vartrack.bases.tracing.evaluating.ordered import Ordered
from vartrack.bases.tracing.filled.keepers import all_kept
from vartrack.bases.tracing.filled.own_attributes import (
    given_to,
    is_set_known,
    knows_no_attributes,
    set_here,
    sets_attribute,
)
from vartrack.bases.tracing.filled.own_caches import puts_away
from vartrack.bases.tracing.folded.answered import of_folded
from vartrack.bases.tracing.folded.attributes import Attributes
from vartrack.bases.tracing.folded.traced_code import is_within
from vartrack.bases.tracing.known.addresses import TEXTS, has_address, may_have_text
from vartrack.bases.tracing.known.changed_values import has_changed
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.bases.tracing.objects.merging import as_dict, listed, merged_by_keys
from vartrack.bases.tracing.objects.reducing import has_own_state, holding, reduced
from vartrack.compat import behaviour
from vartrack.compat.instructions import is_tried
from vartrack.core.guarding.exporting import is_exporting
from vartrack.core.user_code.held import Held

__all__ = ["FoldedVariable"]

#: What torch evaluates by itself if it gets the value.
_BY_TORCH = frozenset(
    f"__{name}__" for name in ("bool", "eq", "float", "format", "hash", "int", "repr", "str")
)
#: What torch works out with the value that it asks for.
_WORKED_OUT = (Intent.CALL, Intent.TEXT)
_TEXTS = (Intent.TEXT, Intent.LATE_TEXT)
#: What is traced with trackers, as objects would not be asked as Python asks them; or needs none.
_TRACED = (Intent.WORKING_OUT, Intent.SEARCH, Intent.LENGTH, Intent.INLINING)
#: What C code makes of all that a value holds.
_OF_ALL = ("__getstate__", "__reduce__", "__reduce_ex__")
_CHANGES = ("__setattr__", "__delattr__", "__setitem__", "__delitem__")


class FoldedVariable(Attributes):
    """A value that is known while tracing, of a type that Dynamo does not know.

    Attributes, methods, operators, comparison and the rest are evaluated on the value itself as
    soon as all operands are known, and the result becomes a tracker again. It takes what a
    `KnownVariable` takes.

    .. versionadded:: 0.1
    """

    #: Whether attributes may be set that the class knows of: a subclass may read them by itself.
    sets_known: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.sets_known = vars(cls).get("sets_known", False)
        cls.changeable = cls.subject is not KnownVariable.subject
        OPERATIONS.add_class(cls)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({type(self.example).__qualname__})"

    def is_python_constant(self) -> bool:
        wanted = asked()
        if self.refused and wanted is Intent.LATE_TEXT:
            self.refuse_old_text()  # torch would make it of the value as it was
        if self.refused or _BY_TORCH.intersection(self.impure):
            return False
        if wanted is Intent.WRITING and self.content is not None:
            return False  # it is loaded from where it came from
        if wanted is Intent.LATE_TEXT and self.content is not None and not self.content.is_usable:
            return False  # the text is made of the value of then, as nothing can guard it
        if wanted is not Intent.TRUTH and self.was_set(InstructionTranslator.current_tx()):
            if wanted is Intent.LATE_TEXT:
                self.refuse_old_text()
            return False
        if wanted is Intent.OPERAND:
            return True
        if wanted in _TRACED:
            return False
        if wanted is Intent.SORTING:
            return not behaviour.SORTS_BY_TRACKERS
        if self.content is not None and is_exporting(self.content.ctx.tx):
            return False  # so that a use is evaluated here, and refused by name
        return wanted is Intent.TRUTH or not has_address(self) or may_have_text(self)

    def as_python_constant(self) -> Any:
        if self.refused:
            # what was refused here must not be evaluated by whoever asks next
            raise NotImplementedError(f"{self} was used in a way that cannot be evaluated")
        wanted = asked()
        if wanted in _TRACED:
            raise AsPythonConstantNotImplementedError(self)
        if wanted is Intent.TRUTH:
            return self.truth(InstructionTranslator.current_tx())
        if wanted is Intent.PASSING and self.is_python_constant():
            return self.example
        if wanted is Intent.WRITING and self.content is not None:
            raise NotImplementedError(f"{self} is loaded from where it came from")
        if self.was_set(InstructionTranslator.current_tx()):
            raise NotImplementedError(f"{self} was changed by the traced code")
        if wanted is not Intent.OPERAND and has_address(self) and not may_have_text(self):
            raise NotImplementedError(f"the text of {self} differs from call to call")
        if wanted is Intent.SORTING:
            return Ordered(self)
        if (
            wanted is Intent.OTHER
            and self.changeable
            and self.is_changed(InstructionTranslator.current_tx())
        ):
            # such as a field of an object whose `__dict__` torch holds against another
            raise NotImplementedError(f"{self} was changed by the traced code")
        if wanted in _TEXTS:
            self.refuse_old_text()
        self.guard_state()
        self.depend()
        traced = self.trace_text() if wanted in _TEXTS else None
        if wanted in _WORKED_OUT and self.state is None and has_own_code(self.python_type()):
            RUNNING.begin(self.example, self.held(), traced)
        return self.example

    def was_set(self, tx: Any) -> bool:
        """Whether the graph sets an attribute of this constant that its class may read."""
        return not self.changeable and is_set_known(self, tx)

    def is_changed(self, tx: Any) -> bool:
        return super().is_changed(tx) or self.was_set(tx)

    def evaluated(self, tx: Any, what: str, function: Callable[[Any], Any]) -> Any:
        if self.was_set(tx) and not knows_no_attributes(type(self.example), what):
            self.refuse(what, "is worked out of a value that this function has changed before")
        return super().evaluated(tx, what, function)

    def held(self) -> Held | HeldContent:
        """What it holds, to be put back if what is evaluated changes it."""
        if self.changeable and self.key is not None:
            return HeldContent(self.example, self.key)
        return Held(self.example)

    def refuse_old_text(self) -> None:
        """Break the graph if the traced code has changed the value: its text is another now."""
        if self.is_changed(InstructionTranslator.current_tx()):
            self.refuse("__str__", "is asked of a value that this function has changed before")

    def truth(self, tx: Any) -> bool:
        """Whether the value is true, by which a jump goes."""
        if self.of_class("__bool__") is None and self.of_class("__len__") is None:
            return True  # the type says so
        with asking(Intent.OTHER):
            answer = self.nb_bool_impl(tx).realize()
            if isinstance(answer, SymNodeVariable):
                return bool(answer.evaluate_expr(tx.output))
            return bool(answer.as_python_constant())

    def trace_text(self) -> types.CodeType | None:
        """Have guarded what the user's own text of the value reads; torch makes it untraced."""
        # one in C, or of `object`, asks the next
        method = next((name for name in TEXTS if self.own_method(name) is not None), "")
        own = self.own_method(method)
        if own is None:
            return None
        args = [ConstantVariable.create("")] if method == "__format__" else []
        tx = InstructionTranslator.current_tx()
        changed = has_changed(tx)
        text = self.trace_own(tx, method, own, args, {}).realize()
        known = None
        if text.is_python_constant():
            known = text.as_python_constant()  # what it was made of may be guarded no sooner
        if changed and known != self.text_before(method):
            self.refuse(method, "reads what this function has changed before")
        function = written_in_python(own)
        return None if function is None else function.__code__

    def text_before(self, method: str) -> str:
        """What ``method`` gives where the changes of this function are not made yet."""
        held = Held(self.example)
        try:
            return str(getattr(self.example, method)(*([""] if method == "__format__" else [])))
        finally:
            held.put_back()

    def can_wait(self) -> bool:
        """Whether the value of then can be taken when the graph has run."""
        if self.content is None or self.refused:
            return False
        if self.is_changed(InstructionTranslator.current_tx()):
            return False
        return not is_exporting(self.content.ctx.tx) and not _BY_TORCH.intersection(self.impure)

    def text_waits(self, is_tried: bool) -> bool:
        """Whether a text of the value can be made of the value of then, when the graph has run.

        torch makes it of what is there before the graph's changes are written.

        Args:
            is_tried: whether the program may catch what goes wrong with the text.
        """
        if not self.can_wait():
            return False
        if self.has_own_text() and (is_tried or has_changed(InstructionTranslator.current_tx())):
            return False  # it may fail, and may read what has changed
        return not has_address(self) and not self.counts

    def must_be_shown_now(self, tx: Any, spec: str | None) -> bool:
        """Whether a text must not wait: it may fail where the program catches that, and what makes
        it is traced, or the type says that it fails.

        Args:
            tx: the tracer.
            spec: the format; None if the text is of more than the value.
        """
        if spec is None or not is_by_identity(type(self.example), "__format__"):
            return False
        is_traced = any(self.own_method(name) is not None for name in TEXTS)
        return (bool(spec) or is_traced) and is_tried(tx)

    def formatted(self, tx: Any, spec: VariableTracker) -> VariableTracker:
        """What ``format`` gives."""
        if is_by_identity(type(self.example), "__format__") and spec.is_python_constant():
            given = spec.as_python_constant()
            if given == "":
                return self.tp_str_impl(tx)
            evaluate(tx, self.text("__format__"), lambda: object.__format__(self.example, given))
        return self.needed(tx, "__format__", spec)

    def has_own_text(self) -> bool:
        """Whether code that the user wrote makes a text of the value, which may read anything."""
        return any(is_own_code(written_in_python(self.of_class(name))) for name in TEXTS)

    def need_text(self) -> None:
        """Break the graph if a text that waited may be another one by now."""
        if self.has_own_text() and has_changed(InstructionTranslator.current_tx()):
            self.refuse("__str__", "is needed after this function has changed something")

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name == "__setattr__" and len(args) == 2 and puts_away(self, tx, *args):
            return ConstantVariable.create(None)
        if name in _CHANGES:
            own = self.own_method(name)
            if own is None or is_within(tx, own):
                self.raise_by_type(tx, name, args)
                if sets_attribute(self, tx, name, args):
                    return ConstantVariable.create(None)
                self.refuse_change(name, *args)
            return self.attempt(tx, own.__code__, lambda: self.trace_change(tx, name, args, kwargs))
        if name in self.impure:
            self.refuse(name, "depends on more than its operands")
        if name == "__reduce_ex__" and self.is_copied_as_object():
            whole = UserDefinedObjectVariable(self.example, source=self.source)
            return self.copied_as_object(tx, whole, args, kwargs)
        set_here(self, tx, name)  # refuses what reads all that was set
        if name == "__reduce_ex__" and is_by_identity(type(self.example), name):
            own = self.own_method("__reduce__")
            if own is not None:  # that of `object` asks it
                return self.trace_own(tx, "__reduce__", own, [], {})
        if name == "__hash__" and not (args or kwargs):
            return BuiltinVariable(hash).call_function(tx, [self], {})
        if name in _OF_ALL and not self.changeable and all_kept(self, tx):
            self.refuse(name, "is asked of a value that this function has filled")
        static = self.of_class(name)
        if static is None:
            self.evaluated(tx, name, raising(name))
        folded = self.fold_method(tx, name, args, kwargs)
        return self.trace_or_refuse(tx, name, args, kwargs) if folded is None else folded

    def raise_by_type(self, tx: Any, name: str, args: Any) -> None:
        """Raise what a change of any value of this type raises, if it has none to offer."""
        operand = args[0].realize() if args else self
        known = type(operand) is ConstantVariable
        attribute = operand.as_python_constant() if known else None
        raises = refused_by_type(type(self.example), name, attribute)
        if raises is not None:
            evaluate(tx, self.text(name), lambda: raises(self.example))

    def trace_change(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        """What the user's own code for a change gives, which may raise and must change nothing."""
        # torch traces it for objects of its own alone, of which it replays what is done to them
        whole = UserDefinedObjectVariable(self.example, source=self.source)
        try:
            return whole.call_method(tx, name, args, kwargs)
        except AssertionError:  # it does not replay what is done to this one
            self.refuse_change(name, *args)

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        if not callable(self.example):
            # raises what calling it raises
            return self.fold(tx, "__call__", lambda value: value())
        return self.call_method(tx, "__call__", args, kwargs)

    def is_copied_as_object(self) -> bool:
        """Whether `copy` takes its attributes one by one, so that each is guarded alone."""
        cls = type(self.example)
        plain = is_by_identity(cls, "__reduce_ex__") and is_by_identity(cls, "__reduce__")
        return self.content is not None and bool(cls.__dictoffset__) and plain

    def copied_as_object(
        self, tx: Any, whole: VariableTracker, args: Any, kwargs: Any
    ) -> VariableTracker:
        """What `copy` gets of it: its attributes, with those that the traced code has filled.

        Args:
            tx: the tracer.
            whole: the value, as an object of torch's.
            args: the operands of ``__reduce_ex__``.
            kwargs: the named ones.
        """
        kept = {**all_kept(self, tx), **given_to(self, tx)}
        if kept and has_own_state(type(self.example)):
            self.refuse("__getstate__", "is asked of a value that this function has filled")
        parts = reduced(whole, tx)
        if parts is None:
            if self.content and hasattr(self.example, "__dict__"):
                guard_keys(self.content, "__dict__")  # torch's own guards leave that out
            parts = UserDefinedObjectVariable.call_method(whole, tx, "__reduce_ex__", args, kwargs)
        found = holding(parts.realize(), kept) if kept else parts
        if found is None:
            self.refuse("__reduce_ex__", "is asked of a value that this function has filled")
        return found

    def merged(self, tx: Any) -> VariableTracker | None:
        """What ``**value`` and ``dict(value)`` take of a mapping, as a new dict."""
        cls = type(self.example)
        if not has_on_class(cls, "keys"):
            return None
        if issubclass(cls, dict) and cls.__iter__ is dict.__iter__:
            return self.fold(tx, "__iter__", as_dict)  # C code reads it past its methods
        if any(self.own_method(name) is not None for name in ("keys", "__getitem__")):
            return merged_by_keys(tx, self)
        return self.fold(tx, "keys", as_dict)

    def listed(self, tx: Any) -> VariableTracker | None:
        """What ``list(value)`` takes of it."""
        return listed(self.unpack_var_sequence(tx))


OPERATIONS = of_folded(FoldedVariable)
