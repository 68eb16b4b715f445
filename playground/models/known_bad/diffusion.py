"""Diffusion: noise that is not there at the end, and samplers in too great a hurry."""

from playground.core.known_bad import KnownBad, Setup
from playground.models.networks.noise_path import noise_path

MOST_LEFT = 0.05  # signal-to-noise ratio at the last time, above which its state is no pure noise
FEWEST = {"ddim": 5, "ddpm": 20}  # calls below which samples are visibly off


def left_at_the_end(s: Setup) -> float:
    """α² / σ² at the last time: what is left of the data where sampling starts from pure noise."""
    signal, sigma = noise_path(s.config.schedule, s.config.timesteps)
    return float((signal[-1] / sigma[-1]) ** 2)


KNOWN_BAD = (
    KnownBad("schedule", lambda s: left_at_the_end(s) > MOST_LEFT,
             "At the last time part of the data still shows through the noise (a signal-to-noise ratio above 0.05), "
             "but sampling starts from pure noise, which the network was never shown.",
             {"schedule": "cosine"}, alarm="Wrong noise schedule"),
    KnownBad("sample.steps", lambda s: s.sample.steps < FEWEST[s.sample.sampler],
             "{s.sample.steps} calls are too few for {s.sample.sampler}: each one has to jump too far.",
             {"sample.steps": 50}, alarm="Too few sampler steps"),
    KnownBad("sample.steps", lambda s: s.sample.steps > s.config.timesteps,
             "There are only {s.config.timesteps} times, so no more calls are made."),
    KnownBad("sample.guidance", lambda s: s.config.conditional and s.sample.guidance > 5.0,
             "Guidance of {s.sample.guidance:g} exaggerates the label: samples saturate and look alike."),
)  # fmt: skip
