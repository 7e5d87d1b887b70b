"""Programs of ``torch_geometric``: convolutions over a small graph."""

from __future__ import annotations

import torch
from models import Call
from torch_geometric import nn
from torch_geometric.data import Data
from torch_geometric.utils import degree, to_dense_adj


def ring() -> tuple[torch.Tensor, torch.Tensor]:
    """Six nodes of four features in a ring, and the edges."""
    nodes = torch.arange(6)
    edges = torch.stack([nodes, (nodes + 1) % 6])
    return torch.randn(6, 4), torch.cat([edges, edges.flip(0)], 1)


def gcn() -> Call:
    """Two graph convolutions."""
    return nn.GCN(4, 8, num_layers=2, out_channels=3), ring(), {}


def attention() -> Call:
    """Neighbours weighed by attention."""
    return nn.GATConv(4, 3, heads=2), ring(), {}


def sage() -> Call:
    """The mean of the neighbours."""
    return nn.SAGEConv(4, 3), ring(), {}


def isomorphism() -> Call:
    """A network over sums of neighbours."""
    return nn.GINConv(torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU())), ring(), {}


class Messages(nn.MessagePassing):
    """Message passing as users write it."""

    def __init__(self) -> None:
        super().__init__(aggr="max")
        self.linear = torch.nn.Linear(8, 3)

    def forward(self, x: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
        return self.propagate(edges, x=x)

    def message(self, x_i: torch.Tensor, x_j: torch.Tensor) -> torch.Tensor:
        return self.linear(torch.cat([x_i, x_j - x_i], dim=-1))


def messages() -> Call:
    """Messages of a class of one's own."""
    return Messages(), ring(), {}


def data() -> Call:
    """A ``Data`` object as the argument, and one number for the whole graph."""
    conv = nn.GraphConv(4, 3)

    def run(graph):
        return nn.global_mean_pool(conv(graph.x, graph.edge_index).relu(), None)

    x, edges = ring()
    return run, (Data(x=x, edge_index=edges),), {}


def dense() -> Call:
    """Degrees and the dense matrix of a graph."""

    def run(edges):
        return degree(edges[0], 6), to_dense_adj(edges, max_num_nodes=6)

    return run, (ring()[1],), {}


PROGRAMS = (gcn, attention, sage, isomorphism, messages, data, dense)
