"""`Meter`: what a guard costs, measured by leaving it out.

The guards of a compile are checked as one tree in C++, which goes to each part of a value once, and
passes by modules and dicts that have not changed. So a guard has no time of its own: what it costs
is what the check gains when the tree is made without it. Groups of guards are left out first, and
those whose gain stands above the noise are split, down to single guards, while there is time.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo import config
from torch._guards import Guard

from vartrack.explanation.compiles.guards import GuardTime

if TYPE_CHECKING:
    from vartrack.explanation.compiles.seen import Seen

__all__ = ["Meter"]

#: Seconds that one reading takes, and how many are taken for one measurement: the least counts.
_READING, _READINGS = 0.002, 7
#: What torch writes into a guard when it makes its check.
_TOLD = ("code_list", "guard_types", "guarded_class_weakref", "obj_weakref")
#: A gain of so many times the noise stands above it.
_ABOVE = 2.0


class Meter:
    """Measures guards while there is time.

    Args:
        seconds: how long measuring may take, over all compiles.
    """

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def __call__(self, seen: Seen, manager: Any, scope: Any, builder: Any) -> None:
        """Measure the guards of a compile that has just been made."""
        if self.left <= 0:
            return
        began = time.perf_counter()
        try:
            _Tree(manager, scope, builder).measure(seen, began + self.left)
        except Exception:  # guards that cannot be made a second time: they are not measured
            pass
        finally:
            self.left -= time.perf_counter() - began


class _Tree:
    """The guards of one compile, which can be made again without some of them."""

    def __init__(self, manager: Any, scope: Any, builder: Any) -> None:
        self.scope = scope
        self.code = builder.f_code  # its variables go by their place in it
        self.maker = builder.check_fn_manager
        self.output = self.maker.output_graph
        self.sources = manager.diff_guard_sources
        self.guards = sorted(self.output.guards, key=Guard.sort_key)

    def made(self, guards: Sequence[Guard]) -> Any:
        """The check of ``guards``, a function of the values."""
        maker, before = self.maker, self.maker.guard_manager
        told = [{name: getattr(guard, name) for name in _TOLD} for guard in guards]
        # torch's own clears it once the guards are made
        maker.torch_function_mode_stack = self.output.torch_function_mode_stack
        try:
            for guard, was in zip(guards, told, strict=True):
                # a property may give another object each time, which torch refuses to guard again
                _tell(guard, dict.fromkeys(_TOLD))
                guard.code_list = list(was["code_list"] or ())
                guard.guard_types = list(was["guard_types"] or ())
            with torch._C.DisableTorchFunction():
                builder, manager = maker.build_guards(
                    list(guards), self.sources, self.code, self.output, False
                )
                maker.guard_manager = manager
                maker.compile_check_fn(builder, list(guards), None)
        finally:
            maker.guard_manager = before
            for guard, was in zip(guards, told, strict=True):
                _tell(guard, was)
        return manager.root.check

    def measure(self, seen: Seen, until: float) -> None:
        """Fill in the times of the guards of ``seen``."""
        whole = self.made(self.guards)
        with config.patch(guard_nn_modules_using_dict_tags=False):
            without_shortcut = self.made(self.guards)
        first = self._time(whole)
        everything = self._time(without_shortcut)
        again = self._time(whole)
        noise = max(abs(first - again), first * 0.002)
        base = min(first, again)
        rows = {id(g): row for g, row in zip(self.output.guards, seen.guards, strict=True)}
        number = itertools.count()
        # those that run Python code are dear as a rule, so they are asked one by one
        groups: list[tuple[float, int, list[Guard]]] = []
        for group in ([g] for g in self.guards if rows[id(g)].reads is not None):
            heapq.heappush(groups, (float("-inf"), next(number), group))
        heapq.heappush(groups, (0.0, next(number), self.guards))
        while groups and time.perf_counter() < until:
            _, _, group = heapq.heappop(groups)
            left = set(map(id, group))
            rest = [guard for guard in self.guards if id(guard) not in left]
            check = self.made(rest)
            gain = base - self._time(check)
            if gain > _ABOVE * noise and len(group) == 1:  # asked once more, the whole as well
                again = self._time(whole)
                base, noise = min(base, again), max(noise, abs(again - base))
                gain = min(gain, base - self._time(check))
            if gain <= _ABOVE * noise:
                for guard in group:
                    rows[id(guard)].measured = True
            elif len(group) == 1:
                row = rows[id(group[0])]
                row.measured, row.nanoseconds = True, gain
            else:
                middle = len(group) // 2
                for half in (group[:middle], group[middle:]):
                    heapq.heappush(groups, (-gain, next(number), half))
        seen.guard_time = GuardTime(base, noise, max(base, everything))

    def _time(self, check: Callable[[Any], bool]) -> float:
        """Nanoseconds of one check: the least of several readings."""
        clock, scope = time.perf_counter_ns, self.scope
        began = clock()
        check(scope)  # the first fills what torch's shortcut remembers
        check(scope)
        times = max(5, int(_READING * 2e9 / (clock() - began + 1)))
        readings = []
        for _ in range(_READINGS):
            began = clock()
            for _ in range(times):
                check(scope)
            readings.append((clock() - began) / times)
        return min(readings)


def _tell(guard: Guard, what: dict[str, Any]) -> None:
    for name, value in what.items():
        setattr(guard, name, value)
