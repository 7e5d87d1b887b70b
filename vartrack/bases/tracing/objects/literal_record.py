"""`LiteralRecordVariable`: a number or text of a class that has fields and methods of its own.

torch traces most of its methods, and runs others on the value while tracing: a `__bool__`, the one
behind ``1 - value``, what makes a text. What those read of the value it does not guard.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.constant import ConstantVariable

from vartrack.bases.tracing.classes.lookup import is_by_identity, on_class
from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.bases.tracing.evaluating.intents import Intent, asked
from vartrack.bases.tracing.filled.own_caches import names_in
from vartrack.bases.tracing.objects.merging import listed
from vartrack.bases.tracing.objects.reducing import TracedCopy
from vartrack.bases.tracing.objects.traced_text import of_texts
from vartrack.compat.hooks import Hooks
from vartrack.compat.names import UserDefinedConstantVariable

if TYPE_CHECKING:
    from vartrack.bases.tracing.contents.content_guard import ContentGuard

__all__ = ["LiteralRecordVariable"]

#: What a value is without its fields, by what the class may say of that itself.
_PLAIN: dict[type, tuple[str, Callable[[Any], Any]]] = {
    float: ("__float__", float.__float__),
    int: ("__int__", int.__int__),
    str: ("__str__", str.__str__),
}


def _methods(*names: str) -> frozenset[str]:
    return frozenset(f"__{name}__" for name in names)


_OPERATORS = ("add", "and", "divmod", "floordiv", "lshift", "matmul", "mod", "mul", "or", "pow")
_REFLECTED = _methods(
    *(f"r{name}" for name in (*_OPERATORS, "rshift", "sub", "truediv", "xor")),
    *("eq", "gt", "lt", "matmul"),
)
_CONVERTING = _methods("ceil", "complex", "dir", "float", "floor", "index", "invert", "trunc")
#: And what `%` may be of a number.
_TEXTS = _methods("format", "repr", "rmod", "str")
_TRUTH = _methods("bool")
#: What torch runs on the value, by what it asks it for; other methods it traces.
_RUN: dict[Intent, frozenset[str]] = {
    Intent.HASH: frozenset(),
    Intent.KEY: frozenset(),
    Intent.LATE_TEXT: _TEXTS,
    Intent.LENGTH: _TRUTH,
    Intent.NEEDED_TEXT: _TEXTS,
    Intent.OPERAND: _REFLECTED,
    Intent.SEARCH: _methods("eq"),
    Intent.TEXT: _TEXTS,
    Intent.TRUTH: _TRUTH,
    Intent.WORKING_OUT: _methods("bool", "gt", "lt", "radd"),
}
#: What reads attributes under names that the code does not say.
_ANY = frozenset({"__dict__", "vars", "getattr", "__getattribute__"})


class LiteralRecordVariable(Hooks, TracedCopy, UserDefinedConstantVariable):  # type: ignore[misc]
    """torch's tracker of such a value, with guards on what the methods that it runs read.

    Args:
        value: the value.
        content: the guard on what it holds, of which parts are used.
        options: what torch's tracker takes.
    """

    _nonvar_fields = {"content", *UserDefinedConstantVariable._nonvar_fields}

    def __init__(self, value: Any, content: ContentGuard, **options: Any) -> None:
        super().__init__(value, **options)
        self.content = content
        method, plain = next(own for base, own in _PLAIN.items() if isinstance(value, base))
        #: The number or text that it is.
        self.literal = ConstantVariable.create(plain(value))
        if on_class(type(value), method) is not plain:
            # torch asks the method of the class, also for its guard
            self._base_vt = self.literal
            content.of(plain).install()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        OPERATIONS.add_class(cls)

    def is_python_constant(self) -> bool:
        return True  # nothing of it is read yet

    def as_python_constant(self) -> Any:
        self.rely()
        return self.value

    def own(self, *names: str) -> str | None:
        """The first of the methods ``names`` that the class has in Python."""
        cls = self.python_type()
        return next((name for name in names if _is_function(on_class(cls, name))), None)

    def text(self, tx: Any, *methods: str) -> VariableTracker:
        """What the first of ``methods`` that the class has gives."""
        cls = type(self.value)
        for name in methods:
            if self.own(name):
                return self.call_method(tx, name, [], {})
            if not is_by_identity(cls, name):
                break
        function = repr if name == "__repr__" else str
        return BuiltinVariable(function).call_function(tx, [self.literal], {})  # type: ignore[no-any-return]

    def formatted(self, tx: Any, spec: VariableTracker) -> VariableTracker:
        """What ``format`` gives."""
        if self.own("__format__"):
            return self.call_method(tx, "__format__", [spec], {})
        if spec.is_constant_match(""):
            return self.text(tx, "__str__", "__repr__")
        return BuiltinVariable(format).call_function(tx, [self.literal, spec], {})  # type: ignore[no-any-return]

    def listed(self, tx: Any) -> VariableTracker | None:
        """What ``list(value)`` takes of it; None to leave it to torch, which asks for a length."""
        if not self.own("__iter__", "__getitem__"):
            return None
        return listed(self.unpack_var_sequence(tx))

    def nb_index_impl(self, tx: Any, *args: Any) -> VariableTracker:
        if isinstance(self.value, int):
            return self.literal  # Python does not ask ``__index__``
        return super().nb_index_impl(tx, *args)  # type: ignore[no-any-return]

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if self.own("__getattribute__"):
            self.content.install()  # what it reads past itself torch does not guard
        return super().tp_getattro_impl(tx, name)  # type: ignore[no-any-return]

    def as_proxy(self) -> Any:
        return self.literal.as_proxy()

    def rely(self) -> None:
        """Have guarded what the methods that torch may run now read of the value.

        It breaks the graph if the traced code has set one of these attributes.
        """
        tx: Any = InstructionTranslator.current_tx()
        cls = type(self.value)
        stored = getattr(self.value, "__dict__", {})
        read = names_read(cls, asked())  # type: ignore[arg-type]
        for name in sorted(stored if read & _ANY else read & stored.keys()):
            if tx.output.side_effects.has_pending_mutation_of_attr(self, name):
                what = f"{cls.__module__}.{cls.__qualname__}.{name}"
                refuse(what, "was set by this function, and a method that is not traced reads it")
            self.content.of_attribute(name).install()


@functools.lru_cache(maxsize=256)
def names_read(cls: type, intent: Intent) -> frozenset[str]:
    """The names in the methods of ``cls`` that torch runs where it asks for ``intent``."""
    return frozenset(_names_read(cls, _RUN.get(intent, _CONVERTING | _REFLECTED)))


def _names_read(cls: type, methods: frozenset[str]) -> Iterator[str]:
    for method in methods:
        function = on_class(cls, method)
        if isinstance(function, types.FunctionType):
            yield from names_in(cls, function)


def _is_function(held: Any) -> bool:
    return isinstance(held, types.FunctionType)


OPERATIONS = of_texts(LiteralRecordVariable)
