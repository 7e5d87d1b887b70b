"""``pytest --vartrack-report`` and ``--vartrack-audit``: what torch.compile did in a test session.

This module is loaded by every pytest of an environment that vartrack is installed in, so it imports
neither torch nor vartrack before it is asked to.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_REPORT, _AUDIT = "--vartrack-report", "--vartrack-audit"
#: What stands for the terminal in place of a file.
_TERMINAL = "-"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("vartrack")
    for option, text in (
        (
            _REPORT,
            "say at the end what torch.compile did: graphs, graph breaks, what was compiled again "
            "and why; into FILE as JSON if one is given",
        ),
        (
            _AUDIT,
            "say at the end what compiled functions relied on without a guard, and which of it "
            "changed, so that answers may be old; into FILE as JSON if one is given",
        ),
    ):
        group.addoption(
            option, dest=_dest(option), nargs="?", const=_TERMINAL, metavar="FILE", help=text
        )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    """Have tests that are named after an option run, and not written over by its report."""
    for at, (option, following) in enumerate(itertools.pairwise([*args, "-"])):
        if option in (_REPORT, _AUDIT) and not following.endswith(".json"):
            args[at] = f"{option}={_TERMINAL}"
            early_config.known_args_namespace = parser.parse_known_args(
                args, namespace=copy.copy(early_config.option)
            )


def pytest_configure(config: pytest.Config) -> None:
    """Begin to look, if that is asked for."""
    for option, looking in ((_REPORT, _watch), (_AUDIT, _audit)):
        if config.getoption(_dest(option), None):
            plugin = _Report(config, option, _begun(option, looking))
            config.pluginmanager.register(plugin, f"{option[2:]}-running")


def _dest(option: str) -> str:
    return option[2:].replace("-", "_")


def _begun(
    option: str, looking: Callable[[], contextlib.AbstractContextManager[Any]]
) -> contextlib.AbstractContextManager[Any]:
    """What looks, for an option; on a torch that does not do, the reason in place of a trace."""
    from vartrack.errors import InstallError

    try:
        return looking()
    except InstallError as error:
        raise pytest.UsageError(f"{option}: {error}") from error


def _watch() -> contextlib.AbstractContextManager[Any]:
    import vartrack

    return vartrack.watch("the tests", values=False)


def _audit() -> contextlib.AbstractContextManager[Any]:
    import vartrack

    return vartrack.audit("the tests")


class _Report:
    """The report of one session; with pytest-xdist that of each worker is joined to it.

    Args:
        config: of the session.
        option: the one that asked for it, and has the name of the file.
        looking: a block that gives the report.
    """

    def __init__(
        self, config: pytest.Config, option: str, looking: contextlib.AbstractContextManager[Any]
    ) -> None:
        self.config = config
        self.option = option
        self.dest = _dest(option)
        self.of_workers: list[Any] = []
        self._stack = contextlib.ExitStack()
        self.mine = self._stack.enter_context(looking)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Stop looking; a worker hands over what it saw."""
        self._stack.close()
        output: dict[str, str] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[self.dest] = self.mine.to_json(None)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker saw."""
        text = getattr(node, "workeroutput", {}).get(self.dest)
        if text is not None:
            self.of_workers.append(type(self.mine).from_json(text))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the report, or write it."""
        for other in self.of_workers:
            self.mine.add(other)
        where = self.config.getoption(self.dest)
        if where != _TERMINAL:
            try:
                Path(where).write_text(self.mine.to_json(), encoding="utf-8")
            except OSError as error:
                terminalreporter.write_line(f"vartrack: the report cannot be written: {error}")
            return
        from vartrack.explanation.text import in_tests

        width, more = (
            min(terminalreporter._tw.fullwidth, 120),
            in_tests(self.option, type(self.mine)),
        )
        terminalreporter.ensure_newline()
        terminalreporter.write_line(self.mine.text(width, more=more))
