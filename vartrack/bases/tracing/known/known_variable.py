"""`KnownVariable`: the tracker of a value that is known while tracing, and evaluating on it."""

from __future__ import annotations

import contextlib
import inspect
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from torch._dynamo import exc
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker

from vartrack.bases.tracing.classes.deleting import deletes_attributes
from vartrack.bases.tracing.classes.lookup import IN_C, is_by_identity, on_class
from vartrack.bases.tracing.classes.method_guard import guard_entry
from vartrack.bases.tracing.classes.own_code import has_own_code, is_own_code, written_in_python
from vartrack.bases.tracing.contents.content_guard import ContentGuard
from vartrack.bases.tracing.evaluating.attempts import forbid_evaluating
from vartrack.bases.tracing.evaluating.callbacks import (
    Callbacks,
    Stopped,
    guard_reads,
    seeing,
)
from vartrack.bases.tracing.evaluating.folding import CHANGEABLE, evaluate, refuse, texts_of
from vartrack.bases.tracing.evaluating.intents import Intent, asked
from vartrack.bases.tracing.filled.filling import is_filling
from vartrack.compat.hooks import Hooks
from vartrack.compat.names import NO_SUCH_SUBOBJ
from vartrack.core.guarding.exporting import is_exporting
from vartrack.core.guarding.keys import State, guard_state
from vartrack.core.user_code.held import Held
from vartrack.core.user_code.outside import LookedOutside, watching
from vartrack.core.user_code.stored import instance_dict

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["KnownVariable", "addresses_of"]


def addresses_of(value: Any) -> tuple[str, str]:
    """How texts show where in memory ``value`` is: as Python does, or as `id` gives it."""
    return hex(id(value)), str(id(value))


class KnownVariable(Hooks, VariableTracker):
    """A value that is known while tracing, with what guards it once a use depends on it.

    Args:
        value: the value.
        impure: names of attributes and methods that depend on more than the operands; they break
            the graph.
        key: what makes two values the same; None if they are when they are equal.
        state: what else results depend on; guarded as soon as something is evaluated.
        refused: whether an evaluation was refused, so that nobody must evaluate it otherwise.
        placed: whether a text of the value shows where in memory it is; None if not known yet.
        content: the guard on what the value holds, if it came from somewhere.
        made_anew: whether the program makes a new object of it at each call, of a class of the
            user's that lets it be changed.
        options: ``source`` if it has one, and what else a tracker takes.

    .. versionadded:: 0.2
    """

    _nonvar_fields = {
        "content",
        "counts",
        "dict_tracker",
        "impure",
        "key",
        "made_anew",
        "placed",
        "refused",
        "state",
        "value",
        *VariableTracker._nonvar_fields,
    }

    #: Whether the value can change, so that it is evaluated on copies.
    changeable: ClassVar[bool] = False

    state: State | None = None
    refused: bool = False
    content: ContentGuard | None = None
    placed: bool | None = None
    made_anew: bool = False
    #: Whether asking for a text changed the value.
    counts: bool = False
    #: The tracker of its ``__dict__``, once the program has asked for that.
    dict_tracker: VariableTracker | None = None

    def __init__(
        self,
        value: Any,
        impure: tuple[str, ...] = (),
        *,
        key: Callable[[Any], Any] | None = None,
        state: State | None = None,
        refused: bool = False,
        placed: bool | None = None,
        content: ContentGuard | None = None,
        made_anew: bool = False,
        **options: Any,
    ) -> None:
        self.begin(value, **options)
        self.content = content  # only now: torch may look at the value as it begins
        self.value = value
        self.impure = impure
        self.key = key
        self.state = state
        self.refused = refused
        self.placed = placed
        self.made_anew = made_anew

    def begin(self, value: Any, **options: Any) -> None:
        """Be a tracker of torch's; of an object, where a subclass is one of those."""
        super().__init__(**options)

    # what the value is

    @property
    def value(self) -> Any:
        """The value. Who reads it relies on what it holds, which is guarded from now on."""
        if asked() is not Intent.TYPE:
            self.depend()
        return self.example

    @value.setter
    def value(self, value: Any) -> None:
        # in the place where torch, which clones trackers, looks for it
        self.__dict__["value"] = value

    @property
    def example(self) -> Any:
        """The value at hand, to be asked for its type and identity; another one may come next."""
        return self.__dict__["value"]

    def depend(self) -> None:
        """Have the content of the value guarded."""
        if self.content is None:
            return
        try:
            self.content.install()
        except exc.Unsupported:
            self.refused = True
            raise

    def python_type(self) -> type:
        return type(self.example)

    def guard_state(self) -> None:
        """Guard what results depend on besides the operands."""
        if self.state is not None:
            try:
                guard_state(self.state)
            except exc.Unsupported:
                self.refused = True
                raise

    def get_real_python_backed_value(self) -> object:
        # equal values share a graph, so `is` is answered in `answer_identity` or not at all
        return NO_SUCH_SUBOBJ

    def as_proxy(self) -> Any:
        refuse(
            self.text("")[:-1],
            "is an operand of a tensor operation or a torch function, which cannot take it",
            "Convert it, as with float(value) or int(value).",
        )

    def reconstruct(self, codegen: PyCodegen) -> None:
        name = codegen.tx.output.install_global_by_id("_vartrack_constant", self.value)
        if self.made_anew:  # who gets it may change it before anybody else sees it
            codegen.add_push_null(lambda: codegen.load_import_from("copy", "copy"))
        codegen.append_output(codegen.create_load_global(name, add=True))
        if self.made_anew:
            codegen.call_function(1, False)

    def reconstruct_pycode(self, codegen: Any) -> str:
        """The same as Python text, for those who look at what is compiled."""
        if self.source is not None:
            text: str = self.source.reconstruct_pycode(codegen)
            return text
        name: str = codegen.tx.output.install_global_by_id("_vartrack_constant", self.value)
        return name

    # evaluating

    def text(self, what: str) -> str:
        """``what`` of this value, for messages."""
        cls = self.python_type()
        return f"{cls.__module__}.{cls.__qualname__}.{what}".removeprefix("builtins.")

    def subject(self) -> Any:
        """The object that is evaluated: the value, or a copy where evaluating could change it."""
        return self.example

    def is_changed(self, tx: Any) -> bool:
        """Whether the graph changes the value, so that it is not yet what it will be."""
        effects = tx.output.side_effects
        return self.mutation_type is not None and effects.is_modified(self)  # type: ignore[no-any-return]

    def unchanged(self, tx: Any, what: str, subject: Any) -> None:
        """Called after each evaluation with its subject; refuses if that changed."""

    @property
    def is_whole(self) -> bool:
        """Whether the value is not a part of another, whose key covers it."""
        return True

    def may_ask_again(self, what: str) -> bool:
        """Whether ``what`` may be worked out anew at each call, as it runs no code that changes."""
        function = written_in_python(self.of_class(what))
        return not is_own_code(function) and not deletes_attributes(self.python_type(), what)

    def evaluated(self, tx: Any, what: str, function: Callable[[Any], Any]) -> Any:
        """``function`` of the subject, with the subject itself as the value."""
        if what in self.impure:
            self.refuse(what, "depends on more than its operands")
        if deletes_attributes(self.python_type(), what):
            self.refuse(what, "deletes an attribute, so that it gives something else the next time")
        try:
            self.depend()
            self.guard_state()
            self.guard_class(what)
            subject = self.subject()
            held = None if self.changeable else Held(subject)
            try:
                result = evaluate(tx, self.text(what), lambda: self.run(what, function, subject))
            finally:
                self.unchanged(tx, what, subject)
                if held is not None and held.put_back():
                    self.refuse_change(what)
            for text in texts_of(result):
                self.refuse_address(what, subject, text)
        except exc.Unsupported:
            self.refused = True
            raise
        return self.example if result is subject else result

    def guard_class(self, what: str) -> None:
        """Guard what a class of the user's has under ``what``, which is not traced."""
        cls = type(self.example)
        static = self.of_class(what)
        if self.content is None or static is None or isinstance(static, IN_C):
            return
        if has_own_code(cls) and not is_exporting(self.content.ctx.tx):
            guard_entry(self.content.source, cls, what)

    def run(self, what: str, function: Callable[[Any], Any], subject: Any) -> Any:
        """``function(subject)``; what the user wrote must not look outside, as it does so once.

        Unless the key or the state looks outside as well: then it is asked at every call.
        """
        if not is_own_code(written_in_python(self.of_class(what))):
            return self.run_in_c(what, function, subject)
        try:
            tx = InstructionTranslator.current_tx()
            found = None if self.state is not None else Callbacks(subject, tx=tx)
            with contextlib.suppress(Stopped), watching(stops=True, also=found):
                result = function(subject)
            if found is not None:
                self.guard_reads(what, found)
            return result
        except LookedOutside as look:
            if self.asks_outside(subject):
                return function(subject)
            self.refuse(
                what,
                f"calls {look.name}, which must happen at every call, and torch cannot trace it",
                "Call it outside the compiled function.",
                f"Or list {what!r} in `impure` of the visitor, to be told at once.",
            )

    def run_in_c(self, what: str, function: Callable[[Any], Any], subject: Any) -> Any:
        """``function(subject)``; what of the user's it calls must read nothing that may change."""
        if self.state is not None:
            return function(subject)
        tx = InstructionTranslator.current_tx()
        with seeing(subject, tx=tx) as found:
            result = function(subject)
        traced = self.trace_text() if found.reads else None
        if traced is not None:  # perhaps it was no more than that
            with seeing(subject, tx=tx) as found:
                found.traced.add(traced)
                result = function(subject)
        self.guard_reads(what, found)
        return result

    def trace_text(self) -> types.CodeType | None:
        """Trace the user's own code that makes a text of the value, if there is any."""
        return None

    def guard_reads(self, what: str, found: Callbacks) -> None:
        """Guard what code that ran untraced has read, or break the graph."""
        hint = "Or give the visitor a `state` that tells when it changes."
        guard_reads(InstructionTranslator.current_tx(), self.text(what), found, hint)

    def asks_outside(self, subject: Any) -> bool:
        """Whether what guards the value looks outside at every call."""
        with watching() as looks:
            if self.key is not None:
                self.key(subject)
            if self.state is not None:
                self.state()
        return bool(looks.first)

    def refuse(self, what: str, why: str, *hints: str) -> NoReturn:
        """Break the graph because ``what`` of the value cannot be evaluated."""
        self.refused = True
        refuse(self.text(what), why, *hints)

    @property
    def instead(self) -> str:
        """What to register for a type whose values change."""
        if isinstance(self.example, CHANGEABLE):
            return "nothing, as torch reads it item by item,"
        is_mapping = self.of_class("keys") is not None and self.of_class("__getitem__") is not None
        return "a MappingVisitor" if is_mapping else "a RecordVisitor"

    def refuse_change(self, what: str, *args: VariableTracker) -> NoReturn:
        """Break the graph because the traced code wants to change the value.

        Args:
            what: the method that would.
            args: its operands, if they are known.
        """
        try:
            self.refuse(
                what,
                "would change a value that the graph takes for constant",
                "Change it outside the compiled function.",
                f"If it is meant to change, register {self.instead} for its type instead.",
            )
        except exc.Unsupported as error:
            if args and not is_filling(self.example, what, args):
                forbid_evaluating(error)
            raise

    def of_class(self, name: str) -> Any:
        """What the class has under ``name``, unless the value has an attribute in its place."""
        cls = type(self.example)
        static = on_class(cls, name)
        if not cls.__dictoffset__ or name.startswith("__"):
            return static
        own = name in instance_dict(self.example)
        return static if not own or inspect.isdatadescriptor(static) else None

    def refuse_address(self, what: str, subject: Any, text: str) -> None:
        """Break the graph if ``text`` shows where in memory ``subject`` is."""
        if self.shows_address(subject, text):
            self.refuse(
                what,
                "shows the address of an object, which is another one at the next call",
                f"Give {self.python_type().__qualname__} a __repr__ of its own.",
            )

    def shows_address(self, subject: Any, text: str) -> bool:
        """Whether ``text`` says where in memory ``subject`` is, and equal values are elsewhere."""
        return any(each in text for each in addresses_of(subject)) and not self.is_one()

    def is_one(self) -> bool:
        """Whether the guard on the value is passed by no other object."""
        return self.key is None and is_by_identity(type(self.value), "__eq__")
