"""The JSON of an explanation: its schema, and a page of all its keys, made from the docstrings.

python docs/make/explanation_page.py writes both: docs/reference/explanation.schema.json and
docs/reference/explanation-json.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from json_schema import schema

from vartrack.explanation import Explanation
from vartrack.explanation.report.as_json import SCHEMA, TOTALS

__all__ = ["PAGE", "SCHEMA_FILE", "page", "schema_text"]

_REFERENCE = Path(__file__).parents[1] / "reference"
PAGE = _REFERENCE / "explanation-json.md"
SCHEMA_FILE = _REFERENCE / "explanation.schema.json"

_totals = ", ".join(f"`{name}`" for name in TOTALS)
_HEAD = f"""\
# The JSON of an explanation

`python -m vartrack explain --json` and `Explanation.to_json` write it, `Explanation.from_json` and
`Explanation.load` read it back. This is layout {SCHEMA}: the key `schema` has the number, which is
raised if a key changes its meaning or goes; new keys may come without. The JSON schema is in
{{download}}`explanation.schema.json`. Both are made from the docstrings, by
`python docs/make/explanation_page.py`, and tests hold them against what is written.

- A text that is not known is `""`, a number that was not measured is `null`.
- A source is Python text as Dynamo has it: `L['x']` is the argument or variable `x`, `G['x']` a
  global.
- A value of the program, where one is shown, is cut to 80 characters. `--redact`, or
  `to_json(redact=True)`, leaves values out: `shows`, `before`, `after`, `why`, `check`, `code`, and
  all but the first line of a reason. Sources stay, and with them the keys of dicts; so do the
  lines of the program. Values of the environment (`os.environ`) are never written.
- `totals` is worked out from the rest, for those who read only that: {_totals}.
"""


def schema_text() -> str:
    """The schema, as text."""
    return json.dumps(schema(Explanation), indent=2) + "\n"


def page() -> str:
    """The page, as Markdown."""
    return _HEAD + "".join(_tables(schema(Explanation), "The explanation"))


def _tables(part: dict[str, Any], title: str) -> Iterator[str]:
    """A table of the keys of ``part``, then one for each of the objects in it."""
    inner: list[tuple[dict[str, Any], str]] = []
    yield f"\n## {title}\n\n| key | type | what it holds |\n|---|---|---|\n"
    for name, held in part["properties"].items():
        if name in ("schema", "totals"):
            continue
        kind, of = _kind(held)
        if of is not None:
            above = "" if title == "The explanation" else title
            inner.append((of, f"{above}.{name}".lstrip(".")))
        yield f"| `{name}` | {kind} | {held['description']} |\n"
    seen: set[str] = set()
    for of, name in inner:
        if name not in seen:
            seen.add(name)
            yield from _tables(of, name)


def _kind(held: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """The type in words, and the object it is or holds, if any."""
    if "anyOf" in held:
        kind, of = _kind(held["anyOf"][0])
        return f"{kind} or null", of
    if held.get("type") == "array":
        kind, of = _kind(held["items"])
        return f"list of {kind}s", of
    if "properties" in held:
        return "object", held
    kinds = held["type"] if isinstance(held["type"], list) else [held["type"]]
    return " or ".join(kinds), None


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
