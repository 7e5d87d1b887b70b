"""`doctor --prove`: every example built by both builders; and a torch that passed is remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch._dynamo
from packaging.version import Version

import vartrack
from vartrack import compat, doctor, proof
from vartrack.__main__ import main
from vartrack.compat import release
from vartrack.doctor import evidence, proved
from vartrack.errors import InstallError
from vartrack.proof import Proof, examples, proving


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it is written down which torch passed."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release of torch that vartrack was not compared with, and that differs from all known."""
    for module in (compat, release):
        monkeypatch.setattr(module, "RUNNING", Version(f"{release.minor(compat.RUNNING)}.99"))
    monkeypatch.setattr(evidence, "files_of", lambda torch: {})
    monkeypatch.delenv("VARTRACK_UNKNOWN_TORCH", raising=False)


def a_few(row: str) -> bool:
    return row in ("LIT-01", "LIT-02", "FUN-01", "SL-01")


# what is proved


def test_what_is_built_alike_passes() -> None:
    """Each row with its source and without; the progress is told as it goes."""
    told: list[tuple[int, int]] = []
    found = proof.prove(a_few, lambda *count: told.append(count))
    assert found.passed and not found.differences
    assert found.builds == len(told) == told[-1][1] >= 7
    assert [done for done, _ in told] == list(range(found.builds))
    assert found.to_dict()["passed"] is True


def test_what_is_built_otherwise_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the visitor of a category fits torch no more."""
    registry = vartrack.stock.derive("without texts")
    registry.unregister(type(registry.resolve("abc")))
    monkeypatch.setattr(proving, "stock", registry)
    found = proof.prove(a_few)
    assert not found.passed
    assert {one.row for one in found.differences} == {"LIT-02"}
    assert all(" instead of " in one.what for one in found.differences)
    assert json.loads(json.dumps(found.to_dict()))["differences"][0]["row"] == "LIT-02"


def test_an_example_that_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something that it needs is gone from torch; the others are built all the same."""
    monkeypatch.setitem(
        examples.ROWS, "sourced", [{"id": "LIT-01", "example": "gone", "absent_in": []}]
    )
    found = proof.prove(a_few)
    assert not found.passed and found.builds > len(found.differences) > 0
    assert all("cannot be made: NameError" in one.what for one in found.differences)


def test_nothing_is_no_proof() -> None:
    assert not proof.prove(lambda row: False).passed


# what is remembered


@pytest.mark.usefixtures("unknown", "as_before")
def test_a_torch_that_passed_is_accepted() -> None:
    with pytest.raises(InstallError, match="doctor --prove"):
        vartrack.install()
    doctor.remember(862)
    vartrack.install()
    vartrack.uninstall()


def test_only_exactly_this_torch_with_this_vartrack_is_remembered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another number, another file of torch or another vartrack takes another proof."""
    doctor.remember(862)
    assert doctor.is_proved()
    for owner, name, other in (
        (release, "RUNNING", Version("99.0")),
        (proved, "__version__", "99.0"),
        (proved, "_PACKAGE", tmp_path),
        (proved, "folder", lambda: Path(str(torch.__file__)).parent / "_dynamo" / "nowhere"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, other)
            assert not doctor.is_proved(), name
    assert doctor.is_proved()


def test_a_torch_that_comes_compiled_can_be_remembered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its files say which one it is, whatever they are; and one more makes it another."""
    (tmp_path / "_dynamo").mkdir()
    (tmp_path / "_dynamo" / "guards.cpython-311.so").write_bytes(b"1")
    monkeypatch.setattr(proved, "folder", lambda: tmp_path)
    doctor.remember(862)
    assert doctor.is_proved()
    (tmp_path / "_dynamo" / "guards.cpython-311.so").write_bytes(b"2")
    assert not doctor.is_proved()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"torch": 1}'])
def test_what_was_written_and_cannot_be_read_counts_for_nothing(text: str, state: Path) -> None:
    """And is written anew."""
    proved.path().parent.mkdir(parents=True)
    proved.path().write_text(text)
    assert not doctor.is_proved()
    doctor.remember(862)
    assert doctor.is_proved()


# the command


def running(monkeypatch: pytest.MonkeyPatch, result: Proof) -> None:
    def prove(**tell: Callable[[int, int], None]) -> Proof:
        tell["tell"](0, result.builds)
        return result

    monkeypatch.setattr("vartrack.__main__.prove", prove)


def test_the_command_proves_and_remembers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    running(monkeypatch, Proof(builds=862))
    assert main(["doctor", "--prove"]) == 0
    said = capsys.readouterr()
    assert "862 of 862 builds" in said.out and "accepts this torch" in said.err
    assert doctor.is_proved()


def test_a_proof_that_fails_is_shown_and_not_remembered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    differs = proving.Difference("LIT-02", "'abc'", "made while tracing", "guards: other")
    running(monkeypatch, Proof(862, [differs]))
    assert main(["doctor", "--prove"]) == 1
    said = capsys.readouterr().out
    assert "861 of 862" in said and "LIT-02" in said
    assert main(["doctor", "--prove", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["proof"]["differences"][0]["row"] == "LIT-02"
    assert not doctor.is_proved()


def test_where_nothing_can_be_written_the_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], state: Path
) -> None:
    """As in a home that is read-only: the proof is shown, and the exit status is 2."""
    (state / "vartrack").write_text("a file in the way")
    running(monkeypatch, Proof(builds=862))
    assert main(["doctor", "--prove"]) == 2
    said = capsys.readouterr()
    assert "862 of 862" in said.out and "cannot be remembered" in said.err
    assert "XDG_STATE_HOME" in said.err


def test_without_a_home_the_command_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Any:
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(Path, "home", home)
    assert not doctor.is_proved()
    with pytest.raises(OSError, match="XDG_STATE_HOME"):
        doctor.remember(862)
