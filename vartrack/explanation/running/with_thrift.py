"""`WithThrift`: whether a recompile would be made with the set `thrift` as well; it is tried.

What torch compiles is traced once more with that set, and the guards of it are kept. If they hold
where torch compiles again, the set takes that recompile away.
"""

from __future__ import annotations

import contextlib
import inspect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from types import CodeType
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo import guards, pgo, utils
from torch._dynamo.convert_frame import ConvertFrameBox
from torch._dynamo.hooks import Hooks
from torch._guards import CompileContext

from vartrack.core.recording import recording
from vartrack.core.user_code.interrupts import INTERRUPTS
from vartrack.core.wrapping.replacing import replaced
from vartrack.errors import RegistrationError
from vartrack.installation import use

if TYPE_CHECKING:
    from vartrack.dispatch.registry import Registry

__all__ = ["WithThrift"]


class WithThrift:
    """What the set would have compiled, of what is compiled on a registry without it.

    Args:
        registry: what is compiled on.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = _with_thrift(registry)
        self._numbers: Any = defaultdict(pgo.CodeState)  # what was seen to change
        self._states: dict[CodeType, dict[str, Any]] = {}
        #: What was compiled of each code, with its guards; None once it could not be compiled. What
        #: the guards look at in the globals goes when that goes.
        self._compiled: dict[CodeType, list[Any] | None] = {}

    def spares(self, frame: Any) -> bool | None:
        """Whether what was compiled with the set does for a call; None if that is not known."""
        known = self._compiled.get(frame.f_code)
        if not known:
            return None
        return any(each.guard_manager.check(frame.f_locals) for each in known)

    def compile(
        self, own: Callable[..., Any], code: CodeType, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> list[str] | None:
        """Compile with the set what ``own(code, *args, **kwargs)`` has just compiled, if need be.

        Args:
            own: torch's function that compiles.
            code: what it is called with.
            args: the same.
            kwargs: the same.

        Returns:
            What its guards check; None if it was not compiled.
        """
        known = self._compiled.setdefault(code, [])
        given = inspect.signature(own).bind(code, *args, **kwargs)
        if self._registry is None or known is None or self.spares(given.arguments["frame"]):
            return None
        self._compiled[code] = None
        given.arguments.update(
            compiler_fn=_backend,
            hooks=Hooks(),
            frame_state=self._states.setdefault(code, {}),
            convert_frame_box=ConvertFrameBox(),
        )
        of_shapes: list[str] = []

        def note(manager: Any, scope: Any, builder: Any) -> None:
            context: Any = CompileContext.get()
            of_shapes[:] = context.shape_env_guards

        try:
            with _unseen(note), replaced(pgo, "_CODE_STATE", self._numbers), use(self._registry):
                compiled = own(*given.args, **given.kwargs).guarded_code
        except INTERRUPTS:
            raise
        except Exception:
            return None  # nothing is known of it then
        if compiled is None:
            return None
        self._compiled[code] = [*known, compiled]
        return [*compiled.guard_manager.code_parts, *of_shapes]


def _with_thrift(registry: Registry) -> Registry | None:
    from vartrack.extras import thrift  # not imported before somebody looks

    if thrift.is_in(registry):
        return None
    derived = registry.derive(f"{registry.name} with thrift")
    try:
        thrift.register(derived)
    except RegistrationError:
        return None
    return derived


def _backend(graph: torch.fx.GraphModule, _: Any) -> Callable[..., Any]:
    run: Callable[..., Any] = graph.forward
    return run


@contextlib.contextmanager
def _unseen(note: Callable[[Any, Any, Any], None]) -> Iterator[None]:
    """Nothing of a compile in the block is counted or written down.

    Args:
        note: what is told of its guards, with torch's manager, the values and torch's builder.
    """
    counted = {name: dict(counts) for name, counts in utils.counters.items()}
    reasons = utils.counters["unimplemented"]
    utils.counters["unimplemented"] = Counter()
    before = len(utils.graph_break_reasons)
    try:
        with recording(), replaced(guards, "guard_manager_testing_hook_fn", note):
            yield
    finally:
        del utils.graph_break_reasons[before:]
        utils.counters["unimplemented"] = reasons
        for name, counts in utils.counters.items():
            if counts is not reasons:
                dict.clear(counts)
                dict.update(counts, counted.get(name, {}))
