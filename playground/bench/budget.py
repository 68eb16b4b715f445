"""What the program promises of its speed: each figure with its gate and its goal, beside the value that was measured
last on this machine, kept in the user's data folder."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground import paths
from playground.core.whole_file import kept_aside, whole_file

FORMAT = 1
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Figure:
    """A promise.

    Attributes:
        key, title: its name in JSON and for people.
        gate, goal: what must hold, and what is aimed at; the goal is the better of both.
        unit: "ms", "s", or "x" for a ratio.
        command: the words after `playground bench` that measure it; "" while none does.
        path: where its value stands in what that command gives, names joined by slashes.
        each: the name in it of what is measured one by one, of which the worst counts.
    """

    key: str
    title: str
    gate: float
    goal: float
    unit: str = "x"
    command: str = ""
    path: str = ""
    each: str = ""

    def value_in(self, figures: Mapping[str, Any]) -> float | None:
        """Its value in what its command gave, if it is there."""
        found: Any = figures
        for name in self.path.split("/"):
            found = found.get(name) if isinstance(found, Mapping) else None
        return float(found) if isinstance(found, int | float) else None

    def worst(self, values: Iterable[float]) -> float:
        """Of some values the one that counts."""
        return min(values) if self.goal > self.gate else max(values)

    def verdict(self, value: float) -> str:
        """Where a value stands: at the "goal", within the "gate", or "missed"."""
        for name, limit in (("goal", self.goal), ("gate", self.gate)):
            if value == limit or (value > limit) == (self.goal > self.gate):
                return name
        return "missed"


FIGURES = (
    Figure("loop_p99", "event loop p99, one panel training", 30, 16.7, "ms", "ui", "training_best/p99_ms", "panel"),
    Figure("loop_p99_compare", "the same, Compare", 50, 33, "ms", "ui --panel compare", "training_best/p99_ms"),
    Figure("slider_decoder_p95", "slider to painted p95, decoder", 25, 16.7, "ms", "slider", "decoder/p95_ms",
           "panel"),
    Figure("slider_unet_p95", "slider to painted p95, one U-Net call", 60, 33, "ms", "slider", "unet/p95_ms"),
    Figure("first_paint", "first paint", 1.0, 0.4, "s", "startup", "painted_s"),
    Figure("live", "live on the stage", 6, 4, "s", "startup", "live_s"),
    Figure("worst_stall", "worst stall while loading", 400, 100, "ms", "startup", "worst_stall_ms"),
    Figure("window_images", "steps/s in the window against headless, images", 0.9, 1.0, "x", "ui",
           "window_to_headless/images process", "panel"),
    Figure("window_tiny", "the same, tiny models, isolated", 0.9, 1.0, "x", "ui",
           "window_to_headless/tiny process", "panel"),
    Figure("window_tiny_thread", "the same, tiny models, thread", 0.6, 0.8, "x", "ui",
           "window_to_headless/tiny thread", "panel"),
    Figure("train_diffusers", "training against diffusers", 1.0, 1.15, "x", "train", "unet/diffusers/ratio"),
    Figure("train_lucidrains", "training against lucidrains", 2.0, 2.3, "x", "train",
           "unet/denoising-diffusion-pytorch/ratio"),
    Figure("matmul_share", "training, share of the matmul rate", 0.55, 0.65, "x", "train", "unet/matmul_share"),
    Figure("time_to_quality", "seconds to 95 % of digits right, against peers", 1.5, 3, "x", "quality",
           "training/least_ratio"),
    Figure("sample_diffusers", "sampling against diffusers", 1.0, 1.3, "x", "sample", "diffusion/diffusers/ratio"),
    Figure("sample_lucidrains", "sampling against lucidrains", 2.4, 3, "x", "sample",
           "diffusion/denoising-diffusion-pytorch/ratio"),
    Figure("autoregressive_cached", "cached against naive autoregressive, 28x28", 10, 50, "x", "sample",
           "autoregressive/ratio"),
    Figure("vae_pythae", "VAE against pythae", 1.0, 1.3, "x", "train", "vae/pythae/ratio"),
    Figure("gan_plain", "GAN against a plain loop", 1.0, 1.3, "x", "train", "gan/plain loop/ratio"),
    Figure("autoregressive_plain", "autoregressive against a plain loop", 1.0, 1.3, "x", "train",
           "autoregressive/plain loop/ratio"),
    Figure("gpu_graphs", "GPU, small models, against plain eager", 2, 5),
)  # fmt: skip


def file() -> Path:
    """Where measured values are kept."""
    return paths.user_data() / "bench.json"


def keep(command: str, figures: Mapping[str, Any]) -> None:
    """Keeps the values in what a command gave, in place of the older ones of the same things.

    Raises PlaygroundError where the file cannot be written.
    """
    values, now = kept(), time.strftime("%Y-%m-%d %H:%M")
    for figure in FIGURES:
        value = figure.value_in(figures) if figure.command == command else None
        if value is not None:
            on = str(figures.get(figure.each, ""))
            values.setdefault(figure.key, {})[on] = {"value": value, "when": now}
    with whole_file(file(), "measured values") as part:
        part.write_text(json.dumps({"format": FORMAT, "values": values}, indent=2) + "\n", encoding="utf-8")


def kept() -> dict[str, dict[str, dict[str, Any]]]:
    """Value and time by figure and by what it was measured on; nothing where nothing makes sense."""
    if not file().is_file():
        return {}
    try:
        content = json.loads(file().read_text(encoding="utf-8"))
        values = content["values"]
        for each in values.values():
            for entry in each.values():
                float(entry["value"]), str(entry["when"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        kept_aside(file(), "The measured values", "none is shown")
        return {}
    return {str(key): dict(each) for key, each in values.items()}


def rows() -> list[dict[str, Any]]:
    """A row a figure: what is promised, what was measured last (None: never) and where that stands."""
    values = kept()
    found = []
    for figure in FIGURES:
        row: dict[str, Any] = {
            "figure": figure.key, "title": figure.title, "unit": figure.unit, "gate": figure.gate, "goal": figure.goal,
            "measured": None, "on": None, "when": None, "verdict": NOT_MEASURED, "command": figure.command or None,
        }  # fmt: skip
        if each := values.get(figure.key):
            worst = figure.worst(entry["value"] for entry in each.values())
            on = next(name for name, entry in each.items() if entry["value"] == worst)
            row |= {"measured": worst, "on": on or None, "when": each[on]["when"], "verdict": figure.verdict(worst)}
        found.append(row)
    return found


def table() -> str:
    """For people."""
    lines = [f"{'figure':<50}{'gate':>9}{'goal':>9}{'measured':>14}"]
    for row in rows():
        unit = row["unit"] if row["unit"] == "x" else f" {row['unit']}"
        limits = "".join(f"{f'{row[name]:g}{unit}':>9}" for name in ("gate", "goal"))
        if row["measured"] is None:
            way = f"  playground bench {row['command']}" if row["command"] else ""
            lines.append(f"{row['title']:<50}{limits}{NOT_MEASURED:>14}{way}")
        else:
            value, said = row["measured"], ", ".join(filter(None, (row["verdict"], row["on"], row["when"])))
            lines.append(f"{row['title']:<50}{limits}{f'{value:.3g}{unit}':>14}  {said}")
    return "\n".join(lines)
