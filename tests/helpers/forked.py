"""`python`: what the command ``python`` does, without the seconds in which it imports torch.

A first process imports torch and vartrack once, and stays as it is then. Each command runs in a
fork of that. How Python starts, and what is imported first, is for tests that start it.

A command that is not done in time is ended with all that it started, and the first process as well.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import runpy
import select
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["python"]

ROOT = Path(__file__).parents[2]
#: What commands import, and what torch does at its first compile.
MODULES = ("pytest", "vartrack.__main__", "torch._dynamo.backends.debugging")
#: How long a command may take, in seconds: no test needs a tenth of it on a machine at rest.
LIMIT = 300.0


def python(
    *args: str, cwd: Path = ROOT, env: dict[str, str] | None = None, limit: float = LIMIT
) -> subprocess.CompletedProcess[str]:
    """What comes of ``python *args``.

    Args:
        args: ``-m``, a module, and what it is given; or ``-c`` and code.
        cwd: the folder it runs in.
        env: what its environment has beside that of this process.
        limit: how many seconds it may take; the first command has those of the imports besides.

    Raises:
        TimeoutError: it was not done by then; with what it had written.
        ChildProcessError: the process of which it was to be a fork has ended.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = {name: str(Path(folder, name)) for name in ("stdout", "stderr")}
        asked = {"args": args, "cwd": str(cwd), "env": {**os.environ, **(env or {})}, **files}
        try:
            code = _answer(_server(), asked, limit)
        except TimeoutError:
            raise TimeoutError(
                f"`python {shlex.join(args)}` was not done after {limit:g} s and was ended. "
                f"What it had written: {_written(files) or 'nothing'}"
            ) from None
        written = _written(files)
    return subprocess.CompletedProcess(["python", *args], code, **written)


def _written(files: dict[str, str]) -> dict[str, str]:
    """What a command wrote, by the name of where."""
    return {
        name: Path(file).read_text(errors="replace")
        for name, file in files.items()
        if Path(file).exists()
    }


def _answer(server: subprocess.Popen[str], asked: dict[str, Any], limit: float) -> int:
    """How a command ended. The server is no use any more if it does not say so."""
    assert server.stdin is not None and server.stdout is not None
    try:
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        if not select.select([server.stdout], [], [], limit)[0]:
            raise TimeoutError
        answer = server.stdout.readline()
        if not answer:
            raise ChildProcessError("the process that imported torch for the commands has ended")
    except BaseException:
        _server.cache_clear()
        _end(server)
        raise
    return int(answer)


def _end(server: subprocess.Popen[str]) -> None:
    """End a server, and what it started, which is of its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


@functools.cache
def _server() -> subprocess.Popen[str]:
    """The process of which the commands are forks; it ends with this one."""
    server = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        start_new_session=True,
    )
    assert server.stdout is not None
    if not server.stdout.readline():  # which says that it has imported all
        raise ChildProcessError(f"what commands import cannot be imported: {', '.join(MODULES)}")
    atexit.register(server.communicate)
    return server


def _asked() -> dict[str, Any] | None:
    """In each fork what it is to run; in the first process None, when no more is asked."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            return json.loads(line)  # type: ignore[no-any-return]
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    return None


def _run(args: list[str], cwd: str, env: dict[str, str], **files: str) -> None:
    """Do what Python does with ``args``, in this process."""
    for fileno, file in enumerate((os.devnull, files["stdout"], files["stderr"])):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), fileno)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    option, what, *sys.argv[1:] = args
    sys.path[0] = cwd
    if option == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.argv[0] = option
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    for module in MODULES:
        importlib.import_module(module)
    print("imported", flush=True)
    gc.freeze()  # what a fork leaves as it is it need not go through
    if (asked := _asked()) is not None:
        _run(**asked)
