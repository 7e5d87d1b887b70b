"""docs/design/shape-policy.md says what the code does, and what the installed torch does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import shape_policy_page
from policy_state import ON_215, Asker, ask_about, inside_a_compile

from vartrack.shapes.dimension_facts import MARKS
from vartrack.shapes.shape_policy import RULES, Facts

PAGE = Path(__file__).parents[2] / "docs" / "design" / "shape-policy.md"


def test_the_page_in_the_docs_is_what_the_code_says() -> None:
    """To renew it: python docs/make/shape_policy_page.py > docs/design/shape-policy.md."""
    assert PAGE.read_text() == shape_policy_page.page()


def test_every_fact_is_in_the_page() -> None:
    """What the policy looks at is told, and stands alone in a cell."""
    assert list(shape_policy_page.LOOKED_AT) == list(Facts._fields)
    settings = {"automatic", "assume_static", "ignore_marks", "changed_kind"}
    default = Facts._field_defaults
    alone = [
        [name for name in Facts._fields if getattr(cell.facts, name) != default[name]]
        for cell in shape_policy_page.cells()
        if not cell.short
    ]
    facts = {names[0] for names in alone if len(names) == 1}
    assert facts == set(Facts._fields) - {"range", "is_nested_int"}  # these come with others
    assert set(MARKS) < set(Facts._fields) - settings
    assert set(RULES) - set(Facts._fields) == {"unchanged", "not assume_static"}


def cells_of_the_page() -> dict[tuple[str, str, bool], str]:
    """The page's cells, as they are written for the installed torch."""
    sections = PAGE.read_text().split("\n## ")
    found = {}
    for title, is_short in (("One thing said", False), ("Two things said", True)):
        (section,) = [each for each in sections if each.startswith(title)]
        lines = [line for line in section.splitlines() if line.startswith("|")]
        head, _, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
        names = [row[0].partition(" ")[2] if is_short else row[0] for row in rows]
        columns = names if is_short else head[1:]
        for name, row in zip(names, rows, strict=True):
            for column, cell in zip(columns, row[1:], strict=True):
                before, slash, since = cell.partition(" / ")
                found[name, column, is_short] = since if slash and ON_215 else before
    return found


def test_every_cell_is_what_torch_decides() -> None:
    """The words in the page against torch's own decision, made for each cell."""
    written = cells_of_the_page()
    held = []

    def ask(tx: Any) -> None:
        asker = Asker(tx)
        for facts, is_short, row, column in shape_policy_page.cells():
            if facts.listed_static and not ON_215:
                continue  # there is no such list to put it in
            write = shape_policy_page.short if is_short else shape_policy_page.told
            size, _, constraint, _ = ask_about(asker, facts)
            assert written.pop((row, column, is_short)) == write(size, constraint), (row, column)
            held.append(facts)

    inside_a_compile(ask)
    assert len(held) > 350
    left = {key for key, cell in written.items() if cell and "`static_sources`" not in key}
    assert not left
