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
PARTS = dict(re.findall(r"^### `([\w/]+)`\n(.+?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL))
#: Those that are divided into rooms again, which have contracts of their own.
FOLDERS = [part for part in PARTS if "/" in part]
ROOMS = {part: text for part, text in PARTS.items() if part not in FOLDERS}


def named(table: str) -> list[str]:
    """What the first column of a table names, in its order."""
    rows = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`(\w+)/?`", row)]


def modules(folder: Path) -> set[str]:
    """The modules and packages in a folder."""
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    return files | {path.parent.name for path in folder.glob("*/__init__.py")}


def layers(contract: str) -> dict[str, int]:
    """The rooms of a contract, each with its place from below."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    lines = contracts[f"importlinter:contract:{contract}"]["layers"].split("\n")[::-1]
    return {room: n for n, line in enumerate(lines) for room in re.split(" [:|] ", line) if room}


#: Rooms with rooms in them whose modules the page names as well.
DIVIDED = ["soundness", "explanation"]


def test_the_rooms_are_those_of_the_contract_in_its_order() -> None:
    place = layers("rooms")
    rooms = named(PAGE.partition("## The rooms")[2].partition("###")[0])
    assert sorted(rooms) == sorted(place)
    assert rooms == sorted(rooms, key=place.__getitem__)
    assert ROOMS and ROOMS.keys() < set(rooms)


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_of_a_room_is_described(room: str) -> None:
    names = named(ROOMS[room])
    assert sorted(names) == sorted(modules(PACKAGE / room))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_module_of_a_folder_is_in_a_room(folder: str) -> None:
    rows = re.findall(r"^\| `(\w+)/` \| .+ \| (.+) \|$", PARTS[folder], re.MULTILINE)
    place = layers(folder.rpartition("/")[2])
    assert [room for room, _ in rows] == sorted(dict(rows), key=place.__getitem__)
    assert {*dict(rows)} == {*place} - {"all"}
    assert {*dict(rows), "all"} >= modules(PACKAGE / folder)
    for room, names in rows:
        found = re.findall(r"`(\w+)`", names)
        assert sorted(found) == sorted(modules(PACKAGE / folder / room))
        assert 3 <= len(found) <= 14


@pytest.mark.parametrize("room", DIVIDED)
def test_every_module_of_a_divided_room_is_described(room: str) -> None:
    rows = re.findall(r"^\| `(\w+)/?` \| .+ \| (.*?) ?\|$", ROOMS[room], re.MULTILINE)
    place = layers(room)
    assert {*dict(rows)} == {*place}
    assert [inner for inner, _ in rows] == sorted(dict(rows), key=place.__getitem__)
    for inner, names in rows:
        found = re.findall(r"`(\w+)`", names)
        if f"{room}/{inner}" not in FOLDERS:
            assert sorted(found) == sorted(modules(PACKAGE / room / inner))
            assert not found or 3 <= len(found) <= 14
