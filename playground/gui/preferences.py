"""What the window remembers between starts."""

import json
import logging
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from playground import paths
from playground.core.errors import PlaygroundError
from playground.core.file_lock import FileLock
from playground.core.whole_file import kept_aside, whole_file

RECENT = 8  # files that are remembered
SCALES = (1.0, 1.25, 1.5, 2.0, 2.5)


@dataclass
class Preferences:
    """Look and place.

    Attributes:
        theme: light or dark.
        type_scale: of all text, 1.0 to 2.5.
        geometry: the window's place and size as Qt packs them, in hex; "" before the first close.
        recent: files opened or saved, the newest first.
        on_disk: whether these are the user's own, to be saved; a tour's window leaves no trace.
        trouble: a sentence on what was wrong with the file, or "".
    """

    theme: Literal["light", "dark"] = "light"
    type_scale: float = 1.0
    geometry: str = ""
    recent: list[str] = field(default_factory=list)
    on_disk: bool = field(default=False, compare=False)  # whether closing the window remembers them
    trouble: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        self._at_first = {name: list(value) if name == "recent" else value for name, value in self._content().items()}

    @classmethod
    def load(cls) -> "Preferences":
        """As saved; a file that makes no sense is set aside and counts as none."""
        file = _file()
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            known = {name: content[name] for name in cls()._content() if name in content}
            loaded = cls(**known | {"on_disk": True})
            if loaded.theme not in ("light", "dark") or not 1.0 <= float(loaded.type_scale) <= 2.5:
                raise ValueError("values out of range")
            bytes.fromhex(loaded.geometry)
            if not all(isinstance(path, str) for path in loaded.recent):
                raise ValueError("recent files are paths")
        except FileNotFoundError:
            return cls(on_disk=True)
        except OSError as error:
            logging.getLogger("playground").warning("preferences not read: %s", error)
            return cls(on_disk=True)
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            logging.getLogger("playground").warning("preferences not read: %s", error)
            return cls(on_disk=True, trouble=kept_aside(file, "The preferences", "the defaults are used"))
        return loaded

    def remember(self, path: str, count: int = RECENT) -> None:
        """Puts a file in front of the recent ones, of which `count` are kept."""
        self.recent = [path, *(other for other in self.recent if other != path)][:count]

    def save(self) -> None:
        """Writes the file whole, with what another window has saved meanwhile and this one has left alone; a home that
        cannot be written only loses the memory."""
        if not self.on_disk:
            return
        lock = FileLock.wait(_file().with_suffix(".lock"))
        try:
            content = self._merged()
            with whole_file(_file(), "preferences") as part:
                part.write_text(json.dumps(content, indent=2), encoding="utf-8")
        except PlaygroundError as error:
            logging.getLogger("playground").warning("%s", error)
        finally:
            if lock is not None:
                lock.release()

    def _content(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name not in ("on_disk", "trouble")}

    def _merged(self) -> dict[str, Any]:
        mine = self._content()
        if not _file().is_file():
            return mine
        stored = Preferences.load()._content()
        merged = {name: stored[name] if value == self._at_first[name] else value for name, value in mine.items()}
        others = [path for path in stored["recent"] if path not in self._at_first["recent"]]
        if self.recent != self._at_first["recent"]:
            merged["recent"] = list(dict.fromkeys([*self.recent, *others]))[: max(len(self.recent), RECENT)]
        return merged


def _file() -> Path:
    return paths.user_data() / "preferences.json"
