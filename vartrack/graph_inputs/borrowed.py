"""What of torch's own builder is still used to make graph inputs: nothing."""

from __future__ import annotations

__all__ = ["BORROWED", "BORROWED_HELPERS"]

#: Methods of torch's own ``VariableBuilder`` that are called.
BORROWED: tuple[str, ...] = ()
#: Functions of its module that are called.
BORROWED_HELPERS: tuple[str, ...] = ()
