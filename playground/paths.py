"""Where things live: the bundled resources and the user's own data folder."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resources() -> Path:
    """The bundled resources: the checkout's own folder, else the copy inside the installed package.

    The checkout comes first, so that an editable install never reads a stale copy; its folder counts only where
    the pyproject.toml beside it is ours.
    """
    project = _PACKAGE.parent / "pyproject.toml"
    if project.is_file() and 'name = "generative-playground"' in project.read_text(encoding="utf-8"):
        return _PACKAGE.parent / "resources"
    return _PACKAGE / "resources"


def user_data() -> Path:
    """The user's own folder for runs, logs and downloads; ``PLAYGROUND_HOME`` overrides it."""
    if home := os.environ.get("PLAYGROUND_HOME"):
        return Path(home).expanduser()
    from platformdirs import user_data_path

    return user_data_path("generative-playground", appauthor=False)


def runs() -> Path:
    """Where runs started in the window are kept."""
    return user_data() / "runs"


def drawn() -> Path:
    """Where points drawn in the window are kept."""
    return user_data() / "drawn"


def downloads() -> Path:
    """Where data sets from the net are kept; what a teacher puts there by hand is found as well."""
    return user_data() / "downloads"


def pretrained() -> Path:
    """The bundled runs."""
    return resources() / "pretrained"
