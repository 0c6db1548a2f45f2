"""Both relative captioners whole (spec sections 5.2 to 5.4): from the features of two pictures to the
loss, no dropout. The layers of the VL-Transformer are those of decoder.py."""
import torch
from torch import nn

from common import Draw, Golden, Kinks, gradients, require, values
from decoder import (DecoderLayer, Embedding, EncoderLayer, Stack, masked_nll,
                     smoothed)
from layers import positions_sinusoid

REGIONS, WORDS = 49, 6
INPUTS = {
    "difference": lambda g, u: torch.cat([g, g - u], -1),
    "both": lambda g, u: torch.cat([g, u], -1),
    "target": lambda g, u: torch.cat([g, torch.zeros_like(u)], -1),
}
CAPTIONS = [[5, 2, 6, 1], [3, 0, 0, 0], [0, 0, 0, 0]]


class Core(nn.Module):
    def __init__(self, context, width, embed, attention):
        super().__init__()
        self.ctx2att, self.h2att = nn.Linear(context, attention), nn.Linear(width, attention)
        self.alpha_net = nn.Linear(attention, 1)
        self.rnn = nn.LSTM(embed + context, width, bias=False)

    def forward(self, word, regions, state):
        hidden = self.h2att(state[0][0])
        score = self.alpha_net(torch.tanh(self.ctx2att(regions) + hidden[:, None])).squeeze(-1)
        seen = (score.softmax(-1)[:, :, None] * regions).sum(1)
        return self.rnn(torch.cat([word, seen], -1)[None], state)


class ShowAttendTell(nn.Module):
    def __init__(self, context, words, width, embed, attention):
        super().__init__()
        self.linear = nn.Linear(context, width)
        self.embed = nn.Embedding(words + 1, embed)
        self.core = Core(context, width, embed, attention)
        self.logit = nn.Linear(width, words + 1)

    def forward(self, mean, regions, heard):
        start = self.linear(mean)[None]
        state, out = (start, start), []
        for step in range(heard.shape[1]):
            y, state = self.core(self.embed(heard[:, step]), regions, state)
            out.append(self.logit(y[0]))
        return torch.stack(out, 1)


class Rectified(nn.Module):
    def __init__(self, kinks):
        super().__init__()
        self.kinks = kinks

    def forward(self, x):
        return self.kinks.relu(x)


def attention_embedding(context, width, use_bn, kinks):
    """Regions as rows; the place of dropout counts, and is empty here."""
    before = [nn.BatchNorm1d(context)] if use_bn else []
    after = [nn.BatchNorm1d(width)] if use_bn == 2 else []
    return nn.Sequential(*before, nn.Linear(context, width), Rectified(kinks), nn.Identity(), *after)


class Transformer(nn.Module):
    def __init__(self, context, words, width, heads, hidden, layers, use_bn, kinks):
        super().__init__()
        self.att_embed = attention_embedding(context, width, use_bn, kinks)
        self.model = nn.Module()
        self.model.encoder = Stack((EncoderLayer(width, heads, hidden, kinks)
                                    for _ in range(layers[0])), width)
        self.model.decoder = Stack((DecoderLayer(width, heads, hidden, kinks)
                                    for _ in range(layers[1])), width)
        self.model.tgt_embed = nn.Sequential(Embedding(words + 1, width))
        self.model.generator = nn.Module()
        self.model.generator.proj = nn.Linear(width, words + 1)

    def forward(self, mean, regions, heard):
        x = self.att_embed(regions.reshape(-1, regions.shape[-1]))
        memory = self.model.encoder(x.reshape(*regions.shape[:2], -1))
        padding = heard == 0
        padding[:, 0] = False
        y = self.model.tgt_embed(heard)
        y = y + positions_sinusoid(y.shape[1], y.shape[2]).to(y)
        return self.model.generator.proj(self.model.decoder(y, memory, padding))


def parameter_count(net):
    return sum(p.numel() for p in net.parameters())


def check_sizes():
    """The counts of spec sections 5.3 and 5.4."""
    require("Show-Attend-Tell has other parameters",
            parameter_count(ShowAttendTell(4096, 1000, 512, 512, 512)) == 15970282)
    require("the VL-Transformer has other parameters", parameter_count(
        Transformer(4096, 1000, 512, 8, 2048, (6, 6), 0, Kinks())) == 47264233)


def captions():
    """What is heard before each word, what is said, and what counts: words and END."""
    said = torch.tensor([row + [0] for row in CAPTIONS])
    heard = torch.cat([torch.zeros(len(said), 1, dtype=torch.int64), said[:, :-1]], 1)
    length = (said != 0).sum(1, keepdim=True)
    return heard, said, (torch.arange(said.shape[1]) <= length).to(torch.get_default_dtype())


def add_pictures(g, draw, channels):
    pictures = [draw.normal(len(CAPTIONS), *part) for part in
                ((channels,), (channels,), (REGIONS, channels), (REGIONS, channels))]
    names = ("target_mean", "candidate_mean", "target_regions", "candidate_regions")
    for name, value in zip(names, pictures):
        g.add(name, value, "features, drawn each for itself")
    g.add("ids", torch.tensor(CAPTIONS), "words, then 0")
    return pictures


def related(form, pictures):
    join = INPUTS[form]
    return join(pictures[0], pictures[1]), join(pictures[2], pictures[3])


def add_losses(g, under, net, form, pictures):
    """Logits, the loss and its gradients, and the loss with smoothed labels."""
    heard, said, mask = captions()
    logits = net(*related(form, pictures), heard)
    logp, classes = logits.log_softmax(-1), logits.shape[-1]
    loss = masked_nll(logp, said, mask, classes)
    net.zero_grad(set_to_none=True)
    loss.backward(retain_graph=True)
    g.add(under + "logits", logits, "[B, step, class]")
    g.scalar(under + "loss", loss, "sum(mask * -logp) / sum(mask), mask: words and END")
    g.scalar(under + "smooth", smoothed(logp, said, mask, classes),
             "with label smoothing 0.1, which the other classes share")
    g.group(under + "grad.", gradients(net), "d loss / d parameter")


def captioner_attend():
    check_sizes()
    draw = Draw(1401)
    g = Golden("B=3, C=3, V=6, LSTM of 5, words of 4, attention of 3; each input by its name")
    pictures = add_pictures(g, draw, 3)
    net = draw.fill(ShowAttendTell(6, WORDS, 5, 4, 3))
    g.group("param.", values(net), "parameters")
    for form in INPUTS:
        add_losses(g, form + ".", net, form, pictures)
    return g


def captioner_transformer():
    draw, kinks = Draw(1402), Kinks()
    g = Golden("B=3, C=3, V=6, d=4, 2 heads, ff 5, 2 + 1 layers; by use_bn: 0 with the input `both`, "
               "1 with `difference`, 2 with `target`")
    pictures = add_pictures(g, draw, 3)
    g.add("pe", positions_sinusoid(5, 4), "the first rows of `model.tgt_embed.1.pe`, which `param.` "
          "does not hold")
    for use_bn, form in enumerate(("both", "difference", "target")):
        net = draw.fill(Transformer(6, WORDS, 4, 2, 5, (2, 1), use_bn, kinks))
        under = f"{use_bn}."
        g.group(under + "param.", values(net), "parameters and statistics")
        with torch.no_grad():
            logits = net.eval()(*related(form, pictures), captions()[0])
        g.add(under + "eval.logits", logits, "[B, step, class] in eval mode")
        add_losses(g, under, net.train(), form, pictures)
        after = {k: v for k, v in values(net).items() if "running_" in k or "tracked" in k}
        if after:
            g.group(under + "after.", after, "statistics after one pass in train mode")
    kinks.require_distance("captioner_transformer", 1e-4)
    return g


CASES = {"captioner_attend": captioner_attend, "captioner_transformer": captioner_transformer}
