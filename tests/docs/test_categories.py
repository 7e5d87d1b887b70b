"""docs/reference/categories.md shows both halves of every category, as the code has them."""

from __future__ import annotations

from pathlib import Path

import categories_page
import pytest

from vartrack import compat
from vartrack.visitors import STOCK

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "categories.md"


def test_the_table_has_a_row_for_every_visitor_that_exists_on_this_torch() -> None:
    """Nothing in the stock registry is left out of the table."""
    page = categories_page.page()
    for visitor in STOCK:
        assert (f"| `{visitor.__name__}` |" in page) == compat.runs_on(visitor.on_torch)


@pytest.mark.skipif(not compat.runs_on("==2.13.*"), reason="the page is made with torch 2.13")
def test_the_page_in_the_docs_is_what_the_code_says() -> None:
    """To renew it: python docs/make/categories_page.py > docs/reference/categories.md."""
    assert PAGE.read_text() == categories_page.page()
