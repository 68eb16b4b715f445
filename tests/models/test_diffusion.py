"""Diffusion's arithmetic against diffusers, closed forms and an exact mixture."""

import math
from dataclasses import replace
from itertools import islice, pairwise, product

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler
from diffusers.schedulers import scheduling_ddpm
from torch import Tensor, nn

from playground import registry
from playground.core import noise_targets
from playground.core.data import Batch, Dataset, DataSpec, Factor
from playground.core.model import SampleStep
from playground.models.diffusion import Diffusion, DiffusionConfig, DiffusionSampling
from playground.models.networks.noise_path import noise_path, sampling_times
from tests.helpers import generator

PIXELS = DataSpec("pixels", (1, 4, 4), levels=17)
PLANE = DataSpec("plane", (2,), low=-3.0, high=3.0, factors=(Factor("side", ("left", "right")),))
THEIR_SCHEDULE = {"linear": "linear", "cosine": "squaredcos_cap_v2", "sigmoid": "sigmoid"}
THEIR_TARGET = {"epsilon": "epsilon", "x_0": "sample", "v": "v_prediction"}
TARGETS = (*THEIR_TARGET, "flow")


def alpha_bars(schedule: str, timesteps: int) -> Tensor:
    """ᾱ, as the papers write the signal's share of the variance."""
    return noise_path(schedule, timesteps)[0] ** 2


def _diffusion(spec: DataSpec = PIXELS, **settings: object) -> Diffusion:
    config = replace(DiffusionConfig(width=8), **settings)
    return Diffusion.fresh(spec, config, generator()).requires_grad_(False)


class Recorder(nn.Module):
    """In the network's place: a fixed smooth function of x_t and t, that keeps what it was asked and what it said."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[Tensor, Tensor, Tensor | None]] = []
        self.said: list[Tensor] = []

    def forward(self, x: Tensor, t: Tensor, label: Tensor | None) -> Tensor:
        time = t.view(-1, *[1] * (x.dim() - 1))
        self.asked.append((x, t, label))
        self.said.append(torch.tanh(0.7 * x + 0.3) + 0.5 * torch.cos(time / 200) * x)
        return self.said[-1]


# -- the schedule ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", THEIR_SCHEDULE)
def test_schedules_are_those_of_diffusers(schedule):
    theirs = DDPMScheduler(1000, beta_schedule=THEIR_SCHEDULE[schedule]).alphas_cumprod
    torch.testing.assert_close(alpha_bars(schedule, 1000).float(), theirs, rtol=0, atol=2e-6)


@pytest.mark.parametrize("schedule", THEIR_SCHEDULE)
@pytest.mark.parametrize("timesteps", [10, 100, 1000, 4000])
def test_schedules_fall_from_almost_all_signal_to_almost_none(schedule, timesteps):
    levels = alpha_bars(schedule, timesteps).float()
    assert levels.shape == (timesteps,)
    assert bool((levels[1:] < levels[:-1]).all())
    assert 0.95 < levels[0] < 1
    assert 0 < levels[-1] < 1e-4
    if timesteps >= 100:
        assert levels[0] > 0.998


@pytest.mark.parametrize("schedule", THEIR_SCHEDULE)
def test_one_jump_is_many_small_steps(schedule):
    """x_t = √(1−β_t) x_{t−1} + √β_t ε, step by step: mean and variance of the chain by recursion."""
    betas = DDPMScheduler(1000, beta_schedule=THEIR_SCHEDULE[schedule]).betas.double()
    model, signal, variance = _diffusion(schedule=schedule), 1.0, 0.0
    x = torch.rand(2, *PIXELS.shape, generator=generator())
    for t, beta in enumerate(betas.tolist()):
        signal, variance = signal * math.sqrt(1 - beta), variance * (1 - beta) + beta
        if t in (0, 10, 500, 999):
            corrupted = model.corrupt(x, t, generator(t))
            expected = signal * (2 * x - 1) + math.sqrt(variance) * corrupted["noise"]
            torch.testing.assert_close(2 * corrupted["x"] - 1, expected, rtol=0, atol=1e-5)


def test_the_noise_of_a_corruption_is_standard_and_comes_from_the_seed():
    model, x = _diffusion(), torch.full((200, *PIXELS.shape), 0.25)
    first, again = (model.corrupt(x, 300, generator(5)) for _ in range(2))
    assert torch.equal(first["x"], again["x"])
    assert first["noise"].mean().item() == pytest.approx(0, abs=0.06)
    assert first["noise"].std().item() == pytest.approx(1, abs=0.05)


def test_times_are_evenly_spaced_and_start_at_the_noisiest():
    for steps in (1, 10, 25, 50, 100, 1000):
        theirs = DDIMScheduler(1000, timestep_spacing="trailing")
        theirs.set_timesteps(steps)
        assert sampling_times(1000, steps) == theirs.timesteps.tolist()
    for timesteps, steps in ((10, 3), (10, 7), (100, 30), (4000, 999), (20, 50)):
        times = sampling_times(timesteps, steps)
        assert len(times) == min(steps, timesteps)
        assert times[0] == timesteps - 1
        assert times[-1] >= 0
        assert all(later < earlier for earlier, later in pairwise(times))


def test_the_schedule_that_is_shown_is_the_one_in_use():
    shown = _diffusion(schedule="cosine").schedule()
    torch.testing.assert_close(shown["signal"], alpha_bars("cosine", 1000).sqrt().float())
    torch.testing.assert_close(shown["signal"] ** 2 + shown["sigma"] ** 2, torch.ones(1000))
    assert bool(shown["log_snr"].isfinite().all())
    assert bool((shown["log_snr"][1:] < shown["log_snr"][:-1]).all())


# -- the sampler, against diffusers ---------------------------------------------------------------------------------

SAMPLERS = [("ddim", 0.0), ("ddim", 0.5), ("ddim", 1.0), ("ddpm", 0.0)]


@pytest.fixture(autouse=True)
def float32_draws(monkeypatch):
    """Their DDPM draws in the type of its arguments, ours always in float32."""
    monkeypatch.setattr(
        scheduling_ddpm, "randn_tensor", lambda shape, generator, **_: torch.randn(shape, generator=generator).double()
    )


@pytest.mark.parametrize("schedule", THEIR_SCHEDULE)
@pytest.mark.parametrize("target", THEIR_TARGET)
@pytest.mark.parametrize("steps", [10, 25, 50])
def test_trajectories_are_those_of_diffusers(schedule, target, steps):
    model = _in_float64(_diffusion(schedule=schedule, target=target))
    for (sampler, eta), clip in product(SAMPLERS, (True, False)):
        settings = DiffusionSampling(sampler=sampler, eta=eta, steps=steps, clip_x0=clip)
        model.network = Recorder()
        frames = list(model.sample_steps(3, settings=settings, generator=generator(7)))
        assert frames[-1].x.dtype == torch.float64
        theirs = _theirs(model, settings, frames[0], range(steps))
        _assert_equal_paths(frames[1:], theirs)


@pytest.mark.parametrize("target", THEIR_TARGET)
@pytest.mark.parametrize("first", [0, 500, 996])
def test_single_steps_of_the_full_chain_are_those_of_diffusers(target, first):
    model = _in_float64(_diffusion(target=target))
    for (sampler, eta), clip in product(SAMPLERS, (True, False)):
        settings = DiffusionSampling(sampler=sampler, eta=eta, steps=1000, clip_x0=clip)
        model.network = Recorder()
        x = torch.randn(3, *PIXELS.shape, generator=generator(1)).double() * 0.5 + 0.5
        start = SampleStep(first, 1000, x, generator_state=generator(7).get_state())
        steps = model.sample_steps(3, settings=settings, generator=generator(), start=start)
        frames = list(islice(steps, 5))
        _assert_equal_paths(frames[1:], _theirs(model, settings, frames[0], range(first, first + 4)))


def _in_float64(model: Diffusion) -> Diffusion:
    """Formulae that are equal on paper differ by 1e-4 in float32, where 1 - ᾱ is tiny; here they must not."""
    model.double()
    model.signal, model.sigma = noise_path(model.config.schedule, model.config.timesteps)
    return model


def _theirs(model: Diffusion, settings: DiffusionSampling, start: SampleStep, steps: range) -> list[Tensor]:
    """The states that diffusers reaches from `start`, told what our network said and drawing what ours drew."""
    common = {"num_train_timesteps": 1000, "prediction_type": THEIR_TARGET[model.config.target],
              "clip_sample": settings.clip_x0, "timestep_spacing": "trailing"}  # fmt: skip
    scheduler = DDPMScheduler(**common) if settings.sampler == "ddpm" else DDIMScheduler(**common)
    # Theirs are float32; that the schedules agree has its own test.
    scheduler.alphas_cumprod = model.signal**2
    scheduler.one = scheduler.final_alpha_cumprod = torch.tensor(1.0, dtype=torch.float64)
    scheduler.set_timesteps(settings.steps)
    noise = torch.Generator()
    noise.set_state(start.generator_state)
    x, states = 2 * start.x - 1, []
    for i, said in zip(steps, model.network.said, strict=False):
        t = scheduler.timesteps[i].item()
        if settings.sampler == "ddpm":
            x = scheduler.step(said, t, x, generator=noise).prev_sample
        else:
            fresh = torch.randn(x.shape, generator=noise)
            x = scheduler.step(
                said, t, x, eta=settings.eta, use_clipped_model_output=True, variance_noise=fresh
            ).prev_sample
        states.append(x)
    return states


def _assert_equal_paths(frames: list[SampleStep], theirs: list[Tensor]) -> None:
    assert len(frames) == len(theirs)
    for frame, state in zip(frames, theirs, strict=True):
        scale = max(1.0, state.abs().max().item())
        difference = (2 * frame.x - 1 - state).abs().max().item() / scale
        assert difference < 1e-6, f"state {frame.index} of {frame.total} is off by {difference:.1e}"


@pytest.mark.parametrize("target", THEIR_TARGET)
def test_float32_is_enough(target):
    model, settings = _diffusion(target=target), DiffusionSampling(eta=0.5, steps=250)
    model.network = Recorder()
    frames = list(model.sample_steps(3, settings=settings, generator=generator(7)))
    precise = list(_in_float64(model).sample_steps(3, settings=settings, generator=generator(7)))
    torch.testing.assert_close(frames[-1].x, precise[-1].x.float(), rtol=0, atol=2e-5)


def test_heun_converges_with_the_square_of_the_step_where_ddim_does_with_the_step_itself():
    """The exact path of a Gaussian is known: x_t keeps its number of standard deviations."""
    spec = DataSpec("normal", (2,), low=-3.0, high=3.0)
    model, std = _in_float64(_diffusion(spec, timesteps=4000)), 0.6
    model.network, model.bound = GaussianNoise(model, 0.0, std), torch.tensor(100.0)
    x = torch.tensor([[1.5, -3.0]], dtype=torch.float64)
    t = model.config.timesteps - 1
    sigmas = model._inward(x) / ((model.signal[t] * std) ** 2 + model.sigma[t] ** 2).sqrt()
    off = {}
    for sampler, steps in product(("ddim", "heun"), (20, 40, 80)):
        settings = DiffusionSampling(sampler=sampler, steps=steps, clip_x0=False)
        start = SampleStep(0, steps, x)
        frames = list(model.sample_steps(1, settings=settings, generator=generator(), start=start))
        last = frames[3 * steps // 4]  # a time that all of them come by
        signal, sigma = last.views["signal"], last.views["sigma"]
        off[sampler, steps] = float(
            (model._inward(last.x) - sigmas * ((signal * std) ** 2 + sigma**2).sqrt()).abs().max()
        )
    for sampler, least, most in (("ddim", 1.5, 2.5), ("heun", 3.0, 5.5)):
        for coarse, fine in ((20, 40), (40, 80)):
            assert least < off[sampler, coarse] / off[sampler, fine] < most
    assert off["heun", 20] < off["ddim", 20] / 4


def test_heun_looks_twice_at_every_step_but_the_last_and_its_terms_recombine():
    model = _diffusion()
    model.network = Recorder()
    frames = list(model.sample_steps(3, settings=DiffusionSampling(sampler="heun", steps=6), generator=generator()))
    assert len(model.network.asked) == 11
    for now, then in pairwise(frames):
        torch.testing.assert_close(now.views["mean"], then.x, rtol=0, atol=1e-6)
        recombined = now.views["signal"] * (2 * now.views["denoised"] - 1) + now.views["sigma"] * now.views["noise"]
        torch.testing.assert_close(recombined, 2 * now.x - 1, rtol=0, atol=1e-5)


# -- the sampler, by itself -----------------------------------------------------------------------------------------


def _noisy() -> list[SampleStep]:
    settings = DiffusionSampling(eta=0.7, steps=8)
    return list(_diffusion().sample_steps(3, settings=settings, generator=generator()))


def test_mean_plus_added_noise_is_the_next_state():
    frames = _noisy()
    for now, then in pairwise(frames):
        torch.testing.assert_close(now.views["mean"] + now.views["added"], then.x, rtol=0, atol=1e-6)


def test_state_noise_and_denoised_recombine():
    for frame in _noisy()[:-1]:
        signal, sigma = frame.views["signal"], frame.views["sigma"]
        recombined = signal * (2 * frame.views["denoised"] - 1) + sigma * frame.views["noise"]
        torch.testing.assert_close(recombined, 2 * frame.x - 1, rtol=0, atol=1e-5)


def test_the_finished_sample_gets_no_noise():
    for sampler in ("ddim", "ddpm"):
        settings = DiffusionSampling(sampler=sampler, eta=1.0, steps=8)
        frames = list(_diffusion().sample_steps(3, settings=settings, generator=generator()))
        assert not frames[-2].views["added"].any()
        assert all(frame.views["added"].any() for frame in frames[:-2])
        torch.testing.assert_close(frames[-1].x, frames[-2].views["denoised"], rtol=0, atol=1e-6)


def test_without_eta_the_first_noise_alone_decides():
    model, settings = _diffusion(), DiffusionSampling(eta=0.0, steps=8)
    frames = list(model.sample_steps(3, settings=settings, generator=generator()))
    alone = replace(frames[0], generator_state=None)
    *_, last = model.sample_steps(3, settings=settings, generator=generator(99), start=alone)
    assert torch.equal(last.x, frames[-1].x)
    settings = replace(settings, eta=0.5)
    *_, last = model.sample_steps(3, settings=settings, generator=generator(99), start=alone)
    assert not torch.equal(last.x, frames[-1].x)


def test_ddpm_is_ddim_with_eta_one():
    model = _diffusion()
    ddpm, ddim = (
        model.sample(3, settings=DiffusionSampling(sampler=sampler, eta=eta, steps=8), generator=generator())
        for sampler, eta in (("ddpm", 0.0), ("ddim", 1.0))
    )
    assert torch.equal(ddpm, ddim)


def test_the_predicted_image_stays_in_range_where_it_is_clipped():
    clipped, free = (
        list(_diffusion().sample_steps(3, settings=DiffusionSampling(steps=8, clip_x0=clip), generator=generator()))
        for clip in (True, False)
    )
    for frame in clipped[:-1]:
        assert frame.views["denoised"].min() >= 0
        assert frame.views["denoised"].max() <= 1
    assert free[0].views["denoised"].abs().max() > 2


def test_completion_follows_the_corruption_of_what_is_known():
    model = _diffusion()
    x = torch.randint(17, (3, *PIXELS.shape), generator=generator()) / 16
    mask = torch.zeros_like(x)
    mask[..., :2] = 1.0
    *_, before, last = model.sample_steps(
        3, settings=DiffusionSampling(steps=8), generator=generator(), given=(x, mask)
    )
    assert torch.equal(last.x[mask > 0], x[mask > 0])
    assert not torch.equal(last.x[mask == 0], x[mask == 0])
    assert not torch.equal(before.x[mask > 0], x[mask > 0])  # on the way it is as noisy as the rest


# -- labels and guidance --------------------------------------------------------------------------------------------


def _predictions(label: Tensor | None, guidance: float) -> Tensor:
    model, x = _diffusion(PLANE, conditional=True), torch.randn(4, 2, generator=generator())
    return model._predict(x, 300, label, DiffusionSampling(guidance=guidance, clip_x0=False))[0]


def test_guidance_leads_from_no_label_through_the_label_and_beyond():
    label = torch.tensor([[0], [1], [0], [1]])
    without, half, with_label, beyond = (_predictions(label, w) for w in (0.0, 0.5, 1.0, 3.0))
    model, x = _diffusion(PLANE, conditional=True), torch.randn(4, 2, generator=generator())
    times, nothing = torch.full((4,), 300), torch.full((4, 1), -1)
    torch.testing.assert_close(with_label, model.network(x, times, label), rtol=0, atol=1e-5)
    torch.testing.assert_close(without, model.network(x, times, nothing), rtol=0, atol=1e-5)
    assert not torch.allclose(with_label, without, atol=1e-3)
    torch.testing.assert_close(half, (without + with_label) / 2, rtol=0, atol=1e-5)
    torch.testing.assert_close(beyond, without + 3 * (with_label - without), rtol=0, atol=1e-5)


def test_guidance_of_one_is_the_conditional_sampler():
    """The network never hears of no label, and each step is that of its labelled prediction."""
    model, label = _diffusion(PLANE, conditional=True), torch.tensor([[0], [1], [0]])
    network = model.network
    model.network = Recorder()
    settings = DiffusionSampling(guidance=1.0, steps=5, clip_x0=False)
    list(model.sample_steps(3, label=label, settings=settings, generator=generator()))
    assert len(model.network.asked) == 5
    assert all(torch.equal(asked, label) for _, _, asked in model.network.asked)
    model.network = network
    for frame in list(model.sample_steps(3, label=label, settings=settings, generator=generator()))[:-1]:
        times = torch.full((3,), int(frame.views["t"]))
        expected = network(model._inward(frame.x), times, label)
        torch.testing.assert_close(frame.views["noise"], expected, rtol=1e-4, atol=1e-4)


def test_no_label_means_any_and_any_can_stand_beside_a_label():
    anything = _predictions(None, 4.0)
    assert torch.equal(anything, _predictions(torch.full((4, 1), -1), 4.0))
    mixed = _predictions(torch.tensor([[0], [-1], [-1], [1]]), 4.0)
    torch.testing.assert_close(mixed[1:3], anything[1:3], rtol=0, atol=1e-5)
    assert not torch.allclose(mixed[0], anything[0], atol=1e-3)


@pytest.mark.parametrize("dropout", [0.0, 0.3, 1.0])
def test_labels_are_hidden_as_often_as_the_setting_says(dropout):
    model = _diffusion(PLANE, conditional=True, label_dropout=0.5)
    model.network = Recorder()
    model.config = replace(model.config, label_dropout=dropout)  # it may change while training runs
    labels = torch.arange(2).repeat(1000)[:, None]
    model.objective(Batch.of(torch.zeros(2000, 2), labels), generator())
    seen = model.network.asked[0][2]
    hidden = seen[:, 0] == -1
    assert hidden.float().mean().item() == pytest.approx(dropout, abs=0.04)
    assert torch.equal(seen[~hidden], labels[~hidden])


# -- training -------------------------------------------------------------------------------------------------------


def test_every_time_is_trained():
    model = _diffusion(PLANE, timesteps=20)
    model.network = Recorder()
    model.objective(Batch.of(torch.zeros(2000, 2)), generator())
    count = torch.bincount(model.network.asked[0][1], minlength=20)
    assert count.shape == (20,)
    assert count.min() > 60
    assert count.max() < 145


@pytest.mark.parametrize("target", TARGETS)
def test_the_loss_is_the_squared_error_of_what_was_asked_for(target):
    model = _diffusion(PLANE, target=target)
    model.network = Recorder()
    batch = Batch.of(torch.randn(50, 2, generator=generator(1)))
    loss = model.objective(batch, generator(2))["loss"]
    draws = generator(2)
    t, noise = torch.randint(1000, (50,), generator=draws), torch.randn(50, 2, generator=draws)
    x_0, a = batch.x / 3, alpha_bars("cosine", 1000)[t, None].float()
    x_t = a.sqrt() * x_0 + (1 - a).sqrt() * noise
    wanted = {"epsilon": noise, "x_0": x_0, "v": a.sqrt() * noise - (1 - a).sqrt() * x_0, "flow": noise - x_0}[target]
    asked, times, _ = model.network.asked[0]
    assert torch.equal(times, t)
    torch.testing.assert_close(asked, x_t, rtol=0, atol=1e-5)
    torch.testing.assert_close(loss, ((model.network.said[0] - wanted) ** 2).mean(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("schedule", ["cosine", "straight"])
@pytest.mark.parametrize("target", TARGETS)
def test_a_perfect_prediction_of_any_target_gives_back_image_and_noise(target, schedule):
    model = _diffusion(PLANE, target=target, schedule=schedule)
    x_0, noise = torch.randn(4, 2, generator=generator()) / 3, torch.randn(4, 2, generator=generator(1))
    for t in (5, 300, 900):
        signal, sigma = model._levels(torch.full((4,), t))
        perfect = {"epsilon": noise, "x_0": x_0, "v": signal * noise - sigma * x_0, "flow": noise - x_0}[target]
        model.network = nn.Identity()
        model.network.forward = lambda *_, perfect=perfect: perfect
        found = model._predict(signal * x_0 + sigma * noise, t, None, DiffusionSampling(clip_x0=False))
        torch.testing.assert_close(found[0], noise, rtol=0, atol=1e-4)
        torch.testing.assert_close(found[1], x_0, rtol=0, atol=1e-4)


def test_without_t_the_network_hears_the_same_time_always():
    model = _diffusion(PLANE, know_time=False)
    model.network = Recorder()
    model.objective(Batch.of(torch.zeros(50, 2)), generator())
    model.sample(3, settings=DiffusionSampling(steps=4), generator=generator())
    assert {t for _, times, _ in model.network.asked for t in times.tolist()} == {0}


# -- flow matching --------------------------------------------------------------------------------------------------


def test_the_straight_path_mixes_image_and_noise_in_proportion():
    signal, sigma = noise_path("straight", 999)
    torch.testing.assert_close(signal + sigma, torch.ones(999, dtype=torch.float64))
    torch.testing.assert_close(sigma, torch.arange(1, 1000, dtype=torch.float64) / 1000)


def test_on_the_straight_path_sampling_is_euler_integration_of_the_flow():
    """x_s = x_t + (s - t) flow(x_t): Lipman et al. 2023, Liu et al. 2023."""
    model = _in_float64(_diffusion(schedule="straight", target="flow", timesteps=999))
    model.network = Recorder()
    settings = DiffusionSampling(steps=20, clip_x0=False)
    frames = list(model.sample_steps(3, settings=settings, generator=generator()))
    for now, then, flow in zip(frames, frames[1:], model.network.said, strict=False):
        step = (0 if then is frames[-1] else then.views["sigma"]) - now.views["sigma"]
        torch.testing.assert_close(2 * then.x - 1, 2 * now.x - 1 + step * flow, rtol=0, atol=1e-9)


# -- the likelihood bound -------------------------------------------------------------------------------------------


class GaussianNoise(nn.Module):
    """In the network's place: E[ε | x_t] where the data is N(mean, std²) in the model's own units."""

    def __init__(self, model: Diffusion, mean: float, std: float) -> None:
        super().__init__()
        self.outer, self.mean, self.std = [model], mean, std

    def forward(self, x: Tensor, t: Tensor, label: Tensor | None) -> Tensor:
        signal, sigma = self.outer[0]._levels(t)
        return sigma * (x - signal * self.mean) / ((signal * self.std) ** 2 + sigma**2)


@pytest.mark.parametrize("schedule", ["cosine", "linear", "straight"])
def test_the_bound_is_the_likelihood_where_the_data_is_gaussian(schedule):
    spec = DataSpec("normal", (2,), low=-3.0, high=3.0)
    model = _diffusion(spec, schedule=schedule)
    centre, scale, std = torch.tensor([0.5, -1.0]), 0.8, 0.7
    model.centre, model.scale, model.bound = centre, torch.tensor(scale), torch.tensor(100.0)
    model.network = GaussianNoise(model, 0.0, std)
    truth = torch.distributions.Normal(centre, scale * std)
    x = centre + scale * std * torch.randn(4000, 2, generator=generator(1))
    exact = truth.log_prob(x).sum(1)
    bound = model.log_density(x, generator())
    gap = exact - bound
    error = gap.std().item() / len(gap) ** 0.5
    assert -4 * error < gap.mean().item() < 4 * error + 0.001
    wrong = _diffusion(spec, schedule=schedule)
    wrong.centre, wrong.scale, wrong.bound = model.centre, model.scale, model.bound
    wrong.network = GaussianNoise(wrong, 0.3, std)  # a worse network is never more likely
    assert (bound - wrong.log_density(x, generator())).mean() > 0.02


def test_the_bound_of_discrete_pixels_is_the_probability_where_they_are_fair_coins():
    """Two levels, each as likely: -log2 p is one bit a pixel, and E[x_0 | x_t] is a tanh."""
    spec = DataSpec("coins", (1, 4, 4), levels=2)
    model = _diffusion(spec, target="x_0")

    class Exact(nn.Module):
        def forward(self, x: Tensor, t: Tensor, label: Tensor | None) -> Tensor:
            signal, sigma = model._levels(t)
            return torch.tanh(x * signal / sigma**2)

    model.network = Exact()
    x = torch.randint(2, (3000, 1, 4, 4), generator=generator()).float()
    bits = -model.log_density(x, generator(1)) / (16 * math.log(2))
    error = bits.std().item() / len(bits) ** 0.5
    assert 1.0 - 4 * error < bits.mean().item() < 1.02 + 4 * error


def test_the_first_step_knows_the_pixel_as_well_as_its_noise_allows():
    """With few times the first noise already blurs 256 levels: the softmax over them against the formula."""
    spec = DataSpec("fine", (1, 4, 4), levels=256)
    model = _diffusion(spec, schedule="linear", timesteps=50)
    x = torch.randint(256, (2, 1, 4, 4), generator=generator()).float() / 255
    noise = torch.randn(x.shape, generator=generator(3)).double()
    signal, sigma = (level[0].item() for level in noise_path("linear", 50))
    state = signal * (2 * x.double() - 1) + sigma * noise
    levels = torch.linspace(-1, 1, 256, dtype=torch.float64)
    log_p = torch.distributions.Normal(signal * levels, sigma).log_prob(state[..., None]).log_softmax(-1)
    expected = log_p.gather(-1, (x * 255).round().long()[..., None]).flatten(1).sum(1)
    found = model._log_first_step(2 * x - 1, generator(3))
    torch.testing.assert_close(found.double(), expected, rtol=1e-3, atol=1e-2)


# -- looking inside -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_said_of_examples_is_the_loss_at_their_times(target):
    model = _diffusion(PLANE, target=target)
    model.network = Recorder()
    x, t = torch.randn(50, 2, generator=generator()), torch.arange(0, 1000, 20)
    look = model.look(x, t, generator(2))
    torch.testing.assert_close(look["signal"] * look["image"] + look["sigma"] * look["noise"], look["x"])
    of_noise, of_image = model._target(look["signal"], look["sigma"])
    loss = (look["prediction"] - of_noise * look["noise"] - of_image * look["image"]).square().mean()
    torch.testing.assert_close(loss, model.objective(Batch.of(x), generator(2), t)["loss"])
    mine = noise_targets.target_of(target, look["noise"].numpy(), look["image"].numpy(), *_numpy(model, t))
    np.testing.assert_allclose(mine, (of_noise * look["noise"] + of_image * look["image"]).numpy(), atol=1e-6)
    noise, image = noise_targets.solved(look["prediction"].numpy(), look["x"].numpy(), target, *_numpy(model, t))
    found = model._predict(look["x"], t, None, DiffusionSampling(clip_x0=False))
    np.testing.assert_allclose(noise[:45], found[0][:45].numpy(), atol=1e-4)
    np.testing.assert_allclose(image[:45], found[1][:45].numpy(), atol=1e-4)


def _numpy(model: Diffusion, t: Tensor) -> list[np.ndarray]:
    return [level.double().numpy() for level in model._levels(t)]


def test_the_times_that_are_told_are_those_that_a_sampler_comes_by():
    model = _diffusion(timesteps=100)
    frames = list(model.sample_steps(1, settings=DiffusionSampling(steps=7), generator=generator()))
    assert model.schedule(7)["times"].tolist() == [int(frame.views["t"]) for frame in frames[:-1]]


# -- against an exact density ---------------------------------------------------------------------------------------


class ExactNoise(nn.Module):
    """In the network's place: the best possible prediction, E[ε | x_t], from the exact score of the noised data."""

    def __init__(self, model: Diffusion, dataset: Dataset) -> None:
        super().__init__()
        self.outer, self.exact = [model], dataset.exact

    def forward(self, x: Tensor, t: Tensor, label: Tensor | None) -> Tensor:
        model = self.outer[0]
        signal, sigma = (level.double()[0].item() for level in model._levels(t[:1]))
        sigma *= model.scale.item()
        centred = model._outward(x).double() - (1 - signal) * model.centre.double()
        return (-sigma * self.exact.score(centred, signal, sigma)).to(x)


def _exact() -> tuple[Diffusion, Dataset]:
    dataset = registry.load_data("eight-gaussians")
    model = _diffusion(dataset.spec)
    model.prepare(dataset.train, generator())
    model.network = ExactNoise(model, dataset)
    return model, dataset


@pytest.mark.parametrize("t", [20, 100, 400, 900, 999])
def test_the_score_of_an_exact_network_is_the_exact_score_everywhere(t):
    model, dataset = _exact()
    axis = torch.linspace(-3, 3, 13)
    x = torch.cartesian_prod(axis, axis)  # out to the corners, far from all data
    found = model.score(x, t)
    signal, sigma = found["signal"].item(), found["sigma"].item()
    exact = dataset.exact.score((x - found["shift"]).double(), signal, sigma)
    torch.testing.assert_close(found["x"].double(), exact, rtol=1e-4, atol=1e-3)


def test_an_exact_network_samples_the_mixture():
    model, dataset = _exact()
    centres, std = dataset.modes
    for settings in (DiffusionSampling(steps=50), DiffusionSampling(steps=50, sampler="ddpm")):
        samples = model.sample(800, settings=settings, generator=generator())
        distance, mode = torch.cdist(samples, centres).min(dim=1)
        share = torch.bincount(mode, minlength=8) / len(samples)
        assert share.min() > 0.08  # 1/8 each
        assert share.max() < 0.17
        assert (distance < 3 * std).float().mean() > 0.95
