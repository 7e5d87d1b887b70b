"""``vartrack explain`` in this process."""

from __future__ import annotations

import json
from typing import Any

from vartrack.__main__ import main

__all__ = ["explain", "explained"]


def explain(*args: object) -> int:
    """The exit status of ``vartrack explain`` with ``args``."""
    return main(["explain", *map(str, args)])


def explained(capsys: Any, *args: object) -> dict[str, Any]:
    """What ``vartrack explain --json`` prints."""
    assert explain("--json", *args) == 0
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    return data
