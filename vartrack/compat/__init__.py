"""What differs between torch releases: the only place that asks which one runs.

- `release`: which torch it is, and which are known
- `behaviour`: what it does otherwise since some release
- `names`: what moved or was renamed
- `making`: constructors that take other arguments
- `hooks`: by which names torch asks a tracker
- `operators`: operators of trackers, where torch does not ask slot by slot
- `paths`: by which way torch reaches each slot
- `instructions`: instructions and built-in functions before which something else is asked
- `made_once`: what stands around a function, made once however often it is put in place
- `subclasses`: a class of torch's with all that are derived from it
- `containers`: how trackers of user-defined containers are made
- `taking`: where torch takes the items of a mapping or iterable
- `shared`: which tables and settings torch and vartrack have in common
- `spec_wiring`: what ties the symbols of a shapes spec to those of a compile
- `triton`: what the installed Triton offers
- `filled`: what torch lacks up to some release, filled in where a registry needs it

All but `release` import torch, and may fail on a torch that is not known.
"""

from __future__ import annotations

from vartrack.compat.release import KNOWN, RUNNING, is_known, pip_line, runs_on

__all__ = ["KNOWN", "RUNNING", "is_known", "pip_line", "runs_on"]
