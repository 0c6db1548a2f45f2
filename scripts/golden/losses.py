"""Losses, norms and activations one by one (spec section 0), with gradients."""
import math

import torch
import torch.nn.functional as F

from common import Draw, Golden, Kinks, wanting_grad
from layers import norm, triplet


def add_op(g, draw, name, what, f, **inputs):
    """y = f(inputs...) and the gradients of sum(y * r)."""
    wanting_grad(*inputs.values())
    y = f(*inputs.values())
    r = draw.normal(*y.shape)
    (y * r).sum().backward()
    for key, value in inputs.items():
        g.add(f"{name}.{key}", value, "input")
    g.add(f"{name}.y", y, what)
    g.add(f"{name}.r", r, "fixed")
    for key, value in inputs.items():
        g.add(f"{name}.grad.{key}", value.grad, f"d sum(y * r) / d {key}")


def add_loss(g, name, what, rows, loss, **inputs):
    """Losses of rows and one number, with the gradients of the latter."""
    loss.backward()
    if rows is not None:
        g.add(f"{name}.rows", rows, "loss of each row or element")
    g.scalar(f"{name}.loss", loss, what)
    for key, value in inputs.items():
        g.add(f"{name}.grad.{key}", value.grad.clone(), f"d loss / d {key}")
        value.grad = None


def add_element_wise(g, draw):
    add_op(g, draw, "softmax", "softmax over the last axis", lambda x: x.softmax(-1),
           x=draw.normal(4, 7, scale=2.0))
    add_op(g, draw, "gelu", "exact GELU, by erf", F.gelu, x=draw.normal(5, 7, scale=1.5))
    add_op(g, draw, "quick_gelu", "x sigmoid(1.702 x)", lambda x: x * torch.sigmoid(1.702 * x),
           x=draw.normal(5, 7, scale=1.5))
    add_op(g, draw, "l2_normalise", "x / max(length of x, 1e-12)",
           lambda x: F.normalize(x, eps=1e-12), x=draw.normal(4, 7))
    add_op(g, draw, "squared_distance", "squared distance of rows",
           lambda a, b: ((a - b) ** 2).sum(-1), a=draw.normal(4, 7), b=draw.normal(4, 7))


def add_norms(g, draw):
    def scale_and_shift(width):
        return draw.normal(width, scale=0.2, shift=1.0), draw.normal(width, scale=0.2)

    alpha, bias = scale_and_shift(7)
    add_op(g, draw, "norm", "Norm of spec section 0", norm,
           x=draw.normal(4, 7, scale=2.0, shift=0.5), alpha=alpha, bias=bias)
    alpha, bias = scale_and_shift(7)
    add_op(g, draw, "norm_constant", "Norm of a row of equal values", norm,
           x=torch.full((1, 7), 0.75), alpha=alpha, bias=bias)
    weight, bias = scale_and_shift(7)
    add_op(g, draw, "layer_norm", "LayerNorm, eps 1e-5",
           lambda x, w, b: F.layer_norm(x, (7,), w, b),
           x=draw.normal(4, 7, scale=2.0, shift=0.5), weight=weight, bias=bias)
    add_batch_norm(g, draw, "batch_norm_train", True, *scale_and_shift(6))
    add_batch_norm(g, draw, "batch_norm_eval", False, *scale_and_shift(6))


def add_batch_norm(g, draw, name, training, weight, bias):
    mean, variance = draw.normal(6, scale=0.3), draw.uniform(0.5, 1.5, 6)
    g.add(f"{name}.running_mean", mean.clone(), "before")
    g.add(f"{name}.running_var", variance.clone(), "before")
    add_op(g, draw, name, f"BatchNorm1d in {'train' if training else 'eval'} mode",
           lambda x, w, b: F.batch_norm(x, mean, variance, w, b, training, 0.1, 1e-5),
           x=draw.normal(5, 6, scale=1.5, shift=0.5), weight=weight, bias=bias)
    if training:
        g.add(f"{name}.after.running_mean", mean, "after")
        g.add(f"{name}.after.running_var", variance, "after")


def add_cross_entropy(g, draw):
    (logits,) = wanting_grad(draw.normal(5, 7, scale=2.0))
    target, weight = torch.tensor([3, 0, 6, 6, 2]), draw.uniform(0.0, 2.0, 5)
    g.add("cross_entropy.logits", logits, "input of all `cross_entropy`")
    g.add("cross_entropy.target", target, "class of each row")
    g.add("cross_entropy.weight", weight, "weight of each row in `cross_entropy_weighted`")

    rows = F.cross_entropy(logits, target, reduction="none")
    add_loss(g, "cross_entropy", "mean of rows", rows, rows.mean(), logits=logits)
    rows = F.cross_entropy(logits, target, reduction="none", label_smoothing=0.1)
    add_loss(g, "cross_entropy_smooth", "mean of rows; 0.9 to the target and 0.1 / 7 to every "
             "class (PyTorch)", rows, rows.mean(), logits=logits)
    rows = F.cross_entropy(logits, target, reduction="none", label_smoothing=0.1 * 7 / 6)
    add_loss(g, "cross_entropy_shared", "mean of rows; 0.9 to the target and 0.1 / 6 to each other "
             "class (spec section 5.4)", rows, rows.mean(), logits=logits)
    rows = F.cross_entropy(logits, target, reduction="none") * weight
    add_loss(g, "cross_entropy_weighted", "mean of rows, weights included: sum(weight * ce) / 5",
             rows, rows.mean(), logits=logits)


def add_distances(g, draw):
    x, target = wanting_grad(draw.normal(3, 5, scale=1.5), draw.normal(3, 5))
    g.add("smooth_l1.x", x, "input")
    g.add("smooth_l1.target", target, "input")
    rows = F.smooth_l1_loss(x, target, reduction="none", beta=1.0)
    add_loss(g, "smooth_l1", "mean of all elements", rows, rows.mean(), x=x, target=target)

    kinks = Kinks()
    far = torch.tensor([1.0, 1.0, 1.0, 1.0, 4.0, 4.0])[:, None]
    x, positive, negative = wanting_grad(
        draw.normal(6, 5), draw.normal(6, 5), draw.normal(6, 5) * far)
    g.add("triplet.x", x, "input")
    g.add("triplet.positive", positive, "input")
    g.add("triplet.negative", negative, "input; the last rows are far away: no loss, no slope")
    rows = triplet(x, positive, negative, kinks.relu)
    kinks.require_distance("triplet", 1e-2)
    add_loss(g, "triplet", "mean of max(0, d2(x, p) - d2(x, n) + 0.1)", rows, rows.mean(), x=x,
             positive=positive, negative=negative)


def add_contrastive(g, draw):
    a, b = wanting_grad(draw.normal(5, 6), draw.normal(5, 6))
    (scale,) = wanting_grad(torch.tensor([math.log(1 / 0.07)]).float().to(a.dtype))
    g.add("contrastive.a", a, "input")
    g.add("contrastive.b", b, "input; row i belongs to row i of a")
    g.add("contrastive.logit_scale", scale, "input, ln(1 / 0.07)")
    truth = torch.arange(5)

    def logits():
        return scale.exp() * F.normalize(a) @ F.normalize(b).T

    g.add("contrastive.logits", logits(), "exp(logit_scale) L2N(a) L2N(b)^T")
    loss = (F.cross_entropy(logits(), truth) + F.cross_entropy(logits().T, truth)) / 2
    add_loss(g, "contrastive", "mean of the cross-entropies of rows and of columns", None, loss,
             a=a, b=b, logit_scale=scale)
    rows = F.cross_entropy(logits(), truth, reduction="none")
    add_loss(g, "contrastive_rows", "mean of the cross-entropies of rows, true class i in row i",
             rows, rows.mean(), a=a, b=b, logit_scale=scale)


def losses():
    draw = Draw(901)
    g = Golden("each operation under its own name; rows of odd sizes")
    add_element_wise(g, draw)
    add_norms(g, draw)
    add_cross_entropy(g, draw)
    add_distances(g, draw)
    add_contrastive(g, draw)
    return g


CASES = {"losses": losses}
