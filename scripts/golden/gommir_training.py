"""GOMMIR, its ablations and what else is made of its parts, in training: ten batches of supervised pre-training and ten of policy
learning (spec sections 2.2 to 2.4 and 4), every draw made by Python's own generator, users who say
what a table holds for each pair of items; and the nets that differ, once forward and back."""
import random

import torch
import torch.nn.functional as F
from torch import nn

from common import Draw, Golden, Kinks, gradients, require, values
from layers import Norm, triplet
from tirg import compose
from tracker import Gommir

ITEMS, RAW, WIDTH, HEADS, HIDDEN, LAYERS = 24, 6, 8, 2, 6, 1
BATCH, TURNS, SHOWN, NEGATIVES, STEPS = 4, 3, 3, 4, 10
GAMMA, SEED = 0.2, 42

# What differs from the paper; each of the switches in turn.
PAPER = dict(memory="all", rewards="list", kernel="dot", full=False, scale=1.0, clamp=False,
             raw_likes=False, last=True, composed=True, choice="negatives")
VARIANTS = {
    "history": dict(memory="history"), "random": dict(memory="random"),
    "no_rewards": dict(rewards="none"), "liked_rewards": dict(rewards="liked"),
    "distance": dict(kernel="distance"), "full_return": dict(full=True),
    "scaled": dict(scale=1 / WIDTH), "clamped": dict(clamp=True),
    "raw_likes": dict(raw_likes=True), "omit_last": dict(last=False),
    "no_composed": dict(composed=False),
    "all_items": dict(choice="all"), "all_items_distance": dict(choice="all", kernel="distance"),
}


class Ablation(Gommir):
    """Spec section 4, rows 1 to 3: what the net lacks it has no parameters for."""

    def __init__(self, lacks, kinks, sizes=(RAW, WIDTH, HEADS, HIDDEN, LAYERS)):
        super().__init__(*sizes, kinks)
        self.lacks = lacks
        if lacks in ("comp", "gate"):
            del self.gated_feature_composer
        if lacks in ("comp", "res"):
            del self.res_info_composer
        if lacks == "comp":
            del self.a

    def compose(self, image, text):
        x = torch.cat([image, text], 1)
        if self.lacks == "gate":
            return self.res_info_composer(x)
        return torch.sigmoid(self.gated_feature_composer(x)) * image

    def turn(self, history, raw_image, raw_text):
        text, image = self.text_norm(self.text_linear(raw_text)), self.embed(raw_image)
        composed = None if self.lacks == "comp" else self.compose(image, text)
        first = image if composed is None else composed
        history += [self.sp_norm(self.sp_token).expand_as(text), first, text]
        z = self.tran(torch.stack(history, 1))
        return self.out_linear(torch.tanh(z.mean(1))), composed


class Tracked(Ablation):
    """Spec section 3: the tracker of GOMMIR over other tokens of a turn."""

    def __init__(self, tokens, kinks, sizes=(RAW, WIDTH, HEADS, HIDDEN, LAYERS)):
        super().__init__("comp", kinks, sizes)
        self.tokens = tokens

    def turn(self, history, raw_image, raw_text):
        made = dict(text=self.text_norm(self.text_linear(raw_text)), image=self.embed(raw_image))
        history += [self.sp_norm(self.sp_token).expand_as(made["text"])]
        history += [made[token] for token in self.tokens]
        z = self.tran(torch.stack(history, 1))
        return self.out_linear(torch.tanh(z.mean(1))), None


class Dislikes(Gommir):
    """Beyond the paper: a fourth token of each turn is made of the mean of what is disliked, given
    beside the liked picture."""

    def __init__(self, kinks, sizes=(RAW, WIDTH, HEADS, HIDDEN, LAYERS)):
        super().__init__(*sizes, kinks)
        self.dislike_linear, self.dislike_norm = nn.Linear(sizes[0], sizes[1]), Norm(sizes[1])

    def turn(self, history, raw_image, raw_text, raw_dislike):
        text, image = self.text_norm(self.text_linear(raw_text)), self.embed(raw_image)
        composed = compose(self, image, text)
        disliked = self.dislike_norm(self.dislike_linear(raw_dislike.mean(1)))
        history += [self.sp_norm(self.sp_token).expand_as(text), composed, text, disliked]
        z = self.tran(torch.stack(history, 1))
        return self.out_linear(torch.tanh(z.mean(1))), composed


class Tirg(Gommir):
    """Spec section 3: the composer alone."""

    def __init__(self, kinks, sizes=(RAW, WIDTH, HEADS, HIDDEN, LAYERS)):
        super().__init__(*sizes, kinks)
        del self.tran, self.out_linear

    def turn(self, history, raw_image, raw_text):
        c = compose(self, self.embed(raw_image), self.text_norm(self.text_linear(raw_text)))
        return c, c


class Problem:
    """Items, and what is said of each pair of a target and a liked item."""

    def __init__(self, draw):
        self.features = draw.normal(ITEMS, RAW)
        self.critique = draw.normal(ITEMS, ITEMS, RAW)


class Shop:
    """A batch of users in front of a catalogue that is embedded once."""

    def __init__(self, net, problem, chance, options, gaps):
        self.net, self.problem, self.chance = net, problem, chance
        self.options, self.gaps = options, gaps
        self.target = [chance.randint(0, ITEMS - 1) for _ in range(BATCH)]
        self.lists = self.random_lists()
        with torch.no_grad():
            self.catalogue = net.embed(problem.features)
        self.history = []

    def random_lists(self):
        below = ITEMS if self.options["last"] else ITEMS - 1
        return [self.chance.sample(range(below), SHOWN) for _ in range(BATCH)]

    def nearest(self, row, rows):
        """Items in the order of their distance to a row; notes how near two of them come."""
        distance = ((rows - row) ** 2).sum(1)
        order = sorted(range(len(rows)), key=lambda i: (float(distance[i]), i))
        return order, distance

    def like(self):
        """The liked item of each list, and the others in its order."""
        rows = self.problem.features if self.options["raw_likes"] else self.catalogue
        liked, others = [], []
        for target, shown in zip(self.target, self.lists):
            order, distance = self.nearest(rows[target], rows[shown])
            self.gaps.relu(distance[order[1:2]] - distance[order[0:1]])
            liked.append(shown[order[0]])
            others.append([item for item in shown if item != liked[-1]])
        return liked, others

    def recommend(self, states, seen):
        """The nearest unseen items of each user."""
        self.lists = []
        for state, known in zip(states.detach(), seen):
            order, distance = self.nearest(state, self.catalogue)
            left = [i for i in order if i not in known]
            for a, b in zip(left[:SHOWN], left[1:SHOWN + 1]):
                self.gaps.relu(distance[b:b + 1] - distance[a:a + 1])
            self.lists.append(left[:SHOWN])

    def turn(self, liked):
        critique = self.problem.critique[self.target, liked]
        return self.net.turn(self.history, self.problem.features[liked], critique)


def supervised(net, problem, chance, kinks, options):
    shop = Shop(net, problem, chance, options, kinks)
    positive, losses = shop.catalogue[shop.target], []
    for _ in range(TURNS):
        liked, _ = shop.like()
        s, c = shop.turn(liked)
        negative = shop.catalogue[[chance.randint(0, ITEMS - 1) for _ in range(BATCH)]]
        pulled = (s, c) if options["composed"] else (s,)
        if options["choice"] == "all":
            losses.append(sum(F.cross_entropy(v @ shop.catalogue.T, torch.tensor(shop.target))
                              for v in pulled))
        else:
            losses.append(sum(triplet(v, positive, negative, kinks.relu).mean() for v in pulled))
        shop.lists = shop.random_lists()
    return torch.stack(losses).mean()


def draw_negatives(chance, memory, options):
    """[J][user]; the outer loop is over J."""
    if options["memory"] == "random":
        return [[chance.randint(0, ITEMS - 1) for _ in memory] for _ in range(NEGATIVES)]
    return [[m[chance.randrange(len(m))] for m in memory] for _ in range(NEGATIVES)]


def policy_loss(state, shop, negatives, options):
    """-log of the softmax's share of the target, user by user."""
    rows, places = [], []
    for u in range(BATCH):
        chosen = [shop.target[u]] + [n[u] for n in negatives]
        if options["choice"] == "all":
            chosen = list(range(ITEMS))
        some = shop.catalogue[chosen]
        rows.append(some @ state[u] if options["kernel"] == "dot"
                    else -((some - state[u]) ** 2).sum(1))
        places.append(chosen.index(shop.target[u]))
    return F.cross_entropy(torch.stack(rows), torch.tensor(places), reduction="none")


def rewards(shop, liked, options):
    if options["rewards"] == "none":
        return torch.ones(BATCH)
    lists = [[item] for item in liked] if options["rewards"] == "liked" else shop.lists
    return torch.stack([(shop.catalogue[shown] @ shop.catalogue[target]).sum()
                        for target, shown in zip(shop.target, lists)]) * options["scale"]


def returns(earned, options):
    if options["rewards"] == "none":
        return earned
    if options["full"]:
        whole = sum(GAMMA ** k * r for k, r in enumerate(earned))
        result = [whole] * TURNS
    else:
        result = [sum(GAMMA ** (j - k) * earned[j] for j in range(k, TURNS)) for k in range(TURNS)]
    return [g.clamp(min=0) for g in result] if options["clamp"] else result


def policy(net, problem, chance, kinks, options):
    shop = Shop(net, problem, chance, options, kinks)
    positive = shop.catalogue[shop.target]
    liked, others = shop.like()
    memory = [list(o) for o in others]
    seen = [set(shown) for shown in shop.lists]
    losses, pulls, earned = [], [], []
    for _ in range(TURNS):
        s, c = shop.turn(liked)
        shop.recommend(s, seen)
        for known, shown in zip(seen, shop.lists):
            known.update(shown)
        liked, others = shop.like()
        later = [m + o for m, o in zip(memory, others)]
        chosen = draw_negatives(chance, memory if options["memory"] == "history" else later,
                                options)
        memory = later
        losses.append(policy_loss(s, shop, chosen, options))
        earned.append(rewards(shop, liked, options))
        if options["composed"]:
            pulls.append(triplet(c, positive, shop.catalogue[chosen[-1]], kinks.relu).mean())
    weighted = sum(loss * g for loss, g in zip(losses, returns(earned, options)))
    return weighted.mean() + sum(pulls)


def length(net):
    """Of all gradients together."""
    return torch.sqrt(sum((g ** 2).sum() for g in gradients(net).values()))


def learn(net, problem, batch_loss, kinks):
    """Ten steps of Adam from a fresh generator; losses and lengths of gradients."""
    chance = random.Random(SEED)
    optimiser = torch.optim.Adam((p for p in net.parameters() if p.requires_grad),
                                 lr=1e-3, weight_decay=1e-8)
    losses, lengths = [], []
    for _ in range(STEPS):
        loss = batch_loss(net, problem, chance, kinks, PAPER)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        losses.append(loss.detach())
        lengths.append(length(net))
        optimiser.step()
    return torch.stack(losses), torch.stack(lengths)


def start():
    draw, kinks = Draw(START), Kinks()
    net = draw.fill(Gommir(RAW, WIDTH, HEADS, HIDDEN, LAYERS, kinks)).train()
    net.a.data = torch.tensor([1.25, 0.75])
    return net, Problem(draw), kinks


START = 611


def learned(values_):
    return {key: value for key, value in values_.items() if key != "tran.pe.pe"}


def training():
    net, problem, kinks = start()
    g = Golden(f"{RAW} raw features, D={WIDTH}, {HEADS} heads, ff {HIDDEN}, one layer; {ITEMS} items, "
               f"{STEPS} batches of {BATCH} users, {TURNS} turns, lists of {SHOWN}, {NEGATIVES} "
               "negatives, discount .2; Adam, lr 1e-3, wd 1e-8; draws of random.Random(42), in the "
               "order of the specification, in both stages")
    g.add("features", problem.features, "raw picture features")
    g.add("critique", problem.critique, "[target, liked, .] raw text features")
    g.group("init.", learned(values(net)), "before")
    losses, lengths = learn(net, problem, supervised, kinks)
    g.add("supervised.loss", losses, "of each batch, before its step")
    g.add("supervised.length", lengths, "of all gradients together")
    g.group("supervised.after.", learned(values(net)), "after ten batches of supervised training")
    losses, lengths = learn(net, problem, policy, kinks)
    g.add("policy.loss", losses, "of each batch, before its step")
    g.add("policy.length", lengths, "of all gradients together")
    g.group("policy.after.", learned(values(net)), "after ten batches of policy learning more")
    kinks.require_distance("gommir_training", 1e-5)
    return g


def variant_loss(name, batch_loss=policy):
    """Loss and length of the gradient of the first batch of a stage from `init.`."""
    net, problem, kinks = start()
    options = dict(PAPER, **VARIANTS.get(name, {}))
    loss = batch_loss(net, problem, random.Random(SEED), kinks, options)
    loss.backward()
    kinks.require_distance(f"variant {name}", 1e-5)
    return torch.stack([loss.detach(), length(net)])


def variants():
    paper = variant_loss("paper")
    g = Golden("the first batch of policy learning from `gommir_training`'s `init.`, each with one "
               "thing changed: loss, and length of all gradients together")
    g.add("paper", paper, "nothing changed")
    for name, change in VARIANTS.items():
        found = variant_loss(name)
        require(f"'{name}' changes nothing", float(((found - paper) / paper).abs().max()) > 1e-3)
        g.add(name, found, ", ".join(f"{key} {value}" for key, value in change.items()))
    g.add("supervised_all_items", variant_loss("all_items", supervised),
          "choice all, of supervised training")
    return g


def play(net, *inputs):
    """States and composed vectors of all turns."""
    history, states, composed = [], [], []
    for turn in range(TURNS):
        s, c = net.turn(history, *(x[turn] for x in inputs))
        states.append(s)
        composed.append(c)
    return torch.stack(states), composed


def check_sizes():
    """The counts of spec sections 3 and 4."""
    sizes, kinks = (512, 512, 8, 1024, 6), Kinks()
    for what, net, parameters, entries in (
            ("without composer", Ablation("comp", kinks, sizes), 13409280, 112),
            ("without gate", Ablation("gate", kinks, sizes), 13936130, None),
            ("without residual", Ablation("res", kinks, sizes), 13936130, None),
            ("MMT", Tracked(["text", "image"], kinks, sizes), 13409280, 112),
            ("TIRG", Tirg(kinks, sizes), 1582594, 26)):
        require(f"{what} has other parameters",
                sum(p.numel() for p in net.parameters()) == parameters)
        require(f"{what} has other state entries", entries in (None, len(net.state_dict())))


def add_net(g, name, seed, make, composes, dislikes=False):
    """Its turns in both modes, and gradients."""
    draw, kinks = Draw(seed), Kinks()
    net = draw.fill(make(kinks))
    inputs = [draw.normal(TURNS, BATCH, RAW), draw.normal(TURNS, BATCH, RAW)]
    if dislikes:
        inputs.append(draw.normal(TURNS, BATCH, SHOWN - 1, RAW))
    r = draw.normal(TURNS, BATCH, WIDTH)
    g.add(f"{name}.image", inputs[0], "[turn, user, .] raw features of what is liked")
    g.add(f"{name}.text", inputs[1], "[turn, user, .] and of what is said")
    if dislikes:
        g.add(f"{name}.dislike", inputs[2], "[turn, user, item, .] and of what else was shown")
    g.add(f"{name}.r", r, "fixed")
    g.group(f"{name}.param.", learned(values(net)), "before")

    states, composed = play(net.train(), *inputs)
    g.add(f"{name}.state", states, "[turn, user, .] s, train mode")
    if composes:
        g.add(f"{name}.composed", torch.stack(composed), "[turn, user, .] c, train mode")
    states, _ = play(net.eval(), *inputs)
    (states * r).sum().backward()
    kinks.require_distance(name, 1e-4)
    g.add(f"{name}.eval", states, "[turn, user, .] s, eval mode, after that")
    g.group(f"{name}.grad.", gradients(net), "d sum(eval * r) / d parameter, where there is one")


def ablations():
    check_sizes()
    g = Golden(f"the nets without composer, gate and residual, sizes as in `gommir_training`; "
               f"B={BATCH}, {TURNS} turns")
    for number, lacks in enumerate(("comp", "gate", "res")):
        add_net(g, lacks, 630 + number, lambda kinks, lacks=lacks: Ablation(lacks, kinks),
                lacks != "comp")
    return g


def baselines():
    g = Golden(f"the nets of IR_img, IR_txt, MMT and TIRG, sizes as in `gommir_training`; "
               f"B={BATCH}, {TURNS} turns")
    add_net(g, "ir_img", 650, lambda kinks: Tracked(["image"], kinks), False)
    add_net(g, "ir_txt", 651, lambda kinks: Tracked(["text"], kinks), False)
    add_net(g, "mmt", 652, lambda kinks: Tracked(["text", "image"], kinks), False)
    add_net(g, "tirg", 653, Tirg, True)
    return g


def beyond():
    g = Golden(f"the net that is told what is disliked, sizes as in `gommir_training`; B={BATCH}, "
               f"{TURNS} turns")
    add_net(g, "dislikes", 670, Dislikes, True, dislikes=True)
    return g


CASES = {"gommir_training": training, "gommir_variants": variants, "gommir_ablations": ablations,
         "gommir_baselines": baselines, "gommir_beyond": beyond}
