"""The other end of a traced operation: its proxy and its example value become a tracker.

`wrap_fx_proxy` and `wrap_fx_proxy_cls` are what Dynamo's trackers call. The visitors of results
are in `vartrack.visitors.results`; a user's own, for the result type of a custom operator, is
registered like any other visitor.
"""

from __future__ import annotations

from vartrack.core.result import Result
from vartrack.graph.wrap import wrap_fx_proxy, wrap_fx_proxy_cls

__all__ = ["Result", "wrap_fx_proxy", "wrap_fx_proxy_cls"]
