"""A copy of the running torch with many changes, numbered as one to come: all are found."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from copied_torch import Copy

from vartrack import compat

NEXT = f"{compat.RUNNING.major}.{compat.RUNNING.minor}.99"

BUILDER, GUARDS = "variables/builder.py", "guards.py"
OPTIMIZER = "elif isinstance(value, torch.optim.Optimizer):\n"
SOURCELESS = "elif ConstantVariable.is_literal(value):\n            return ConstantVariable"
LOCAL = "class LocalSource(Source):\n    name_of_local"
STATIC = "\nassume_static_by_default = True"
ABOVE = "            self.install_guards(GuardBuilder.ID_MATCH)\n"


def changed(copy: Copy) -> Iterator[tuple[str, str, str]]:
    """Make each change, and say of what kind its finding is, and what it has to name and say."""
    copy.edit(
        BUILDER,
        OPTIMIZER,
        f"elif isinstance(value, torch.optim.Frobnicator):\n{ABOVE}"
        f"            return self.wrap_frobnicator(value)\n        {OPTIMIZER}",
    )
    yield "branch", "torch.optim.Frobnicator", "is new"

    copy.edit(BUILDER, OPTIMIZER, f"{OPTIMIZER}            self.frobnicate(value)\n")
    yield "branch", "isinstance(value, torch.optim.Optimizer)", "does something else"

    copy.edit(
        BUILDER,
        "elif isinstance(value, torch.Stream):\n",
        "elif isinstance(value, (torch.Stream, torch.Frobnicator)):\n",
    )
    yield "branch", "(torch.Stream, torch.Frobnicator)", "asks something else"

    copy.edit(BUILDER, "elif is_utils_checkpoint(value):\n", "elif False:\n")
    yield "branch", "False", "asks something else"

    first, second = _neighbours((copy.dynamo / BUILDER).read_text())
    copy.edit(BUILDER, first + second, second + first)
    yield "branch", "VariableBuilder._wrap", "is asked in another place"  # one of the two

    copy.edit(BUILDER, "def wrap_fx_proxy(", "def frobnicate():\n    pass\n\n\ndef wrap_fx_proxy(")
    yield "branch", "frobnicate", "is new"

    copy.rename("OptimizerVariable", "OptimiserVariable")
    yield "name", "OptimizerVariable", "has no OptimizerVariable"

    copy.rename("CONSTANT_MATCH", "VALUE_MATCH")
    yield "guard", "CONSTANT_MATCH", "no such guard"

    copy.edit(
        GUARDS,
        "def ID_MATCH(self, guard: Guard,",
        "def ID_MATCH(self, guard: Guard, frobnicate: int,",
    )
    yield "guard", "ID_MATCH with", "cannot be made alone"

    copy.edit(
        "source.py",
        "def is_constant_source(source: Source)",
        "def is_constant_source(source: Source, release: str)",
    )
    yield "signature", "is_constant_source", "release"

    copy.rename("create_graph_input", "make_graph_input")
    yield "protocol", "create_graph_input", "has none"

    copy.rename("get_specialized_props", "specialized_props")
    yield "face", "get_specialized_props", "has no get_specialized_props"

    copy.rename("as_python_constant", "as_literal")
    yield "name", "as_python_constant of trackers", "VariableTracker.as_python_constant, and is"

    copy.rename("specialize_float", "specialise_float")
    yield "name", "config.specialize_float", "has no specialize_float"

    copy.rename("specialize_symnode", "specialise_symnode")
    (copy.dynamo / "symnodes.py").write_text("def specialize_symnode(value): ...\n")
    yield "name", "utils:specialize_symnode", "torch/_dynamo/symnodes.py defines one"

    copy.edit(GUARDS, "skip: int = 0", "skip: int = 1")
    yield "signature", "guards:install_guard", "are skip=1; they were skip=0"

    copy.edit("source.py", "class LocalSource(Source):\n    local_name", LOCAL)
    yield "class", "LocalSource", "its fields are name_of_local, is_input"

    copy.edit(
        "variables/misc.py",
        "class DeletedVariable(VariableTracker)",
        "class DeletedVariable(SuperVariable)",
    )
    yield "class", "DeletedVariable", "from SuperVariable; it was from VariableTracker"

    copy.edit("config.py", STATIC, STATIC.replace("True", "False"))
    yield "setting", "config.assume_static_by_default", "it is False; it was True"

    copy.edit(
        BUILDER,
        SOURCELESS,
        f"elif isinstance(value, torch.Unsourced):\n            return None\n        {SOURCELESS}",
    )
    yield "branch", "SourcelessBuilder.create: isinstance(value, torch.Unsourced)", "is new"


def _neighbours(text: str) -> tuple[str, str]:
    """Two branches of the long chain that follow one another."""
    links = re.split(r"(?=^        elif )", text, flags=re.MULTILINE)
    at = next(n for n, one in enumerate(links) if "isinstance(value, torch.DispatchKeySet)" in one)
    return links[at], links[at + 1]


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[Any]]:
    """What the doctor says, and what was changed."""
    copy = Copy(tmp_path_factory.mktemp("next"), NEXT)
    changes = list(changed(copy))
    done = copy.doctor("--json")
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout), changes


def test_every_change_is_found(examined: tuple[dict[str, Any], list[Any]]) -> None:
    """Each by its kind and in its own words, where vartrack itself can no longer be imported."""
    found, changes = examined
    assert found["torch"] == NEXT and not found["known"] and not found["unread"]
    assert found["against"] == compat.RUNNING.public
    for kind, what, why in changes:
        assert any(
            one["kind"] == kind and what in one["what"] and why in one["why"]
            for one in found["drift"]
        ), (what, [(one["what"], one["why"]) for one in found["drift"] if one["kind"] == kind])
    assert len(changes) >= 10


def test_nothing_else_is_found(examined: tuple[dict[str, Any], list[Any]]) -> None:
    """Each finding is about something that was changed: a name, or what the builder does with it."""
    found, changes = examined
    texts = [what for _, what, _ in changes]
    texts += ["OptimiserVariable", "make_graph_input", "specialized_props", "VALUE_MATCH"]
    texts += ["as_python_constant", "install_guard"]
    known = {one.partition(" ")[0].rpartition(".")[2] for one in texts}
    others = [
        one
        for one in found["drift"]
        if one["kind"] != "branch" and not any(name in one["what"] for name in known)
    ]
    assert not others
