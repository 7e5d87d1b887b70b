"""The registry that a check runs on, and the visitor that takes a value there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from vartrack.core.visitor import Visitor
from vartrack.defaults import stock
from vartrack.dispatch.registry import Registry
from vartrack.installation import use
from vartrack.testing.wording import told_of
from vartrack.trials.running import forgetting

__all__ = ["Subject", "isolated_registry", "registry_of", "taker"]

Subject = type[Visitor] | Iterable[type[Visitor]] | Registry


@pytest.fixture
def isolated_registry(request: pytest.FixtureRequest) -> Iterator[Registry]:
    """A registry for this test, with what ships with vartrack, in force while the test runs.

    Nothing that was compiled before counts in the test, and nothing is left of it.

    .. versionadded:: 0.1
    """
    registry = stock.derive(f"of {request.node.name}")
    with forgetting(), use(registry):
        yield registry


def registry_of(subject: Subject) -> tuple[Registry, tuple[type[Visitor], ...]]:
    """The registry to run on, and the visitors that must take the values, if any will do none."""
    if isinstance(subject, Registry):
        return subject, ()
    visitors = (subject,) if isinstance(subject, type) else tuple(subject)
    registry = stock.derive("of a check")
    for visitor in visitors:
        registry.register(visitor, override=True)
    return registry, visitors


def taker(
    registry: Registry, visitors: tuple[type[Visitor], ...], value: Any, sourced: bool = True
) -> Visitor | None:
    """The visitor that takes ``value``.

    Raises:
        AssertionError: it is none of ``visitors``.
    """
    found = registry.resolve(value, sourced=sourced)
    if visitors and type(found) not in visitors:
        wanted = " or ".join(visitor.__name__ for visitor in visitors)
        raise AssertionError(
            f"{wanted} does not take {told_of(value)}:\n"
            f"{registry.explain_resolution(value, sourced=sourced)}"
        )
    return found
