"""`watch`: what Dynamo does in a whole program, as it runs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from vartrack.core.recording import recording
from vartrack.explanation.explanation import Explanation
from vartrack.explanation.report.assembling import assemble
from vartrack.explanation.report.tree_recording import TreeRecorder
from vartrack.explanation.running.observing import Observer, observing
from vartrack.session import active_registry

__all__ = ["watch"]


@contextlib.contextmanager
def watch(target: str = "the program", *, values: bool = True) -> Iterator[Explanation]:
    """Collect what is compiled while the block runs, in all threads, and why it was compiled again.

    The program runs as it would: on the registry in force, or on torch's own builder if there is
    none, with its own backends, and what was compiled before stays compiled. Compiling takes
    longer meanwhile; calls of what is compiled do not. Which calls used which compile is not
    counted.

    Args:
        target: what to call the program in the explanation.
        values: whether to write down what every value became. That takes vartrack's builder:
            `vartrack.install` or a ``vartrack.use`` block.

    Returns:
        For the ``with`` statement, the explanation. It is filled when the block ends, also if
        the block raises.

    .. versionadded:: 0.2
    """
    registry = active_registry()
    found = Explanation(target, "" if registry is None else registry.name)
    recorder = TreeRecorder()
    observer = recorder.observer = Observer(recorder.shown)
    began = time.perf_counter()
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(observing(observer, afresh=False))
            if values:
                stack.enter_context(recording(recorder, all_threads=True))
            yield found
    finally:
        found.run_seconds = time.perf_counter() - began
        assemble(found, recorder, observer)
