"""What settles whether vartrack fits a torch: every example built by both builders, held together.

- `examples`: the value categories of torch's builder, with an example of each
- `building`: one example inside of a compile, by one builder or the other, in plain data
- `proving`: all of them, and what differs

The examination of `vartrack.doctor` reads and suspects; this runs.
"""

from __future__ import annotations

from vartrack.proof.proving import Difference, Proof, prove

__all__ = ["Difference", "Proof", "prove"]
