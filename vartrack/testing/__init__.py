"""For tests of visitors: a registry for the test alone, and checks of what every visitor promises.

Have pytest know the fixture with ``pytest_plugins = ["vartrack.testing"]`` in ``conftest.py``. The
checks are plain functions that raise `AssertionError`.
"""

from __future__ import annotations

from vartrack.testing.guards import check_guards
from vartrack.testing.halves import check_halves_agree
from vartrack.testing.places import PLACES
from vartrack.testing.registries import isolated_registry

__all__ = ["PLACES", "check_guards", "check_halves_agree", "isolated_registry"]
