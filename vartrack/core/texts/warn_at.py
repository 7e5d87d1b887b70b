"""`warn_at`: a warning in the name of a line that is not vartrack's."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vartrack.errors import VartrackWarning

__all__ = ["warn_at"]


def warn_at(warning: VartrackWarning, file: str, line: int) -> None:
    """Give ``warning``, so that filters and whoever reads it see ``file`` and ``line``."""
    # the warning brings its category
    warnings.warn_explicit(warning, None, file, line)  # type: ignore[arg-type]
