"""Fixtures for all tests: those that vartrack offers to everybody; and what can be asked for."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import lacking
import pytest
import torch
from built_by_asking import nothing_built_by_asking
from given_up import nothing_given_up
from torch._dynamo import trace_rules
from unmeasured import without_measuring

import vartrack
from vartrack.compat import release

pytest_plugins = ["vartrack.testing"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--samples`` and ``--examples``, for sweeps that are too long for every day."""
    parser.addoption(
        "--samples",
        type=int,
        metavar="N",
        help="compare N of the inputs that torch's own tests have for each module in each mode, and "
        "for each operator, spread over all of them, instead of one or two; with 1000 that is all",
    )
    parser.addoption(
        "--examples",
        type=int,
        metavar="N",
        help="try N random programs over Python's data model, instead of the same few as every day; "
        "with -s the seed is printed by which they are found again",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is known not to work on the running torch must fail: see `lacking`."""
    known = lacking.reasons(release.minor(release.RUNNING))
    for item in items:
        if (reason := known.get(item.nodeid)) is not None:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


@pytest.fixture(autouse=True, scope="session")
def as_quick_as_can_be() -> Iterator[None]:
    """Compiles are not measured, and each of the processes that run tests keeps to one core.

    What was imported by now is not looked through at each collection: the objects of torch's
    modules are many more than those of a test.
    """
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()
    with without_measuring():
        yield


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "gives_up: torch may give up compiling a function")


@pytest.fixture(autouse=True)
def compiled_to_the_end(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test whose functions torch gives up cannot fail any more."""
    if request.node.get_closest_marker("gives_up") is not None:
        yield
        return
    with nothing_given_up():
        yield


@pytest.fixture(autouse=True)
def asks_by_type() -> Iterator[None]:
    """vartrack asks no lazy tracker by `isinstance`, which would build and guard it."""
    with nothing_built_by_asking():
        yield


@pytest.fixture(autouse=True)
def nothing_more_forbidden() -> Iterator[None]:
    """What a test has torch forbid in graphs, as a row of the categories does, is for that test."""
    forbidden = trace_rules._disallowed_callable_ids()
    before = frozenset(forbidden)
    yield
    forbidden &= before


@pytest.fixture
def fresh() -> Iterator[None]:
    """Nothing is compiled, before and after."""
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


@pytest.fixture
def as_before(fresh: None) -> Iterator[None]:
    """Afterwards nothing is installed, and the default registry is as it was before."""
    with vartrack.default.preserved():
        yield
        if vartrack.is_installed():
            vartrack.uninstall()
