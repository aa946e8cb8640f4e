"""The coding cards' NumPy programs give what PyTorch gives, and the debugging cards' faults show as the cards say.

`make check-content` installs PyTorch and runs this.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tests.content.test_code import asked
from tests.support.chapters import Chapter

RNG = np.random.default_rng(1)


def program(words: str) -> dict[str, Any]:
    """Return what the reference code of the card with these words in its key defines."""
    namespace: dict[str, Any] = {"__name__": "card"}
    for block in asked(words).code:
        exec(block.text, namespace)
    return namespace


def drawn(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def same(ours: Any, theirs: torch.Tensor, atol: float = 1e-9) -> bool:
    return np.allclose(ours, theirs.detach().numpy(), atol=atol)


def test_it_is_the_version_that_the_deck_speaks_of() -> None:
    """The cards would be checked against another PyTorch than the pinned one."""
    assert torch.__version__.split("+")[0] == "2.13.0"


def test_softmax_and_cross_entropy() -> None:
    """A learner would compute another loss than the framework that they go on to use."""
    z, y = 100 * drawn(7, 5), RNG.integers(0, 5, 7)
    assert same(program("implement-softmax")["softmax"](z), torch.tensor(z).softmax(-1))
    assert same(program("cross-entropy")["cross_entropy"](z, y), F.cross_entropy(torch.tensor(z), torch.tensor(y)))


def test_reverse_mode() -> None:
    """A learner's gradients would differ from autograd's."""
    numbers = drawn(3)
    ours = [program("reverse-mode")["Value"](x) for x in numbers]
    theirs = [torch.tensor(x, requires_grad=True) for x in numbers]
    for a, b, c in (ours, theirs):
        d = a * b + c
        ((d * d + a) * (d + b * c)).backward()
    for one, other in zip(ours, theirs, strict=True):
        assert other.grad is not None
        assert same(one.grad, other.grad)


def test_numerical_gradient() -> None:
    """A learner would check their gradients against wrong ones."""
    x = torch.tensor(drawn(2, 3), requires_grad=True)
    x.sin().prod().backward()
    assert x.grad is not None
    ours = program("numerical-gradient")["numerical_gradient"]
    assert same(ours(lambda a: np.sin(a).prod(), x.detach().numpy().copy()), x.grad)


def test_adam() -> None:
    """A learner's Adam would take other steps than the one they tune."""
    w, m, v = drawn(4), np.zeros(4), np.zeros(4)
    parameter = nn.Parameter(torch.tensor(w))
    optimiser = torch.optim.Adam([parameter], lr=0.01)
    for t in range(1, 6):
        g = drawn(4)
        parameter.grad = torch.tensor(g)
        optimiser.step()
        w, m, v = program("step-adam")["adam_step"](w, g, m, v, t, lr=0.01)
        assert same(w, parameter)


def test_normalisation() -> None:
    """A learner would normalise otherwise than the layers of the framework."""
    x, gain, bias = drawn(8, 6), drawn(6), drawn(6)
    arguments = (torch.tensor(x), (6,), torch.tensor(gain), torch.tensor(bias))
    assert same(program("layer-normalisation")["layer_norm"](x, gain, bias), F.layer_norm(*arguments))
    layer = nn.BatchNorm1d(6).double()
    stats = {"mean": np.zeros(6), "var": np.ones(6)}
    for train in (True, True, False):
        layer.train(train)
        assert same(program("batch-normalisation")["batch_norm"](x, 1, 0, stats, train), layer(torch.tensor(x)))
    assert same(stats["mean"], layer.running_mean)
    assert same(stats["var"], layer.running_var)


def test_attention() -> None:
    """A learner's attention would give other outputs than the framework's."""
    n, d, heads = 5, 8, 2
    x, W = drawn(3, n, d), drawn(4, d, d)
    mask = program("causal-mask")["causal_mask"](n)
    theirs = nn.MultiheadAttention(d, heads, bias=False, batch_first=True).double()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.tensor(np.concatenate([w.T for w in W[:3]])))
        theirs.out_proj.weight.copy_(torch.tensor(W[3].T))
    t = torch.tensor(x)
    expected, _ = theirs(t, t, t, attn_mask=torch.tensor(mask))
    assert same(program("self-attention-numpy")["attention"](x, *W, heads, mask), expected)

    module = program("self-attention-pytorch")["Attention"](d, heads).double()
    with torch.no_grad():
        module.qkv.weight.copy_(theirs.in_proj_weight)
        module.out.weight.copy_(theirs.out_proj.weight)
    assert torch.allclose(module(t), expected)


def test_cached_and_online_attention() -> None:
    """A learner's fast versions would not give what the plain one gives."""
    x, W = drawn(6, 4), drawn(3, 4, 4)
    q, k, v = (torch.tensor(x @ w)[None] for w in W)
    expected = F.scaled_dot_product_attention(q, k, v, is_causal=True)[0]
    cache = {"k": np.empty((0, 4)), "v": np.empty((0, 4))}
    for t in range(6):
        assert same(program("decoding-step")["step"](x[t : t + 1], *W, cache)[0], expected[t])
    K, V = x @ W[1], x @ W[2]
    online = program("online-softmax")["online_attention"](x[5] @ W[0], [(K[:2], V[:2]), (K[2:], V[2:])])
    assert same(online, expected[5])


def test_learned_positions() -> None:
    """A learner would train the wrong rows of the table."""
    table = nn.Embedding(7, 4).double()
    x, G = drawn(2, 3, 4), drawn(2, 3, 4)
    y = torch.tensor(x) + table(torch.arange(3))
    y.backward(torch.tensor(G))
    ours = program("learned-position")
    weights = table.weight.detach().numpy()
    assert table.weight.grad is not None
    assert same(ours["add_positions"](x, weights), y)
    assert same(ours["table_gradient"](G, weights), table.weight.grad)


def test_lora() -> None:
    """The NumPy and the PyTorch card would teach two different things."""
    base = nn.Linear(6, 5, bias=False).double()
    module = program("lora-pytorch")["LoRA"](base, r=2, alpha=4).double()
    with torch.no_grad():
        module.B.normal_()
    x = drawn(3, 6)
    A, B, W = (tensor.detach().numpy() for tensor in (module.A, module.B, base.weight.T))
    assert same(program("linear-layer-lora")["lora_linear"](x, W, A, B, 4), module(torch.tensor(x)))


# --- the debugging cards -------------------------------------------------------------

DEBUGGING = Chapter("17-debugging")


def test_messages_are_those_of_pytorch() -> None:
    """A learner would not recognise the message when they meet it."""
    with pytest.raises(RuntimeError) as found:
        nn.Linear(784, 512)(torch.zeros(32, 28, 28).flatten()[None])
    DEBUGGING.states("Which layer of this network", str(found.value))
    with pytest.raises(RuntimeError) as found:
        torch.zeros(16, 512).view(32, 8, 64)
    DEBUGGING.states("stops in step 1,563", str(found.value))
    with pytest.raises(RuntimeError) as found:
        torch.tensor(1.0).backward()
    DEBUGGING.states("tell you about the loss?", str(found.value))
    with pytest.raises(ValueError, match="empty parameter list"):
        torch.optim.Adam(_HidingLayers().parameters())


class _HidingLayers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Linear(2, 2) for _ in range(6)]


def test_gradients_add_up() -> None:
    """A learner would be told a symptom that the missing line does not have."""
    w = torch.ones(2, requires_grad=True)
    for times in (1, 2, 3):
        w.sum().backward()
        assert w.grad is not None
        assert (w.grad == times).all()


def test_a_double_softmax_has_a_floor() -> None:
    """A learner would look for another number in their log."""
    perfect = F.one_hot(torch.arange(10)).double()
    assert round(F.cross_entropy(perfect, torch.arange(10)).item(), 2) == 1.46


def test_mse_loss_warns_of_broadcasting() -> None:
    """A learner would be told of a warning that does not come."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        loss = F.mse_loss(torch.zeros(64, 1), torch.arange(64.0))
    assert any("size" in str(one.message) for one in found)
    assert torch.isclose(loss, (torch.arange(64.0) ** 2).mean())


def test_an_optimiser_keeps_the_old_head() -> None:
    """A learner would look for the fault in the new layer."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    optimiser = torch.optim.Adam(model.parameters())
    model[1] = nn.Linear(4, 5)
    before = [parameter.clone() for parameter in model.parameters()]
    model(torch.ones(1, 3)).sum().backward()
    optimiser.step()
    changed = [not torch.equal(*pair) for pair in zip(before, model.parameters(), strict=True)]
    assert changed == [True, True, False, False]


def test_a_running_sum_keeps_graphs() -> None:
    """A learner would look elsewhere for the memory."""
    model = nn.Linear(3, 1).eval()
    total: Any = 0
    for _ in range(3):
        total += model(torch.ones(2, 3)).sum()
    assert total.grad_fn is not None
    with torch.no_grad():
        assert model(torch.ones(2, 3)).grad_fn is None


def test_a_root_has_no_slope_at_zero() -> None:
    """A learner would take a finite loss for the proof of a finite gradient."""
    for length in (lambda v: (v**2).sum().sqrt(), lambda v: torch.where(v.abs().sum() > 0, (v**2).sum().sqrt(), 0.0)):
        v = torch.zeros(3, requires_grad=True)
        length(v).backward()
        assert v.grad is not None
        assert v.grad.isnan().all()


def test_clipping_returns_the_norm_from_before() -> None:
    """A learner would log a norm that is never above the threshold."""
    w = nn.Parameter(torch.zeros(2))
    w.grad = torch.tensor([3.0, 4.0])
    assert nn.utils.clip_grad_norm_([w], 1.0) == 5
    assert torch.isclose(w.grad.norm(), torch.tensor(1.0), atol=1e-4)


def test_the_range_of_bfloat16() -> None:
    """A learner would expect an overflow where there is none."""
    assert torch.finfo(torch.bfloat16).max > 3e38
    assert torch.finfo(torch.float16).max == 65_504


def test_batch_norm_updates_without_gradients() -> None:
    """A learner would believe that `no_grad` makes a validation harmless."""
    layer = nn.BatchNorm1d(2)
    with torch.no_grad():
        layer(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert layer.running_mean is not None
    assert layer.running_mean.abs().sum() > 0
