"""The JSON of an explanation: its schema, both ways, and what never gets into it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import explanation_page
import fastjsonschema
import pytest
import torch
from command_line import explain
from json_schema import schema

import vartrack
from vartrack.explanation import Explanation, explain_calls
from vartrack.explanation.report.as_json import SCHEMA

SECRET = "hunter2-and-more"
os.environ["VARTRACK_TEST_SECRET"] = SECRET
LONG = "long " * 100


class Settings:
    def __init__(self) -> None:
        self.mode = LONG
        self.token = SECRET
        self.answer = 1234567


def program(x: torch.Tensor, settings: Settings, names: dict[str, int]) -> torch.Tensor:
    if settings.mode.startswith("l") and settings.token != "":
        x = x * settings.answer
    if os.environ["VARTRACK_TEST_SECRET"] == SECRET:
        x = x + 1
    torch._dynamo.graph_break()
    return x + names["first"]


@pytest.fixture(scope="module")
def found() -> Explanation:
    """An explanation with something of everything in it."""
    calls = [((torch.ones(n), Settings(), {"first": n}), {}) for n in (3, 4, 5)]
    return explain_calls(program, calls, guard_seconds=1.0)


def test_it_is_as_the_schema_says(found: Explanation) -> None:
    check = fastjsonschema.compile(schema(Explanation))
    data = json.loads(found.to_json())
    check(data)
    assert data["schema"] == SCHEMA
    check(json.loads(found.to_json(redact=True)))
    del data["compiles"][0]["values"][0]["visitor"]
    with pytest.raises(fastjsonschema.JsonSchemaException):
        check(data)


def test_the_schema_and_the_page_in_the_docs_are_those_of_the_code() -> None:
    """To renew them: python docs/make/explanation_page.py."""
    assert (
        explanation_page.SCHEMA_FILE.read_text(encoding="utf-8") == explanation_page.schema_text()
    )
    assert explanation_page.PAGE.read_text(encoding="utf-8") == explanation_page.page()


def test_it_round_trips(found: Explanation) -> None:
    text = found.to_json()
    again = Explanation.from_json(text)
    assert again.to_json() == text
    assert again.graphs == found.graphs and again.ran == found.ran
    for one, other in zip(found.compiles, again.compiles, strict=True):
        assert [value.source for value, _ in one.walk()] == [v.source for v, _ in other.walk()]
    for form in ("summary", "full", "guards"):
        assert again.text(200, form).count("\n") == found.text(200, form).count("\n")
    assert vartrack.diff(again, Explanation.from_json(text))


def texts(part: Any) -> Any:
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for item in part:
            yield from texts(item)
    elif isinstance(part, dict):
        for item in part.values():
            yield from texts(item)


class Part:
    def __init__(self, n: int) -> None:
        self.n = n


PARTS = {Part(2): 3}


def over_parts(x: torch.Tensor, part: Any) -> Any:
    for key, item in PARTS.items():
        x = x * key.n * item
    return x + len(str(part)), isinstance(part, Part), hash(part)


def test_no_text_says_where_in_memory_something_is() -> None:
    """Objects have numbers, which are the same each time."""
    texts = []
    for _ in range(2):
        torch._dynamo.reset()
        calls = [((torch.ones(2), Part(n)), {}) for n in (2, 3)]
        found = explain_calls(over_parts, calls)
        codes = [code for _, guard in found.guards for code in guard.code]
        texts.append([re.sub(r"___\d+'", "'", code) for code in codes])  # torch counts dicts
        said = found.to_json() + found.text(form="full") + found.text(form="guards")
        assert not re.findall(r"0x[0-9a-f]{6,}|(?<![\d.])\d{12,}", said)
    assert any("_id(" in code for code in texts[0])
    assert texts[0] == texts[1]


def test_values_are_cut_to_80_characters(found: Explanation) -> None:
    assert LONG.strip() not in found.to_json()
    for compile in found.to_dict()["compiles"]:
        for guard in compile["guards"]:
            for code in guard["code"]:
                assert len(code.partition(" == ")[2]) <= 80
        for value in compile["values"]:
            assert len(value["shows"]) <= 80 or "." in value["shows"]


def test_values_of_the_environment_never_appear(found: Explanation) -> None:
    assert SECRET not in found.to_json()
    for form in ("summary", "full", "guards"):
        assert SECRET not in found.text(1000, form)


def test_redacted_it_has_no_values(found: Explanation) -> None:
    def told(value: str, data: Any) -> bool:
        return any(value in text for text in texts(data))

    assert told("1234567", found.to_dict()) and told("long long", found.to_dict())
    data = found.to_dict(redact=True)
    assert not told("1234567", data) and not told("long long", data)
    assert not any(value["shows"] for made in data["compiles"] for value in made["values"])
    assert data["compiles"][0]["values"][0]["visitor"] != ""
    assert Explanation.from_json(found.to_json(redact=True)).graphs == found.graphs


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "this is no JSON"),
        ("{", "this is no JSON"),
        ("[]", "not of an explanation"),
        ("{}", "not of an explanation"),
        ('{"schema": 1}', "layout 1"),
        (f'{{"schema": {SCHEMA}}}', "damaged: KeyError"),
    ],
)
def test_broken_json_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Explanation.from_json(text)


@pytest.mark.parametrize(
    ("key", "wrong"),
    [("values", "many"), ("compiles", 3), ("compiles", [3]), ("breaks", [{}]), ("target", None)],
)
def test_damaged_json_is_refused(found: Explanation, key: str, wrong: Any) -> None:
    data = found.to_dict()
    data[key] = wrong
    with pytest.raises(ValueError, match="damaged"):
        Explanation.from_json(json.dumps(data))


def test_on_the_command_line(tmp_path: Path, capsys: Any) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import torch\ndef add(x, k):\n    return x + k\n"
        "def target():\n    return add, (torch.ones(2), 7654321), {}\n"
    )
    out = tmp_path / "out.json"
    assert explain(program, "--json", "--output", out) == 0
    assert "7654321" in out.read_text() and capsys.readouterr().out == ""
    assert explain(program, "--json", "--redact", "--output", out) == 0
    assert "7654321" not in out.read_text()
    assert Explanation.load(out).target == str(program)
    assert explain(program, "--json", "--output", tmp_path / "nowhere" / "out.json") == 2
    assert "[VT425]" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".json") == [
        "out.json"
    ]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
