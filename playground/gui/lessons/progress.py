"""Which scenes a person has finished, kept in one small file that is replaced whole."""

import json
import logging
from pathlib import Path

from playground.core.errors import PlaygroundError
from playground.core.whole_file import whole_file


class Progress:
    """Finished scenes by their keys, such as "lecture/vae-slider".

    A file that makes no sense counts as none; a place that cannot be written only loses the memory. Without a file
    nothing outlives the window.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._done: set[str] = set()
        if file is not None:
            self._done = _read(file)

    def is_done(self, key: str) -> bool:
        """Whether this scene was finished once."""
        return key in self._done

    def finish(self, key: str) -> None:
        """Remembers a scene."""
        if key not in self._done:
            self._done.add(key)
            self._save()

    def forget(self) -> None:
        """Starts anew."""
        self._done.clear()
        self._save()

    def _save(self) -> None:
        if self._file is None:
            return
        try:
            with whole_file(self._file, "progress") as part:
                part.write_text(json.dumps({"done": sorted(self._done)}, indent=2), encoding="utf-8")
        except PlaygroundError as error:
            logging.getLogger("playground").warning("%s", error)


def _read(file: Path) -> set[str]:
    try:
        done = json.loads(file.read_text(encoding="utf-8"))["done"]
        return {str(key) for key in done}
    except FileNotFoundError:
        return set()
    except (OSError, ValueError, TypeError, KeyError) as error:
        logging.getLogger("playground").warning("progress not read: %s", error)
        return set()
