"""What is taken out of a dict, or missing there, under thrift: never worse than on torch alone."""

from __future__ import annotations

from typing import Any

import pytest
from beside_torch import outcome
from thrift_values import SOUND, THRIFT

pytestmark = pytest.mark.usefixtures("fresh")

TABLES: tuple[dict[str, Any], ...] = (
    *({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 5}, {}, {"a": 1, "b": 2, "c": 3}, {"c": 1}),
    {"b": 7, "a": 2.5},
)
USES = (
    *("d.pop('a') and d", "d.pop('a', None)", "d.pop('z', 3)", "(d.popitem(), d)", "d['a']"),
    *("d['a'] + 1", "d.__getitem__('a')", "[d.setdefault('n', 1), d.pop('n'), d]", "dict(**d)"),
    *("(lambda **named: named)(**d)", "{'q': 1, **d}", "f'{d[\"a\"]}'", "d.pop('a') is d.get('a')"),
)


def _used(text: str) -> Any:
    scope: dict[str, Any] = {}
    exec(
        f"def use(x, d):\n  try:\n    return {text}, d\n  except KeyError as error:\n"
        "    return type(error).__name__, d",
        scope,
    )
    return scope["use"]


@pytest.mark.parametrize("text", USES)
def test_a_dict_that_something_is_taken_of_is_as_in_python(text: str) -> None:
    use = _used(text)

    def values() -> Any:
        return tuple(dict(table) for table in TABLES)

    for registry in (THRIFT, SOUND):
        found = outcome(registry, use, values, "attribute", fullgraph=False)
        assert found.status == "right", (registry.name, found)
