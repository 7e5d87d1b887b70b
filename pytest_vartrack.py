"""``pytest --vartrack-report``: what torch.compile did in a test session, and why.

This module is loaded by every pytest of an environment that vartrack is installed in, so it imports
neither torch nor vartrack before it is asked to.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

_OPTION = "vartrack_report"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--vartrack-report``."""
    parser.getgroup("vartrack").addoption(
        "--vartrack-report",
        dest=_OPTION,
        nargs="?",
        const="-",
        metavar="FILE",
        help="say at the end what torch.compile did: graphs, graph breaks, what was compiled again "
        "and why; into FILE as JSON if one is given",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin to look, if that is asked for."""
    if config.getoption(_OPTION, None):
        config.pluginmanager.register(_Report(config), "vartrack-report-running")


class _Report:
    """The report of one session; with pytest-xdist that of each worker is joined to it."""

    def __init__(self, config: pytest.Config) -> None:
        import vartrack

        self.config = config
        self.of_workers: list[Any] = []
        self._stack = contextlib.ExitStack()
        self.mine = self._stack.enter_context(vartrack.watch("the tests", values=False))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Stop looking; a worker hands over what it saw."""
        self._stack.close()
        output: dict[str, str] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_OPTION] = self.mine.to_json(None)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker saw."""
        import vartrack

        text = getattr(node, "workeroutput", {}).get(_OPTION)
        if text is not None:
            self.of_workers.append(vartrack.Explanation.from_json(text))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the report, or write it."""
        for other in self.of_workers:
            self.mine.add(other)
        where = self.config.getoption(_OPTION)
        if where != "-":
            try:
                Path(where).write_text(self.mine.to_json(), encoding="utf-8")
            except OSError as error:
                terminalreporter.write_line(f"vartrack: the report cannot be written: {error}")
            return
        terminalreporter.ensure_newline()
        terminalreporter.write_line(self.mine.text(min(terminalreporter._tw.fullwidth, 120)))
