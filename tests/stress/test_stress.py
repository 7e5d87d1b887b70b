"""Small forms of what ``python -m stress`` runs for long."""

from __future__ import annotations

import multiprocessing

import pytest
from torch._dynamo.variables.lists import ListVariable

import vartrack
from stress import processes, rounds, threads
from stress.programs import PROGRAMS, Money

pytestmark = pytest.mark.usefixtures("fresh")


def test_threads_under_four_registries() -> None:
    found = threads.run(rounds=2, seconds=5)
    assert found.failures == []
    assert min(found.done[each] for each in ("compiled", "installed", "derived")) >= 5, found.done
    assert not vartrack.is_installed()


def test_a_wrong_answer_in_a_thread_would_be_seen() -> None:
    function = PROGRAMS[0].function
    with pytest.raises(AssertionError, match="of_money"):
        threads._call(lambda x, v: (x, True), function, Money(4))


def test_rounds_leave_torch_as_it_was_and_nothing_behind() -> None:
    found, alone = rounds.run(30), rounds.run(30, alone=True)
    assert found.changed == []
    classes, objects = found.growth
    assert classes <= 0
    assert objects <= 1.25 * alone.growth[1] + 25, (found.samples, alone.samples)


def test_what_stays_changed_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    own = vartrack.install

    def changing(registry: vartrack.Registry) -> None:
        monkeypatch.setattr(ListVariable, "of_the_test", object(), raising=False)
        own(registry)

    monkeypatch.setattr(vartrack, "install", changing)
    assert rounds.run(1).changed


@pytest.mark.parametrize("method", processes.METHODS)
def test_processes(method: str) -> None:
    found = processes.run(method, 2)
    assert found == [([float(n), float(n + 1)], method == "fork") for n in range(2)]


@pytest.mark.parametrize("method", processes.METHODS)
def test_an_error_in_a_process_comes_back(method: str) -> None:
    with multiprocessing.get_context(method).Pool(1) as pool, pytest.raises(vartrack.VartrackError):
        pool.map(processes.failing, [1])
