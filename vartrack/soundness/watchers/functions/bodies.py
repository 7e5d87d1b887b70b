"""Bodies: the functions whose code is traced where torch does not guard it."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch._dynamo import config
from torch._dynamo.eval_frame import skip_code
from torch._dynamo.exc import unimplemented
from torch._dynamo.guards import GuardBuilder
from torch._dynamo.source import AttrSource
from torch._dynamo.symbolic_convert import InliningInstructionTranslator
from torch._dynamo.variables import functions
from torch._dynamo.variables.functions import NestedUserFunctionVariable, UserFunctionVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.compat.shared import guards_on
from vartrack.soundness.facts.sourced import Holds, name_of
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.reading.packages import is_of_user

__all__ = ["WATCHERS"]


def _is_passed_by(source: Any) -> bool:
    """Whether torch may pass guards there by: of what a module holds, while that is the same."""
    return bool(source.guard_source.is_unspecialized_nn_module())


def _traced(ledger: Ledger, parent: Any, func: Any, *_: Any, **__: Any) -> None:
    if isinstance(getattr(func, "vt", func), NestedUserFunctionVariable):  # a generator's too
        return  # it was made while tracing, of what was traced
    try:
        function = func.get_function()
    except NotImplementedError:
        return
    if is_of_user(function):
        source = func.get_source()
        if source is None or _is_passed_by(source) or not _is_guarded(ledger, func):
            ledger.bodies.traced(function, with_cells=source is None)
        if ledger.guards and "__builtins__" not in function.__globals__:
            skip_code(function.__code__)  # by itself it passes for any with its code
            unimplemented(
                gb_type="vartrack: globals without builtins",
                context=f"{function.__module__}.{function.__qualname__}",
                explanation=f"The globals of {function.__qualname__} have no `__builtins__`, where "
                "torch looks for the names of Python.",
                hints=["Make the function by `def`, or put `__builtins__` into its globals."],
            )
        if type(func) is UserFunctionVariable:
            _in_its_globals(ledger, function, func.source)


def _is_guarded(ledger: Ledger, func: Any) -> bool:
    """Whether a guard of torch's says which code it has; the forward of a module has none."""
    if type(func) is not UserFunctionVariable:
        return False
    standing = guards_on(ledger.output().guards, func.source)
    return any(guard.inner_create_fn() is GuardBuilder.CLOSURE_MATCH for guard in standing)


def _in_its_globals(ledger: Ledger, function: FunctionType, source: Any) -> None:
    """torch takes functions of the same code for one another, whatever their globals are."""
    name = name_of(source)
    # what a class or a module of Python gives is the same function again, or noticed elsewhere
    elsewhere = name is None or "type(" in name or "['__import_" in name
    if not elsewhere and function.__code__.co_names:
        text = f"the globals of {name}"
        ledger.sourced.rely("bodies", name, text, [source], _same_globals)


def _same_globals(function: Any) -> Holds | None:
    own = getattr(function, "__globals__", None)
    return None if own is None else lambda function: function.__globals__ is own


def _with_source(
    ledger: Ledger,
    own: Any,
    tracker: Any,
    tx: Any,
    name: str,
    attr: Any,
    source: Any = None,
    **__: Any,
) -> Any:
    """torch leaves the source of some special methods out, and with it all guards behind it."""
    if source is None and tracker.source is not None:
        source = AttrSource(tracker.source, name)
    return own(tracker, tx, name, attr, source)


def _with_defaults(ledger: Ledger, own: Any, *args: Any, **kwargs: Any) -> Any:
    """A default that is a literal has a guard too; up to 2.11 torch leaves it out by a setting."""
    if not config.skip_guards_on_constant_func_defaults:
        return own(*args, **kwargs)
    with config.patch(skip_guards_on_constant_func_defaults=False):
        return own(*args, **kwargs)


WATCHERS: tuple[Watcher, ...] = (
    Watcher(functions, "bind_args_cached", "bodies", instead=_with_defaults),
    Watcher(UserDefinedObjectVariable, "resolve_type_attr", "classes", instead=_with_source),
    Watcher(InliningInstructionTranslator, "build_inline_tracer", "bodies", _traced),
)
