"""The page on how vartrack is built has every room, and every module of the rooms it goes into."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

import vartrack

ROOT = Path(__file__).parents[2]
PACKAGE = Path(vartrack.__file__).parent
PAGE = (ROOT / "docs" / "design" / "architecture.md").read_text(encoding="utf-8")
#: By its heading, each part of the page that describes the modules of one room.
ROOMS = dict(re.findall(r"^### `(\w+)`\n(.+?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL))


def named(table: str) -> list[str]:
    """What the first column of a table names, in its order."""
    rows = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`(\w+)/?`", row)]


def modules(folder: Path) -> set[str]:
    """The modules and packages in a folder."""
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    return files | {path.parent.name for path in folder.glob("*/__init__.py")}


def test_the_rooms_are_those_of_the_contract_in_its_order() -> None:
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter", encoding="utf-8")
    layers = contract["importlinter:contract:rooms"]["layers"].split("\n")[::-1]
    place = {room: number for number, layer in enumerate(layers) for room in layer.split(" : ")}
    table = PAGE.partition("## The rooms")[2].partition("###")[0]
    rooms = named(table)
    assert sorted(rooms) == sorted(room for room in place if room)
    assert rooms == sorted(rooms, key=place.__getitem__)
    assert ROOMS and ROOMS.keys() < set(rooms)


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_of_a_room_is_described(room: str) -> None:
    names = named(ROOMS[room])
    assert sorted(names) == sorted(modules(PACKAGE / room))
