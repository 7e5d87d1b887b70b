"""Every type is handled by the visitors that handled it before, asked in the same order."""

from __future__ import annotations

import collections
import json

from kept_routes import FILE, routes


def by_type(found: dict[str, dict[str, list[str]]]) -> dict[tuple[str, str], list[str]]:
    """The routes of each half and type; examples made by a function share a name."""
    turned = collections.defaultdict(list)
    for half, by_route in found.items():
        for route, types in sorted(by_route.items()):
            for cls in types:
                turned[half, cls].append(route)
    return turned


def test_the_routes_are_those_that_were_kept() -> None:
    """Of all types of rows, made rows, order rules and public objects, in each half."""
    kept, now = by_type(json.loads(FILE.read_text())), by_type(routes())
    met = kept.keys() & now.keys()  # another Python has other public objects
    assert len(met) > 0.9 * len(kept) > 2000
    different = {key: (kept[key], now[key]) for key in met if kept[key] != now[key]}
    assert not different, list(different.items())[:10]
