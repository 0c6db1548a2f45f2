"""What all cases share: reproducible numbers, the collection of a file's tensors, checks.

Cases compute in torch's default type, which generate.py sets: float64 for what is saved, float32
to see how far rounding alone moves the results. All inputs are representable in float32, so both
runs, and the C code, start from the same values.
"""
import numpy
import torch

NOISE = 1e-12  # results below this are rounding errors of zero and are saved as zero


def require(what, condition):
    if not condition:
        raise SystemExit(f"golden: {what}")


def require_close(what, got, expected, tolerance):
    difference = float((torch.as_tensor(got) - torch.as_tensor(expected)).abs().max())
    require(f"{what} is off by {difference:g}", difference <= tolerance)


class Draw:
    """Random numbers; numpy promises that RandomState's streams never change."""

    def __init__(self, seed):
        self.state = numpy.random.RandomState(seed)

    def normal(self, *shape, scale=1.0, shift=0.0):
        return self._tensor(shift + scale * self.state.standard_normal(shape))

    def uniform(self, low, high, *shape):
        return self._tensor(self.state.uniform(low, high, shape))

    def index(self, below, *shape):
        return torch.from_numpy(self.state.randint(0, below, shape).astype(numpy.int64))

    def fill(self, module):
        """Gives every trained tensor and running statistic of a module a value of its own: matrices
        scaled to their inputs, scales near 1, the rest near 0."""
        for name, p in module.named_parameters():
            if p.requires_grad:
                p.data = self._like(name, p)
        for name, b in module.named_buffers():
            if name.endswith("running_mean"):
                b.copy_(self.normal(*b.shape, scale=0.3))
            elif name.endswith("running_var"):
                b.copy_(self.uniform(0.5, 1.5, *b.shape))
        return module

    def _like(self, name, p):
        if p.dim() > 1:
            return self.normal(*p.shape, scale=(p.numel() / p.shape[0]) ** -0.5)
        scale = name.split(".")[-1] in ("weight", "alpha", "a_2", "a")
        return self.normal(*p.shape, scale=0.2, shift=1.0 if scale else 0.0)

    @staticmethod
    def _tensor(values):
        single = numpy.asarray(values).astype(numpy.float32)
        return torch.from_numpy(single.copy()).to(torch.get_default_dtype())


class Kinks:
    """How near the arguments of max(0, x) come to the point where the slope jumps. A case asks for
    a distance, so that rounding cannot put another implementation on the other side."""

    def __init__(self):
        self.nearest = float("inf")

    def relu(self, x):
        self.nearest = min(self.nearest, float(x.detach().abs().min()))
        return torch.relu(x)

    def require_distance(self, case, distance):
        require(f"{case}: max(0, x) at x = {self.nearest:g}", self.nearest > distance)


def has_no_gradient(name):
    """Biases of keys: adding the same to all keys of a softmax changes nothing. What is computed
    for the gradient is rounding errors of zero."""
    return name.endswith(("k_linear.bias", "_attn.linears.1.bias"))


class Golden:
    """The tensors of one file, in order, with what README.md says about them."""

    def __init__(self, title):
        self.title = title
        self.arrays = {}
        self.meaning = {}  # of tensors added one by one
        self.groups = {}  # prefix: (meaning, keys)

    def add(self, name, value, meaning):
        self._store(name, value)
        self.meaning[name] = meaning

    def scalar(self, name, value, meaning):
        self.add(name, torch.as_tensor(value).reshape(1), meaning)

    def group(self, prefix, values, meaning):
        """Tensors under one prefix, normally the parameters of a module."""
        for key, value in values.items():
            self._store(prefix + key, value)
        self.groups[prefix] = (meaning, list(values))

    def _store(self, name, value):
        require(f"'{name}' is there twice", name not in self.arrays)
        value = torch.as_tensor(value).detach()
        if value.is_floating_point():
            require(f"'{name}' is not finite", bool(torch.isfinite(value).all()))
            value = torch.where(value.abs() < NOISE, torch.zeros_like(value), value).float()
        elif value.dtype == torch.bool:
            value = value.to(torch.uint8)
        self.arrays[name] = value.numpy().copy()

    def deviation(self, other):
        """The largest difference from another run, relative to the largest element of its tensor
        (or to 1e-3 where that is smaller), and the tensor's name."""
        worst, where = 0.0, ""
        for name, array in self.arrays.items():
            if array.dtype != numpy.float32 or has_no_gradient(name):
                continue
            size = max(float(numpy.abs(array).max()), 1e-3)
            found = float(numpy.abs(array - other.arrays[name]).max()) / size
            if found > worst:
                worst, where = found, name
        return worst, where


def wanting_grad(*tensors):
    for t in tensors:
        t.requires_grad_(True)
    return tensors


def values(module):
    """Copies of all parameters and buffers by key."""
    return {key: value.detach().clone() for key, value in module.state_dict().items()}


def gradients(module):
    """The gradients by key, of those parameters that have one."""
    return {k: p.grad.clone() for k, p in module.named_parameters() if p.grad is not None}


def running_statistics(module):
    return {key: value for key, value in values(module).items() if "running_" in key}
