"""The visitors of the stock registry, family by family: the table of contents of torch's values.

To find where a type is handled, look for its family below, or ask
``vartrack.stock.explain_resolution(value)``. To add a category, write a visitor in the file of
its family, and give it a line in `vartrack.visitors.order` unless it is of exact types.
"""

from __future__ import annotations

from types import ModuleType

from vartrack.core.visitor import Visitor
from vartrack.visitors import (
    arrays,
    autograd,
    callables,
    classes,
    contexts,
    descriptors,
    distributed,
    enums,
    functions,
    iterators,
    kernels,
    known_functions,
    known_objects,
    literals,
    loggers,
    mappings,
    methods,
    modules,
    objects,
    opaque,
    operators,
    python_modules,
    random_generators,
    results,
    sequences,
    sets,
    streams,
    symbols,
    tensors,
    trackers,
    typing_objects,
    user_mappings,
    user_sequences,
    wrapped_functions,
)

__all__ = ["FAMILIES", "STOCK"]


def _visitors(*files: ModuleType) -> tuple[type[Visitor], ...]:
    """The visitors of ``files``, in the order they stand there."""
    return tuple(
        each
        for file in files
        for each in vars(file).values()
        if isinstance(each, type)
        and issubclass(each, Visitor)
        and each.__module__ == file.__name__
        and not each.abstract
    )


#: The families, and the visitors of each.
FAMILIES: dict[str, tuple[type[Visitor], ...]] = {
    "literals": _visitors(literals),
    "sequences": _visitors(sequences, user_sequences),
    "mappings": _visitors(mappings, user_mappings),
    "sets": _visitors(sets),
    "iterators, ranges and slices": _visitors(iterators),
    "tensors and arrays": _visitors(tensors, arrays),
    "symbolic numbers": _visitors(symbols),
    "nn modules": _visitors(modules),
    "functions": _visitors(
        known_functions, callables, functions, wrapped_functions, methods, descriptors, loggers
    ),
    "operators and kernels": _visitors(operators, kernels),
    "classes": _visitors(classes, typing_objects),
    "objects": _visitors(objects, known_objects, opaque, distributed, trackers),
    "enums": _visitors(enums),
    "random generators": _visitors(random_generators),
    "context managers, streams and events": _visitors(contexts, streams),
    "autograd": _visitors(autograd),
    "modules of Python": _visitors(python_modules),
    "results of traced operations": _visitors(results),
}

#: Every visitor of the stock registry.
STOCK: tuple[type[Visitor], ...] = tuple(
    visitor for visitors in FAMILIES.values() for visitor in visitors
)
