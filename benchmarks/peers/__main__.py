"""Programs of other packages through torch's own builder and through vartrack.

For each: graphs, guards, graph breaks, values, bytecode, results and what the calls left behind
are held against each other by `vartrack.comparison`, over two calls on fresh objects; then the CPU
time of a cold front end, both builders in turn in one process. What is not installed is told.
On `vartrack.sound` results, graphs, breaks and compiles must be the same; guards are added, and
those of torch's that it has others for are told. With `thrift` on top of it results must be the
same, and there must be no more graphs, breaks and compiles.

    python benchmarks/peers [--registry NAME] [--runs N] [--json FILE] [PACKAGE[.PROGRAM] ...]

The exit status is 1 if anything differs or fails, and 2 if there was nothing to compare.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

# what the neighbours share is a folder above
sys.path.insert(1, str(Path(__file__).resolve().parent.parent))

import figures
from catalogue import Peer, Unknown, asked, chosen
from report import explain, fill, table
from rich.console import Console
from rich.progress import track
from trial import AGREEMENTS, REGISTRIES, Trial, failure, tried

from vartrack import Registry

#: Of what is printed where there is no terminal; the table fits.
WIDTH = 120


def tell_missing(screen: Console, missing: list[Peer]) -> None:
    for peer in missing:
        line = f"{peer.name} is not installed: python -m pip install {peer.name}"
        screen.print(line, markup=False, highlight=False)


def every(
    peers: dict[Peer, list[str]], runs: int, registry: Registry, screen: Console
) -> list[Trial]:
    """Try the programs that were asked for of packages that are installed."""
    trials = []
    for peer, names in peers.items():
        try:
            factories = chosen(peer, names)
        except Unknown:
            raise
        except Exception as error:  # whatever importing another package raises
            trials.append(Trial(peer.name, error=f"cannot be imported: {failure(error)}"))
            continue
        for name, make in track(factories.items(), description=f"{peer.name:16}", console=screen):
            trials.append(tried(f"{peer.name}.{name}", make, runs, registry))
    return trials


def summary(trials: list[Trial], packages: int, wrong: list[str]) -> str:
    said = f"{len(trials)} programs of {packages} packages"
    if wrong:
        return f"{said}, not equal: {', '.join(wrong)}"
    found = {trial.agreement for trial in trials}
    least = next((words for words in reversed(AGREEMENTS) if words in found), "")
    return f"{said}, all {least}" if trials else said


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="peers", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "packages", nargs="*", metavar="PACKAGE[.PROGRAM]", help="which; all by default"
    )
    parser.add_argument(
        "--runs", type=int, default=3, help="timed compiles of each (default 3; 0 takes no time)"
    )
    parser.add_argument(
        "--registry", choices=REGISTRIES, default="stock", help="what vartrack runs on"
    )
    figures.add_option(parser)
    options = parser.parse_args(arguments)
    try:
        peers = asked(options.packages)
        found = figures.begin("peers", runs=options.runs, registry=options.registry)
        found.packages = {peer.name: peer.version() for peer in peers}
        here = {peer: names for peer, names in peers.items() if found.packages[peer.name]}
        registry = REGISTRIES[options.registry]
        trials = every(here, options.runs, registry, Console(stderr=True))
    except Unknown as unknown:
        parser.error(str(unknown))
    # in a file the whole table is to be read, and there it has no width of its own
    screen = Console(width=None if sys.stdout.isatty() else WIDTH)
    if trials:
        screen.print(table(trials, options.runs))
        explain(screen, trials)
    tell_missing(screen, [peer for peer in peers if peer not in here])
    wrong = [trial.name for trial in trials if not trial.fine]
    screen.print(summary(trials, len(here), wrong), markup=False, highlight=False)
    fill(found, trials)
    figures.write(found, options.json)
    return 1 if wrong else 0 if trials else 2


if __name__ == "__main__":
    sys.exit(main())
