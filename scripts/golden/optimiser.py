"""Adam with coupled weight decay and skipped parameters, clamped gradients, Noam's rates (spec
sections 0, 5.3 and 5.4)."""
import torch
from torch import nn

from common import Draw, Golden, require_close

STEPS, CLAMP = 5, 0.1
HAS_GRADIENT = [[1, 1], [1, 0], [1, 1], [1, 0], [1, 1]]  # of p and q by step


def noam(step, factor=1.0, width=8, warm_up=20):
    return factor * width**-0.5 * min(step**-0.5, step * warm_up**-1.5)


def adam(initial, gradients, clamp=None, rates=None, **settings):
    """p and q after every step."""
    p, q = (nn.Parameter(value.clone()) for value in initial)
    optimiser = torch.optim.Adam([p, q], **settings)
    after = []
    for step in range(STEPS):
        for parameter, gradient, there in zip((p, q), gradients, HAS_GRADIENT[step]):
            parameter.grad = gradient[step].clone() if there else None
        if clamp:
            nn.utils.clip_grad_value_([p, q], clamp)
        if rates:
            optimiser.param_groups[0]["lr"] = rates[step]
        optimiser.step()
        after.append((p.detach().clone(), q.detach().clone()))
    return [torch.stack(values) for values in zip(*after)]


def add_run(g, under, what, after):
    for name, value in zip("pq", after):
        g.add(f"{under}.{name}", value, f"[step, ..] {name} after each step: {what}")


def optimiser():
    draw = Draw(1001)
    initial = draw.normal(3, 2), draw.normal(5)
    gradients = draw.normal(STEPS, 3, 2, scale=0.3), draw.normal(STEPS, 5, scale=0.3)
    there = torch.tensor(HAS_GRADIENT)
    gradients[1][there[:, 1] == 0] = 0

    rates = [noam(step) for step in range(1, 41)]
    require_close("Noam's rate at the end of the warm-up", rates[19], (8 * 20) ** -0.5, 1e-7)

    g = Golden("two parameters, five steps; q gets no gradient in the second and fourth and is "
               "skipped then: no decay, no change of moments or step count")
    g.add("init.p", initial[0], "before")
    g.add("init.q", initial[1], "before")
    g.add("gradient.p", gradients[0], "[step, ..]")
    g.add("gradient.q", gradients[1], "[step, ..]; zeros stand where there is none")
    g.add("has_gradient", there, "[step, parameter] 1: the step has a gradient of p, q")
    add_run(g, "adam", "lr 1e-2, wd 0.1, betas .9/.999, eps 1e-8",
            adam(initial, gradients, lr=1e-2, weight_decay=0.1))
    add_run(g, "clamp", "the same, gradients first clamped to +-0.1 (decay comes after)",
            adam(initial, gradients, clamp=CLAMP, lr=1e-2, weight_decay=0.1))
    add_run(g, "noam", "lr of `rate`, wd 0, betas .9/.98, eps 1e-8",
            adam(initial, gradients, rates=rates, lr=0.0, betas=(0.9, 0.98)))
    g.add("rate", torch.tensor(rates), "Noam's rates of steps 1 .. 40: factor 1, warm-up 20, "
          "d_model 8")
    return g


CASES = {"optimiser": optimiser}
