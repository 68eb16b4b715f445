"""What a diffusion network can be asked for, and how the answer to one question answers all the others.

x_t = α x_0 + σ ε ties two unknowns together; a prediction is a second mix of the same two, and two equations have one
solution. ε: Ho et al. 2020; v: Salimans, Ho 2022; the flow: Lipman et al. 2023.
"""

import numpy as np

TARGETS = {"epsilon": "ε", "x_0": "x₀", "v": "v", "flow": "flow"}  # by the name in the settings: as it is written


def mix(target: str, signal: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How much noise ε and how much image x_0 the target holds, shaped as `signal` α and `sigma` σ."""
    signal, sigma = np.asarray(signal, float), np.asarray(sigma, float)
    one, none = np.ones_like(signal), np.zeros_like(signal)
    return {"epsilon": (one, none), "x_0": (none, one), "v": (signal, -sigma), "flow": (one, -one)}[target]


def target_of(target: str, noise: np.ndarray, image: np.ndarray, signal: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """The target for known noise and image."""
    of_noise, of_image = mix(target, signal, sigma)
    return of_noise * noise + of_image * image


def solved(
    prediction: np.ndarray, x: np.ndarray, target: str, signal: np.ndarray, sigma: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The noise and the image that make both x_t and the prediction of a target."""
    of_noise, of_image = mix(target, signal, sigma)
    both = of_noise * signal - of_image * sigma
    prediction, x = np.asarray(prediction, float), np.asarray(x, float)
    return (signal * prediction - of_image * x) / both, (of_noise * x - sigma * prediction) / both


def converted(
    prediction: np.ndarray, x: np.ndarray, source: str, target: str, signal: np.ndarray, sigma: np.ndarray
) -> np.ndarray:
    """What a network that predicts `source` says of x_t, as one that predicts `target` would have said it."""
    return target_of(target, *solved(prediction, x, source, signal, sigma), signal, sigma)
