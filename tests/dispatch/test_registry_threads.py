"""Frozen registries, which compiles share, and changes of one registry by many threads."""

from __future__ import annotations

import threading

from making import a_visitor
from registries import Animal, a_registry, taker

from vartrack import Registry
from vartrack.errors import RegistrationError


def test_a_snapshot_lasts_until_something_changes() -> None:
    """Compiles share a snapshot, and with it the routes found so far, until a registration."""
    registry = a_registry(a_visitor(Animal))
    first = registry.frozen()
    assert registry.frozen() is first
    for change in (
        lambda: registry.register(a_visitor(int, name="Ints")),
        lambda: registry.register(a_visitor(int, when=lambda value: True)),
        lambda: registry.register(a_visitor("some.module:Name")),
        lambda: registry.dispatcher.add((str,), a_visitor(str)()),
        lambda: registry.unregister(type(registry.resolve(3, sourced=False))),
    ):
        change()
        second = registry.frozen()
        assert second is not first
        first = second


def test_registering_in_many_threads() -> None:
    """Nothing is lost, doubled or handed to two when threads register and unregister at once."""
    registry = Registry("r")
    classes = [type(f"T{number}", (), {}) for number in range(40)]
    refused: list[str] = []
    barrier = threading.Barrier(4)

    def work(mine: str) -> None:
        barrier.wait(10)
        for cls in classes:
            passing = registry.register(a_visitor(object, name="Passing", when=lambda value: False))
            try:
                registry.register(a_visitor(cls, name=mine))
            except RegistrationError:
                refused.append(mine)
            list(registry), registry.derive(), registry.explain_resolution(cls())
            registry.unregister(passing)

    threads = [threading.Thread(target=work, args=(f"of{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(registry) == len(classes)
    assert len(refused) == 3 * len(classes)
    assert all(taker(registry, cls()) is not None for cls in classes)
    serials = [entry.serial for entry in registry.entries()]
    assert len(set(serials)) == len(serials)
