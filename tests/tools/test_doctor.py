"""The doctor finds what drifted in torch, names who needs it, and says nothing where nothing did."""

from __future__ import annotations

import ast
import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch._dynamo
from packaging.version import Version
from torch._dynamo.guards import GuardBuilder
from torch._dynamo.output_graph import OutputGraph
from torch._dynamo.variables import builder, optimizer
from torch._dynamo.variables.lists import ListVariable

import vartrack
from vartrack import compat
from vartrack.__main__ import main
from vartrack.compat import release
from vartrack.doctor import (
    attributes,
    branches,
    changes,
    evidence,
    names,
    protocols,
    settings,
)
from vartrack.doctor.examination import examine, record
from vartrack.doctor.own_code import modules
from vartrack.errors import InstallError
from vartrack.soundness.hooks.hooking import Watcher
from vartrack.soundness.noting.ledger import Ledger
from vartrack.soundness.watchers.all import WATCHERS

BUILDER = Path(str(builder.__file__))
ROOT = Path(__file__).parents[2]
RUNNING = compat.RUNNING


def test_nothing_drifted_on_a_known_release() -> None:
    """The evidence of this release is that of this very torch, and of vartrack as it is now: the
    file is written anew by ``python -m vartrack doctor --record``."""
    found = examine()
    assert found.known and found.same_files and found.against == RUNNING.public
    assert found.passed, [str(one) for one in found.drift]
    assert found.to_dict()["drift"] == []


def test_nothing_is_collected_while_sources_are_read() -> None:
    """All of them are kept; going through them again and again took more than half of the time."""
    collects: dict[str, bool] = {}
    examine(tell=lambda text: collects.update({text: gc.isenabled()}))
    assert not collects["names"] and not collects["what is told as a text"]
    assert collects["branches"] and gc.isenabled()


def test_the_evidence_is_of_vartrack_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What vartrack looks for since is in it, and nothing that it looks for no more."""
    written = evidence.path_of(RUNNING.public).read_text()
    monkeypatch.setattr(evidence, "FOLDER", tmp_path)
    assert record().read_text() == written


def test_what_is_watched_and_is_gone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a method of torch's that was renamed: `vartrack.sound` notes nothing there."""
    old = Watcher(ListVariable, "call_list", "classes", Ledger.finish, needed=False)
    monkeypatch.setattr(WATCHERS, "watchers", (*WATCHERS.watchers, old))
    base = evidence.read(RUNNING.public)
    assert base is not None and examine().passed
    base.found["ListVariable.call_list"] = "_dynamo.variables.lists:ListVariable.call_list"
    monkeypatch.setattr(evidence, "nearest", lambda *_: base)
    (drift,) = examine().drift
    assert drift.what == "ListVariable.call_list" and "is nowhere" in drift.why
    assert drift.places[0].file == "vartrack/soundness/noting/ledger.py"


#: The attributes of torch's objects that not every release has, and why they may be read there.
SOMEWHERE = {
    **dict.fromkeys(
        ("_named_args", "_params", "_varargs", "_varkw", "is_varargs", "is_varkw"),
        "of shape specifications, which came with them",
    ),
    **dict.fromkeys(
        ("is_device_mesh", "is_placement", "is_placement_type", "is_process_group"),
        "of classes that `compat` finds where visitors ask them",
    ),
    **dict.fromkeys(
        ("codegen", "suffixes"), "of what a function is given that is there since 2.14"
    ),
    "_transfer_foreign_expr_as_unbacked": "asked for with a default",
    "_type_guard_installed": "read if torch has the method that sets it",
    "excluded_scalar": "set by what only these releases call",
    **dict.fromkeys(("debug", "errors", "tb_next"), "Python's; torch has a name like it"),
    "generic_getattr": "asked for by `hasattr`",
    **dict.fromkeys(
        ("descriptor", "is_supported_builtin_method", "item_dict"), "of classes that `compat` finds"
    ),
    "named_modules": "of modules, on all releases; Dynamo has a method of that name since 2.14",
    "real_obj": "of the example of an opaque value, which is another up to 2.11",
}


def test_attributes_of_torch_are_there_on_every_release_or_asked_for() -> None:
    """An attribute that was renamed is read through `compat`: elsewhere it fails on some release,
    and only where the program comes that way. A new name needs ``doctor --record`` on all."""
    found = {name.removeprefix(".") for name, where, _ in attributes.check_attributes() if where}
    known = [evidence.read(one) for one in compat.KNOWN]
    everywhere = set.intersection(*({*one.found} for one in known if one is not None))
    assert len(found) > 150
    assert {name for name in found if f".{name}" not in everywhere} <= SOMEWHERE.keys()
    anywhere = set.union(*({*one.found} for one in known if one is not None)) - everywhere
    assert {name for name in anywhere if name[0] == "."} == {f".{name}" for name in SOMEWHERE}


def test_there_is_evidence_of_every_known_release() -> None:
    """One file each, with all that is compared; none holds a line of torch."""
    assert {evidence.path_of(one).name for one in compat.KNOWN} == {
        file.name for file in evidence.FOLDER.iterdir() if file.suffix == ".json"
    }
    for one in compat.KNOWN:
        read = evidence.read(one)
        assert read is not None and read.release == one
        assert len(read.files) > 100 and len(read.branches) > 300 and read.found
        assert all(not branch.text and not branch.line for branch in read.branches)


def test_a_release_that_is_not_known_is_held_against_its_neighbour() -> None:
    """What the neighbour does not have is found, each thing with why; what cannot be found in any
    release is no drift."""
    found = examine(without=[RUNNING.public])
    assert not found.known and not found.same_files
    assert Version(found.against) != Version(RUNNING.public)
    assert found.drift and not found.passed
    assert {one.kind for one in found.drift} <= {
        *("name", "signature", "guard", "hook", "protocol", "face"),
        *("class", "setting", "branch"),
    }


# what changes in a builder is found


def wrap_of(tree: ast.Module) -> ast.FunctionDef:
    """The long chain of checks."""
    (cls,) = (node for node in tree.body if getattr(node, "name", "") == "VariableBuilder")
    assert isinstance(cls, ast.ClassDef)
    (wrap,) = (node for node in cls.body if getattr(node, "name", "") == "_wrap")
    assert isinstance(wrap, ast.FunctionDef)
    return wrap


def chain(tree: ast.Module) -> list[ast.If]:
    """The longest chain of branches of `_wrap`, in order."""

    def links(node: ast.If) -> list[ast.If]:
        rest = node.orelse[0] if len(node.orelse) == 1 else None
        return [node, *(links(rest) if isinstance(rest, ast.If) else [])]

    starts = (node for node in ast.walk(wrap_of(tree)) if isinstance(node, ast.If))
    return max((links(start) for start in starts), key=len)


def of_optimizers(tree: ast.Module) -> ast.If:
    return next(one for one in chain(tree) if "optim.Optimizer" in ast.unparse(one.test))


def a_new_branch(tree: ast.Module) -> None:
    one = of_optimizers(tree)
    test = ast.parse("isinstance(value, torch.optim.Frobnicator)", mode="eval").body
    body = ast.parse("return OptimizerVariable(value, source=self.source)").body
    one.orelse = [ast.If(test, body, one.orelse)]


def a_branch_gone(tree: ast.Module) -> None:
    links = chain(tree)
    at = links.index(of_optimizers(tree))
    links[at - 1].orelse = links[at].orelse


def another_body(tree: ast.Module) -> None:
    of_optimizers(tree).body.insert(
        0, ast.parse("self.install_guards(GuardBuilder.TYPE_MATCH)").body[0]
    )


def another_test(tree: ast.Module) -> None:
    of_optimizers(tree).test = ast.parse("type(value) is torch.optim.Optimizer", mode="eval").body


def two_in_another_order(tree: ast.Module) -> None:
    links = chain(tree)
    one, other = links[20], links[21]
    one.test, other.test = other.test, one.test
    one.body, other.body = other.body, one.body


def one_before_many(tree: ast.Module) -> None:
    links = chain(tree)[1:40]
    parts = [(one.test, one.body) for one in links]
    for one, (test, body) in zip(links, [parts[-1], *parts[:-1]], strict=True):
        one.test, one.body = test, body


def a_new_entry_of_a_table(tree: ast.Module) -> None:
    (function,) = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "_type_dispatch_impl"
    )
    (table,) = (
        node.value
        for node in function.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List)
    )
    table.elts.append(ast.parse("(Frobnicator, cls.wrap_frobnicator)", mode="eval").body)


def a_new_function(tree: ast.Module) -> None:
    tree.body.append(ast.parse("def frobnicate(value):\n    return value + 1").body[0])


def another_step_of_a_function(tree: ast.Module) -> None:
    (cls,) = (node for node in tree.body if getattr(node, "name", "") == "SourcelessBuilder")
    assert isinstance(cls, ast.ClassDef)
    (create,) = (
        node
        for node in cls.body
        if isinstance(node, ast.FunctionDef) and node.name == "create" and len(node.body) > 2
    )
    create.body.insert(0, ast.parse("value = frobnicate(value)").body[0])


def a_renamed_class(tree: ast.Module) -> None:
    """torch's tracker of optimizers is called otherwise wherever the builder names it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "OptimizerVariable":
            node.id = "OptimiserVariable"


def another_guard(tree: ast.Module) -> None:
    (streams,) = (one for one in chain(tree) if "cuda.StreamContext" in ast.unparse(one.test))
    for node in ast.walk(streams.body[0]):
        if isinstance(node, ast.Attribute) and node.attr == "ID_MATCH":
            node.attr = "TYPE_MATCH"


def another_signature(tree: ast.Module) -> None:
    """A function that others call, and `install` replaces, takes one thing more."""
    (function,) = (node for node in tree.body if getattr(node, "name", "") == "wrap_fx_proxy_cls")
    assert isinstance(function, ast.FunctionDef)
    function.args.kwonlyargs.append(ast.arg("frobnicate"))
    function.args.kw_defaults.append(None)


CHANGES: dict[Callable[[ast.Module], None], tuple[str, str]] = {
    a_new_branch: ("is new", "Optimizers"),
    a_branch_gone: ("is gone", "Optimizers"),
    another_body: ("does something else", "Optimizers"),
    another_test: ("asks something else", "Optimizers"),
    two_in_another_order: ("is asked in another place", ""),
    one_before_many: ("is asked in another place", ""),
    a_new_entry_of_a_table: ("is new", ""),
    a_new_function: ("is new", ""),
    another_step_of_a_function: ("does something else", ""),
    a_renamed_class: ("does something else", ""),
    another_guard: ("does something else", ""),
    another_signature: ("does something else", ""),
}
#: Those that take nothing from one another.
TOGETHER = [
    change for change in CHANGES if change not in (a_branch_gone, another_test, one_before_many)
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_of_the_builder_is_found(change: Callable[[ast.Module], None]) -> None:
    """And hardly anything besides; where a tracker class tells it, with the visitor."""
    text = BUILDER.read_text()
    changed = ast.parse(text)
    change(changed)
    then = branches.read(BUILDER)
    now = list(branches.branches_of(ast.fix_missing_locations(changed)))
    found = list(changes.compare(now, then))
    why, visitor = CHANGES[change]
    hits = [one for one in found if one.why == why]
    assert hits and len(found) <= 4, [str(one) for one in found]
    if visitor:
        assert any(visitor in one.visitors for one in hits), hits


def test_changes_that_come_together_are_found_each() -> None:
    """As in a release of torch: what one of them makes known is still said among the others."""
    text = BUILDER.read_text()
    then = branches.read(BUILDER)

    def findings(*made: Callable[[ast.Module], None]) -> set[tuple[str, str]]:
        changed = ast.parse(text)
        for change in made:
            change(changed)
        now = list(branches.branches_of(ast.fix_missing_locations(changed)))
        return {(one.what.partition(" (")[0], one.why) for one in changes.compare(now, then)}

    together = findings(*TOGETHER)
    for change in TOGETHER:
        assert findings(change) <= together, change.__name__


def test_what_does_nothing_is_no_change() -> None:
    """Docstrings, comments, annotations and assertions come and go."""
    before = (
        "class A:\n    def _wrap(self, value):\n        if value is None:\n            return 1\n"
    )
    after = (
        'class A:\n    """About."""\n    def _wrap(self, value: object) -> int:\n'
        '        """What."""\n        assert value\n        if not value:\n'
        "            raise AssertionError('no')\n        if value is None:\n"
        "            return typing.cast(int, 1)\n"
    )
    then, now = (list(branches.branches_of(ast.parse(text))) for text in (before, after))
    assert not list(changes.compare(now, then))


# what is missing elsewhere is found


def test_a_class_that_is_gone_is_found_with_the_line_and_the_visitor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(optimizer, "OptimizerVariable")
    (found,) = (one for one in names.check_names() if "OptimizerVariable" in one.what)
    assert any("vartrack/visitors/known_objects.py" in str(place) for place in found.places)
    assert "Optimizers" in found.visitors


def test_a_signature_that_changed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {one.what for one in names.check_calls()}

    def is_constant_source(source: Any, release: str) -> bool:
        return True

    monkeypatch.setattr(torch._dynamo.source, "is_constant_source", is_constant_source)
    new = [one for one in names.check_calls() if one.what not in before]
    assert new and all("is_constant_source" in one.what for one in new)
    assert "release" in new[0].why


def test_a_guard_that_is_gone_or_needs_more_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {one.what for one in protocols.check_guards()}

    def ID_MATCH(self: Any, guard: Any, strict: bool) -> None:
        pass

    monkeypatch.delattr(GuardBuilder, "CONSTANT_MATCH")
    monkeypatch.setattr(GuardBuilder, "ID_MATCH", ID_MATCH)
    new = {one.what: one for one in protocols.check_guards() if one.what not in before}
    assert set(new) == {"CONSTANT_MATCH", "ID_MATCH with strict"}
    assert new["CONSTANT_MATCH"].visitors


def test_a_name_that_install_replaces_and_is_gone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {one.what for one in protocols.check_face()}
    monkeypatch.delattr(builder, "wrap_fx_proxy")
    assert {one.what for one in protocols.check_face()} - before == {"wrap_fx_proxy"}


def test_what_the_tracer_lacks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {one.what for one in protocols.check_tracer()}
    monkeypatch.delattr(OutputGraph, "create_proxy")
    assert {one.what for one in protocols.check_tracer()} - before == {"OutputGraph.create_proxy"}


def test_a_setting_that_is_gone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read as an attribute of the config module, at the lines that read it."""
    look_up = names.look_up

    def without(module: str, path: tuple[str, ...]) -> Any:
        if path[-1:] == ("specialize_float",):
            raise LookupError("config has no specialize_float")
        return look_up(module, path)

    monkeypatch.setattr(names, "look_up", without)
    (found,) = (one for one in names.check_names() if "specialize_float" in one.what)
    assert {place.file for place in found.places} >= {"vartrack/inputs/numbers.py"}
    assert "Floats" in found.visitors


def test_a_setting_that_is_set_has_not_drifted() -> None:
    """Its default is what torch's source says; those that only texts name are among them."""
    before = {name: text for name, (text, _) in settings.defaults().items()}
    with torch._dynamo.config.patch(specialize_float=True):
        assert {name: text for name, (text, _) in settings.defaults().items()} == before
    assert before["torch._dynamo.config.specialize_float"] == "False"
    assert before["torch.compiler.config.dynamic_sources"] == "''"
    assert "torch._dynamo.config.force_parameter_static_shapes" in before


def test_a_setting_that_vartrack_sets_itself_is_looked_up() -> None:
    """As ``config.patch(name=value)`` does, which names it like any argument."""
    used = {use.path[-1] for module in modules() for use in module.uses if use.path}
    assert "skip_tensor_guards_with_matching_dict_tags" in used


# what install makes of it


@pytest.fixture
def patched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A patch release that nobody compared with anything, nor proved."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    version = Version(f"{release.minor(RUNNING)}.99")
    for module in (compat, release):
        monkeypatch.setattr(module, "RUNNING", version)
    monkeypatch.delenv("VARTRACK_UNKNOWN_TORCH", raising=False)


@pytest.mark.usefixtures("patched", "as_before")
def test_a_patch_release_whose_files_are_the_same_is_accepted() -> None:
    vartrack.install()
    vartrack.uninstall()


@pytest.mark.usefixtures("patched", "as_before")
def test_a_patch_release_with_another_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal says what could be read of it, and a line that installs another."""
    files_of = evidence.files_of
    monkeypatch.setattr(
        evidence, "files_of", lambda torch: {**files_of(torch), "_dynamo/guards.py": "other"}
    )
    with pytest.raises(InstallError, match="VT303") as caught:
        vartrack.install()
    known = next(one for one in compat.KNOWN if release.minor(one) == release.minor(RUNNING))
    assert f"pip install torch=={known};" in str(caught.value)
    assert "Nothing that can be read differs" in str(caught.value)


@pytest.mark.usefixtures("patched", "as_before")
def test_a_refusal_carries_a_short_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "files_of", lambda torch: {})
    monkeypatch.delattr(builder, "get_specialized_props")
    with pytest.raises(InstallError, match="get_specialized_props") as caught:
        vartrack.install()
    assert "vartrack/installation/builders.py:" in str(caught.value)


# the command


def test_the_command_prints_json_and_exits_by_what_it_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["passed"] is True
    monkeypatch.delattr(optimizer, "OptimizerVariable")
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "names that are missing (1)" in said and "1 things drifted" in said


def test_a_release_is_left_out_by_its_name_and_one_that_is_not_known_cannot_be(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the patch, or without; what names no release would leave out nothing, unnoticed."""
    for name in (RUNNING.public, release.minor(RUNNING)):
        assert main(["doctor", "--json", "--without", name]) == 1
        assert json.loads(capsys.readouterr().out)["known"] is False
    for name in ("2.9", "2.99.0", "nonsense", ""):
        with pytest.raises(SystemExit) as left:
            main(["doctor", "--without", name])
        assert left.value.code == 2
        assert f"{name!r} is not one of {compat.KNOWN[0]}, " in capsys.readouterr().err


def test_the_command_runs_where_vartrack_does_not(tmp_path: Path) -> None:
    """On a torch without the compiler it says what it could not read; the others are refused."""
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("")
    (tmp_path / "torch" / "version.py").write_text("__version__ = '2.16.0.dev1'\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "vartrack", *args],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
        )

    done = run("doctor", "--json")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert found["torch"] == "2.16.0.dev1" and found["against"] == compat.KNOWN[-1]
    assert len(found["unread"]) == 2 and "cannot be imported" in found["unread"][0]
    assert run("explain", "program.py").returncode == 2
    assert "VT303" in run("plugins").stderr
    assert run("doctor", "--record").returncode == 2
