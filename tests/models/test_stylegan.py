"""The style GAN: modulation by explicit weights, whose style goes where, truncation and path length by brute force."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from playground.core.data import Batch, DataSpec, Factor
from playground.models.stylegan import (
    AVERAGED,
    LAZY,
    ModulatedConv,
    StyleGAN,
    StyleGANConfig,
    StyleGANSampling,
    StyleLayer,
)
from tests.helpers import differing, generator, losses_of, tiny, trainer_of

SHAPES = DataSpec("shapes", (3, 16, 16), factors=(Factor("shape", ("disc", "box")), Factor("colour", ("r", "g", "b"))))
LAYERS = 5  # of 16 x 16: one at 4, two at 8, two at 16


def _stylegan(spec: DataSpec = SHAPES, **settings: object) -> StyleGAN:
    """A fresh one whose noise is heard and whose labels differ."""
    config = replace(StyleGANConfig(latent_dim=6, width=4, penalty=0.0), **settings)
    net = StyleGAN.fresh(spec, config, generator())
    with torch.no_grad():
        for layer in net.synthesis.layers:
            layer.strength.fill_(3.0)
    return net


def _labels(n: int) -> torch.Tensor:
    return torch.stack([torch.arange(n) % 2, torch.arange(n) % 3], dim=1)


def _batch(n: int = 6) -> Batch:
    return Batch.of(torch.rand(n, 3, 16, 16, generator=generator(1)), _labels(n))


def _styles(net: StyleGAN, n: int, label: torch.Tensor | None = None, **settings: object) -> torch.Tensor:
    """The styles (n, layers, W) that synthesis gets of a sampler with such settings."""
    (step,) = net.sample_steps(n, label=label, settings=StyleGANSampling(**settings), generator=generator())
    return step.views["w"]


# -- the modulated convolution --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "demodulate"), [(3, True), (1, True), (3, False), (1, False)])
def test_a_modulated_convolution_is_one_with_weights_of_its_own_for_each_sample(size, demodulate):
    net = ModulatedConv(4, 5, 6, size, demodulate).requires_grad_(False)
    net.bias.copy_(torch.randn(5, 1, 1, generator=generator(1)))
    net.style.bias.copy_(torch.randn(4, generator=generator(2)))
    x, w = torch.randn(3, 4, 7, 7, generator=generator(3)), torch.randn(3, 6, generator=generator(4))
    found = net(x, w)
    for i in range(3):
        style = net.style.weight @ w[i] + net.style.bias  # (4,)
        weight = net.weight.clone()  # (5, 4, size, size)
        for o in range(5):
            for c in range(4):
                weight[o, c] *= style[c]
            if demodulate:
                weight[o] /= math.sqrt((weight[o] ** 2).sum() + 1e-8)
        expected = F.conv2d(x[i : i + 1], weight, net.bias.flatten(), padding=size // 2)
        torch.testing.assert_close(found[i : i + 1], expected, rtol=1e-4, atol=1e-5)


def test_demodulation_gives_unit_variance_for_unit_inputs_whatever_the_style():
    net = ModulatedConv(8, 6, 4).requires_grad_(False)
    x = torch.randn(200, 8, 9, 9, generator=generator())
    for scale in (0.1, 1.0, 10.0):
        h = net(x, scale * torch.ones(200, 4))
        torch.testing.assert_close(h[:, :, 1:-1, 1:-1].std(dim=(0, 2, 3)), torch.ones(6), rtol=0.05, atol=0)


# -- noise ----------------------------------------------------------------------------------------------------------


def test_noise_is_left_out_or_the_same_for_all_or_each_samples_own():
    layer = StyleLayer(4, 5, 6, 8).requires_grad_(False)
    layer.strength.fill_(2.0)
    x, w = torch.randn(3, 4, 8, 8, generator=generator(1)), torch.randn(3, 6, generator=generator(2))
    quiet = layer.convolution(x, w)
    drawn = torch.randn(3, 1, 8, 8, generator=generator(3))
    for kind, noise in (("none", 0.0), ("fixed", layer.noise), ("fresh", drawn)):
        expected = F.leaky_relu(quiet + 0.1 * 2.0 * noise, 0.2) * math.sqrt(2)
        torch.testing.assert_close(layer(x, w, kind, generator(3)), expected)


def test_samples_of_one_style_differ_by_fresh_noise_alone():
    net = _stylegan()
    settings = {kind: StyleGANSampling(psi=0.0, noise=kind) for kind in ("fixed", "fresh", "none")}
    images = {kind: net.sample(4, settings=it, generator=generator()) for kind, it in settings.items()}
    for kind in ("fixed", "none"):
        torch.testing.assert_close(images[kind], images[kind][:1].expand(4, -1, -1, -1), rtol=0, atol=1e-6)
    assert not torch.allclose(images["fresh"][0], images["fresh"][1], atol=1e-3)
    assert not torch.allclose(images["fixed"], images["none"], atol=1e-3)
    again = net.sample(4, settings=settings["fixed"], generator=generator(7))
    torch.testing.assert_close(again, images["fixed"], rtol=0, atol=1e-6)  # the seed has no say in it


def test_every_layer_has_a_noise_of_its_own():
    """Those that a sampler draws, too: each layer is fed the same input, and adds something else."""
    net = _stylegan()
    with torch.no_grad():
        for kind in ("fixed", "fresh"):
            draws, seen = generator(3), []
            for layer in (net.synthesis.layers[3], net.synthesis.layers[4]):  # both 16 x 16
                x = torch.zeros(1, layer.convolution.weight.shape[1], 16, 16)
                seen.append(layer(x, torch.zeros(1, 6), kind, draws)[0, 0])
            assert not torch.allclose(seen[0], seen[1], atol=1e-3)


# -- synthesis ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("channels", "side", "layers"), [(1, 8, 3), (3, 9, 3), (3, 16, 5), (1, 28, 5), (3, 32, 7)])
def test_a_constant_grows_to_the_image_with_two_layers_a_size(channels, side, layers):
    net = _stylegan(DataSpec("images", (channels, side, side)))
    assert net.layers == layers
    image = net.decode(torch.randn(2, 6, generator=generator()))
    assert image.shape == (2, channels, side, side)
    assert 0 <= image.min() < image.max() <= 1
    assert not torch.equal(image[0], image[1])


def test_each_layer_obeys_its_own_style_and_no_later_one():
    net = _stylegan().requires_grad_(False)
    assert net.layers == LAYERS
    seen: list[torch.Tensor] = []
    for layer in net.synthesis.layers:
        layer.register_forward_hook(lambda module, inputs, output: seen.append(output))
    styles = torch.randn(1, LAYERS, 6, generator=generator())

    def _maps(styles: torch.Tensor) -> list[torch.Tensor]:
        seen.clear()
        image = net.synthesise(styles)
        return [*seen, image]

    before = _maps(styles)
    for i in range(LAYERS):
        other = styles.clone()
        other[:, i] += 1.0
        changed = [not torch.equal(a, b) for a, b in zip(before, _maps(other), strict=True)]
        assert changed == [j >= i for j in range(LAYERS)] + [True]


def test_colours_are_summed_over_the_sizes():
    """With flat maps nothing is lost between sizes: the logits are the sum of the three biases."""
    net = _stylegan().requires_grad_(False)
    for i, colour in enumerate(net.synthesis.colours):
        colour.weight.zero_()
        colour.bias.fill_(0.1 * 2**i)
    image = net.decode(torch.randn(2, 6, generator=generator()))
    torch.testing.assert_close(image, torch.sigmoid(torch.tensor(0.7)).expand(2, 3, 16, 16))


def test_only_the_direction_of_z_counts():
    net = _stylegan()
    z = torch.randn(3, 6, generator=generator())
    torch.testing.assert_close(net.styles(z), net.styles(5 * z), rtol=1e-4, atol=1e-5)
    unit = z / z.square().mean(dim=1, keepdim=True).sqrt()
    torch.testing.assert_close(net.styles(z)[:, 0], net.mapping(unit).detach(), rtol=1e-4, atol=1e-5)


def test_styles_differ_from_the_start_about_as_much_as_codes_do():
    w = _stylegan(latent_dim=32).styles(torch.randn(500, 32, generator=generator()))[:, 0]
    assert 0.5 < w.std(dim=0).square().mean().sqrt() < 2


# -- truncation -----------------------------------------------------------------------------------------------------


def _average(net: StyleGAN, label: torch.Tensor | None) -> torch.Tensor:
    """w averaged over the stored codes, one by one."""
    styles = [net.styles(z[None], label)[0, 0] for z in net.codes]
    return sum(styles) / AVERAGED


@pytest.mark.parametrize("psi", [0.0, 0.3, 1.0, 1.5])
@pytest.mark.parametrize("cutoff", [0, 2, 16])
def test_psi_pulls_the_first_layers_towards_the_average_style(psi, cutoff):
    net = _stylegan()
    plain, pulled = _styles(net, 5), _styles(net, 5, psi=psi, cutoff=cutoff)
    mean = _average(net, None)
    for i in range(LAYERS):
        expected = mean + psi * (plain[:, i] - mean) if i < cutoff else plain[:, i]
        torch.testing.assert_close(pulled[:, i], expected, rtol=1e-4, atol=1e-5)


def test_each_label_has_an_average_of_its_own_open_ones_too():
    net = _stylegan(conditional=True)
    label = torch.tensor([[0, 2], [1, 0], [-1, 2], [0, -1], [0, 2], [-1, -1]])
    styles = _styles(net, 6, label, psi=0.0)
    for row, found in zip(label, styles, strict=True):
        torch.testing.assert_close(found, _average(net, row[None]).expand(LAYERS, -1), rtol=1e-4, atol=1e-5)
    images = net.sample(6, label=label, settings=StyleGANSampling(psi=0.0), generator=generator())
    torch.testing.assert_close(images[0], images[4], rtol=0, atol=1e-6)
    assert not torch.allclose(images[0], images[1], atol=1e-3)
    openly = net.sample(6, settings=StyleGANSampling(psi=0.0), generator=generator())
    torch.testing.assert_close(openly, images[5:].expand(6, -1, -1, -1), rtol=0, atol=1e-6)


def test_the_stored_codes_are_normal_and_none_is_the_samplers():
    codes = _stylegan(latent_dim=32).codes
    assert codes.shape == (AVERAGED, 32)
    assert codes.mean().item() == pytest.approx(0, abs=0.05)
    assert codes.std().item() == pytest.approx(1, abs=0.05)


# -- mixing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", range(LAYERS + 2))
def test_samples_are_mixed_with_the_next_from_a_layer_on(k):
    net = _stylegan()
    plain, mixed = _styles(net, 4), _styles(net, 4, mix_layer=k)
    for i in range(LAYERS):
        theirs = 0 < k <= i
        expected = torch.stack([plain[(n + theirs) % 4, i] for n in range(4)])
        assert torch.equal(mixed[:, i], expected)


def _styles_in_training(net: StyleGAN, n: int, monkeypatch: pytest.MonkeyPatch) -> tuple[torch.Tensor, torch.Tensor]:
    """The styles (n, layers, W) of n training images, and the two codes' (2, n, W) of which they are made."""
    made: list[torch.Tensor] = []
    mapped: list[torch.Tensor] = []
    map_z = net._map

    def _watched(z, label):
        mapped.append(map_z(z, label))
        return mapped[-1]

    monkeypatch.setattr(net, "_map", _watched)
    monkeypatch.setattr(net.synthesis, "forward", lambda styles, noise, draws: made.append((styles, noise)))
    net._imagined(n, None, generator())
    (styles, noise), (first, second) = made[0], mapped
    assert noise == "fresh"
    return styles, torch.stack([first, second])


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_training_mixes_a_share_of_the_images_at_any_layer(share, monkeypatch):
    styles, (first, second) = _styles_in_training(_stylegan(mixing=share), 2000, monkeypatch)
    from_second = (styles == second[:, None]).all(dim=2)  # (n, layers)
    assert torch.equal(from_second, ~(styles == first[:, None]).all(dim=2))
    starts = LAYERS - from_second.sum(dim=1)
    assert torch.equal(from_second, torch.arange(LAYERS) >= starts[:, None])  # coarse of one, fine of the other
    assert (starts < LAYERS).float().mean().item() == pytest.approx(share, abs=0.04)
    if share:
        counts = torch.bincount(starts[starts < LAYERS], minlength=LAYERS)[1:].float()
        assert counts.min() > 0.8 * counts.max()


# -- path length ----------------------------------------------------------------------------------------------------


class Linear(nn.Module):
    """A synthesis whose images are A w, A another in each layer."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = torch.randn(LAYERS, 3 * 16 * 16, 6, generator=generator(9))
        self.layers = nn.ModuleList(nn.Identity() for _ in range(LAYERS))

    def forward(self, styles, noise, draws):
        assert noise == "fixed"
        return torch.einsum("lpw,nlw->np", self.maps, styles).view(-1, 3, 16, 16)


def test_the_path_length_of_a_linear_generator_is_that_of_its_transpose():
    net = _stylegan()
    net.synthesis = Linear()
    found = net.path_length(4, generator(3))
    draws = generator(3)
    torch.randn(4, 6, generator=draws)  # the codes, which do not matter
    y = torch.randn(4, 3, 16, 16, generator=draws) / 16
    for n in range(4):
        slopes = [net.synthesis.maps[i].T @ y[n].flatten() for i in range(LAYERS)]
        expected = math.sqrt(sum((slope**2).sum().item() for slope in slopes) / LAYERS)
        assert found[n].item() == pytest.approx(expected, rel=1e-4)


def test_the_path_length_of_a_real_generator_is_found_by_small_steps():
    net = _stylegan().requires_grad_(False)
    with torch.no_grad():  # as whoever only looks asks
        found = net.path_length(1, generator(3)).item()
    draws = generator(3)
    w = net.styles(net._normal(1, draws)).double()
    y = torch.randn(1, 3, 16, 16, generator=draws).double() / 16
    net.double()
    total = 0.0
    for i in range(LAYERS):
        for j in range(6):
            step = torch.zeros_like(w)
            step[0, i, j] = 1e-4
            slope = ((net.synthesise(w + step) - net.synthesise(w - step)) * y).sum() / 2e-4
            total += slope.item() ** 2
    assert found == pytest.approx(math.sqrt(total / LAYERS), rel=1e-3)


# -- training -------------------------------------------------------------------------------------------------------


class Slope(nn.Module):
    """A critic w·x, whose slope is w everywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(0.1 * torch.randn(3 * 16 * 16, generator=generator(5)))

    def forward(self, x, label):
        return x.flatten(1) @ self.w


class Bowl(nn.Module):
    """A critic |x|²/2, whose slope is x."""

    def forward(self, x, label):
        return x.flatten(1).square().sum(dim=1) / 2


def test_r1_is_half_gamma_times_the_slope_squared_paid_at_few_steps_but_in_full():
    net = _stylegan(penalty=0.4)
    net.discriminator = Slope()
    penalties = [net._penalty(_batch().x, None).item() for _ in range(3 * LAZY)]
    assert [i for i, penalty in enumerate(penalties) if penalty] == [0, LAZY, 2 * LAZY]
    expected = 0.4 / 2 * net.discriminator.w.square().sum().item()
    assert sum(penalties) / len(penalties) == pytest.approx(expected, rel=1e-5)


def test_r1_is_averaged_over_the_images():
    net, x = _stylegan(penalty=0.4), _batch().x
    net.discriminator = Bowl()
    expected = LAZY * 0.4 / 2 * sum((image**2).sum().item() for image in x) / len(x)
    assert net._penalty(x, None).item() == pytest.approx(expected, rel=1e-5)


def _plainly(net: StyleGAN) -> dict[str, torch.optim.Optimizer]:
    """Steps of length one down the slope, of the players that the model itself names."""
    players = net.configure_optimizers()
    return {part: torch.optim.SGD(own.param_groups[0]["params"], lr=1.0) for part, own in players.items()}


def _copied(net: StyleGAN, part: str) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in net.state_dict().items()
            if name.startswith("discriminator.") == (part == "discriminator") and name != "updates"}  # fmt: skip


def _bce(logits: torch.Tensor, real: bool) -> torch.Tensor:
    return F.binary_cross_entropy(logits.sigmoid(), torch.full_like(logits, float(real)))


@pytest.mark.parametrize("conditional", [False, True])
def test_the_discriminators_step_goes_down_cross_entropy_and_r1(conditional):
    net, batch = _stylegan(conditional=conditional, label_dropout=0.0, penalty=0.5, recognition=0.7), _batch()
    draws, label = generator(3), batch.labels if conditional else None
    if conditional:  # which labels are hidden: none
        torch.rand(len(batch), 1, generator=draws)
        torch.rand(batch.labels.shape, generator=draws)
    made = net._imagined(len(batch), label, draws).detach()
    (real, misread), fake = net.discriminator.judge_and_read(batch.x, label), net.discriminator(made, label)
    assert (misread.item() > 0.0) == conditional
    loss = _bce(real, True) + _bce(fake, False)
    slopes = torch.autograd.grad(loss + 0.7 * misread + net._penalty(batch.x, label),
                                 list(net.discriminator.parameters()))  # fmt: skip
    net.updates.zero_()
    wanted = [p.detach() - slope for p, slope in zip(net.discriminator.parameters(), slopes, strict=True)]
    kept = _copied(net, "generator")
    terms = net.train_step(batch, _plainly(net), generator(3), ("discriminator",))
    for parameter, value in zip(net.discriminator.parameters(), wanted, strict=True):
        torch.testing.assert_close(parameter.detach(), value, rtol=1e-4, atol=1e-5)
    assert not differing(kept, _copied(net, "generator"))
    torch.testing.assert_close(terms["discriminator"], loss.detach())
    torch.testing.assert_close(terms["D(data)"], real.sigmoid().mean().detach())
    torch.testing.assert_close(terms["D(samples)"], fake.sigmoid().mean().detach())


@pytest.mark.parametrize("conditional", [False, True])
def test_the_generators_step_makes_its_images_look_real(conditional):
    net, batch = _stylegan(conditional=conditional, label_dropout=0.0, penalty=0.5, recognition=0.7), _batch()
    draws, label = generator(3), batch.labels if conditional else None
    if conditional:
        torch.rand(len(batch), 1, generator=draws)
        torch.rand(batch.labels.shape, generator=draws)
    judged, misread = net.discriminator.judge_and_read(net._imagined(len(batch), label, draws), label)
    loss = _bce(judged, True)
    artist = [parameter for name, parameter in net.named_parameters() if not name.startswith("discriminator")]
    slopes = torch.autograd.grad(loss + 0.7 * misread, artist)
    wanted = [p.detach() - slope for p, slope in zip(artist, slopes, strict=True)]
    kept = _copied(net, "discriminator")
    terms = net.train_step(batch, _plainly(net), generator(3), ("generator",))
    for parameter, value in zip(artist, wanted, strict=True):
        torch.testing.assert_close(parameter.detach(), value, rtol=1e-4, atol=1e-5)
    assert not differing(kept, _copied(net, "discriminator"))
    assert net.updates.item() == 0
    torch.testing.assert_close(terms["generator"], loss.detach())


@pytest.mark.parametrize("part", StyleGAN.parts)
def test_a_part_that_trains_alone_leaves_the_others_weights_and_average(part):
    run = trainer_of(tiny("stylegan", "digits", conditional=True, penalty=0.3))
    losses_of(run, 3)
    rests = next(other for other in StyleGAN.parts if other != part)
    raw, averaged, moved = _copied(run.model, rests), _copied(run.sampler, rests), _copied(run.model, part)
    run.train_only((part,), 2)
    losses_of(run, 2)
    assert not differing(raw, _copied(run.model, rests))
    assert not differing(averaged, _copied(run.sampler, rests))
    assert differing(moved, _copied(run.model, part))


def test_samples_are_made_by_the_averaged_networks():
    run = trainer_of(tiny("stylegan", "digits", train__ema=0.9))
    average = [parameter.detach().clone() for parameter in run.model.parameters()]
    for step in range(1, 6):
        losses_of(run, 1)
        decay = min(0.9, (1 + step) / (10 + step))
        for mean, now in zip(average, run.model.parameters(), strict=True):
            mean.mul_(decay).add_((1 - decay) * now.detach())
    settings = StyleGANSampling(psi=0.7)
    samples, live = (net.sample(3, settings=settings, generator=generator()) for net in (run.sampler, run.model))
    with torch.no_grad():
        for parameter, mean in zip(run.model.parameters(), average, strict=True):
            parameter.copy_(mean)
    torch.testing.assert_close(samples, run.model.sample(3, settings=settings, generator=generator()))
    assert not torch.allclose(samples, live, atol=1e-3)


# -- labels ---------------------------------------------------------------------------------------------------------


def test_labels_reach_both_players_and_each_may_be_left_open():
    net, batch = _stylegan(conditional=True).requires_grad_(False), _batch()
    z, openly = torch.randn(6, 6, generator=generator()), torch.full((6, 2), -1)
    torch.testing.assert_close(net.decode(z), net.decode(z, openly))
    for i in range(2):
        partly = batch.labels.clone()
        partly[:, i] = -1
        for label in (partly, openly):
            assert not torch.equal(net.decode(z, batch.labels), net.decode(z, label))
            judged = net.discriminator(batch.x, batch.labels)
            assert not torch.equal(judged, net.discriminator(batch.x, label))


def test_points_and_sizes_that_cannot_grow_are_refused():
    assert "points" in StyleGAN.supports(DataSpec("plane", (2,)))
    for shape in ((1, 8, 12), (1, 4, 4), (3, 128, 128)):
        assert "square" in StyleGAN.supports(DataSpec("images", shape))
    assert StyleGAN.supports(SHAPES) is None


def test_the_maps_of_each_layer_are_what_the_next_one_reads():
    net = _stylegan()
    w = torch.randn(2, LAYERS, 6, generator=generator(1))
    found = net.maps(w, "fresh", generator(2))
    assert torch.equal(found["x"], net.synthesise(w, "fresh", generator(2)))
    assert [tuple(found[f"maps_{i}"].shape[2:]) for i in range(LAYERS)] == [(4, 4), (8, 8), (8, 8), (16, 16), (16, 16)]
    again = net.synthesis.layers[2](found["maps_1"], w[:, 2], "none", None)
    without = net.maps(w, "none", generator(2))
    assert torch.allclose(net.synthesis.layers[2](without["maps_1"], w[:, 2], "none", None), without["maps_2"])
    assert not torch.allclose(again, without["maps_2"])
    assert not net.synthesis.layers[0]._forward_hooks


def test_one_style_without_noise_is_one_image_and_with_noise_many():
    net, w = _stylegan(), torch.randn(1, LAYERS, 6, generator=generator(1)).expand(5, -1, -1)
    for noise in ("none", "fixed"):
        assert net.synthesise(w, noise, generator(3)).std(dim=0).max() < 1e-6
    assert net.synthesise(w, "fresh", generator(3)).std(dim=0).max() > 1e-3


def test_layers_are_counted_up_to_those_that_there_are():
    fields = {field.name: field for field in _stylegan().sampling_fields()}
    assert (fields["cutoff"].default, fields["cutoff"].high) == (LAYERS, LAYERS)
    assert fields["mix_layer"].high == LAYERS - 1
