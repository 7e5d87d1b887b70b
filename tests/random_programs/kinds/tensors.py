"""Tensors, views, arrays and what holds them."""

from __future__ import annotations

from random_programs.kinds.kind import Kind

__all__ = ["KINDS"]

_ANY = "$v + 1; $v.shape; $v.dtype; $v.requires_grad; $v is $w; $v.sum(); $v.ndim; x + $v.sum(); getattr($v, 'tag', 3); hasattr($v, 'tag'); $v.is_contiguous(); $v.stride(); $v.device.type; $v.data + 1; $v.grad is None; $v.is_leaf; isinstance($v, nn.Parameter); type($v).__name__; $v.numel(); [$v][0] * 2; ($v.add_(1), $w); $v.detach() + 2; $v.size(0); $v.storage_offset(); {$v: 1}[$v]; len($v); $v.view(-1); $v.clone(); torch.is_grad_enabled(); $v._base is None"
_CHANGES = "$v.data.add_(1)\n$v.requires_grad_()\n$v.tag = 5\n$v.data = torch.ones(3)\n$v.data = torch.ones(2).double()\n$v.grad = torch.zeros_like($v)\n$v.data = torch.ones(4)[::2]\ntorch.set_grad_enabled(False); undo.append(lambda: torch.set_grad_enabled(True))\ntorch.set_default_dtype(torch.float64); undo.append(lambda: torch.set_default_dtype(torch.float32))"

KINDS = (
    Kind(
        "tensor",
        "torch.ones(2)",
        (),
        _ANY,
        _CHANGES,
        "torch.ones(3)\ntorch.ones(2, dtype=torch.int64)\ntorch.ones(2, 2)\nnn.Parameter(torch.ones(2))\n3.0\ntorch.ones(4)[::2]",
    ),
    Kind(
        "view",
        "torch.ones(4)[::2]",
        (),
        _ANY,
        _CHANGES,
        "torch.ones(2)\ntorch.ones(4)[1::2]\ntorch.ones(4).view(2, 2)",
    ),
    Kind(
        "parameter",
        "nn.Parameter(torch.ones(2))",
        (),
        _ANY,
        _CHANGES + "\n$v.requires_grad_(False)",
        "torch.ones(2)\nnn.Parameter(torch.ones(2), requires_grad=False)",
    ),
    Kind("buffer", "nn.Buffer(torch.ones(2))", (), _ANY, _CHANGES, "torch.ones(2)"),
    Kind(
        "tensor and view of it",
        "tensor_and_view()",
        (),
        "$v[0] + $v[1]; ($v[0].add_(1), $v[1] + 0); $v[1].add_(3); $v[0] is $v[1]; [t.shape for t in $v]",
        "$v[0].data.add_(1)\n$v[1] = $v[0]\n$v[1] = torch.ones(2)\n$v.reverse()",
        defines="def tensor_and_view():\n    t = torch.ones(4)\n    return [t, t[:2]]",
    ),
    Kind(
        "tensor twice",
        "[ONES, ONES]",
        (),
        "($v[0].add_(1), $v[1] + 0); $v[0] is $v[1]; $v[0] + $v[1]; $v.index($v[1])",
        "$v[1] = torch.ones(2)\n$v.append(ONES)\n$v[0] = torch.ones(2)",
        defines="ONES = torch.ones(2)",
    ),
    Kind(
        "tensor subclass",
        "torch.ones(2).as_subclass(SubTensor)",
        (),
        "$v + 1; type($v).__name__; $v.act(); $v.level; getattr($v, 'tag', 3); $v is $w; isinstance($v, SubTensor); $v.sum()",
        "$v.tag = 5\nSubTensor.act = lambda self: 21\nSubTensor.level = 6\n$v.level = 7",
        "torch.ones(2)",
        "class SubTensor(torch.Tensor):\n    level = 2\n    def act(self): return self.level",
    ),
    Kind(
        "array",
        "np.ones(2)",
        (),
        "$v + 1; $v.shape; $v.dtype.name; $v.sum(); len($v); np.sin($v); torch.as_tensor($v) + 1; $v[0]; $v is $w; $v.flags.writeable; $v.ndim; [float(i) for i in $v]",
        "$v[0] = 5\n$v.setflags(write=False)\n$v.shape = (1, 2)",
        "np.ones(3)\nnp.ones(2, dtype=np.float32)\nnp.ones((1, 2))\nnp.array(['a'])",
    ),
    Kind(
        "array scalar",
        "np.float64(1.5)",
        (),
        "$v + 1; float($v); $v == 1.5; x * float($v); type($v).__name__; str($v); int($v); $v > 1",
        others="np.float64(2.5)\nnp.float32(1.5)\n1.5\nnp.int64(1)",
    ),
    Kind(
        "array dtype",
        "np.dtype('float32')",
        (),
        "$v == np.float32; $v.name; $v.itemsize; np.zeros(2, dtype=$v).dtype.name",
        others="np.dtype('float64')\nnp.float32",
    ),
    Kind(
        "finfo",
        "torch.finfo(torch.float32)",
        (),
        "$v.max; $v.bits; x.clamp(max=$v.max)",
        others="torch.finfo(torch.float64)\ntorch.iinfo(torch.int32)",
    ),
    Kind(
        "optimizer",
        "torch.optim.SGD([nn.Parameter(torch.ones(2))], lr=0.5)",
        (),
        "$v.param_groups[0]['lr']; len($v.param_groups); $v.defaults['lr']; [p.sum() for p in $v.param_groups[0]['params']]; list($v.param_groups[0])",
        "$v.param_groups[0]['lr'] = 0.25\n$v.param_groups[0]['new'] = 3\n$v.defaults['lr'] = 9",
    ),
)
