"""What the window remembers between starts."""

import json
import logging
from dataclasses import asdict, dataclass, field, fields
from typing import Literal

from playground import paths
from playground.core.errors import PlaygroundError
from playground.core.whole_file import whole_file

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
    """

    theme: Literal["light", "dark"] = "light"
    type_scale: float = 1.0
    geometry: str = ""
    recent: list[str] = field(default_factory=list)
    on_disk: bool = field(default=False, compare=False)  # whether closing the window remembers them

    @classmethod
    def load(cls) -> "Preferences":
        """As saved; a file that makes no sense counts as none."""
        file = paths.user_data() / "preferences.json"
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            known = {each.name: content[each.name] for each in fields(cls) if each.name in content}
            loaded = cls(**known | {"on_disk": True})
            if loaded.theme not in ("light", "dark") or not 1.0 <= float(loaded.type_scale) <= 2.5:
                raise ValueError("values out of range")
            bytes.fromhex(loaded.geometry)
            if not all(isinstance(path, str) for path in loaded.recent):
                raise ValueError("recent files are paths")
        except FileNotFoundError:
            return cls(on_disk=True)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            logging.getLogger("playground").warning("preferences not read: %s", error)
            return cls(on_disk=True)
        return loaded

    def remember(self, path: str, count: int) -> None:
        """Puts a file in front of the recent ones, of which `count` are kept."""
        self.recent = [path, *(other for other in self.recent if other != path)][:count]

    def save(self) -> None:
        """Writes the file whole; a home that cannot be written only loses the memory."""
        if not self.on_disk:
            return
        content = {name: value for name, value in asdict(self).items() if name != "on_disk"}
        try:
            with whole_file(paths.user_data() / "preferences.json", "preferences") as part:
                part.write_text(json.dumps(content, indent=2), encoding="utf-8")
        except PlaygroundError as error:
            logging.getLogger("playground").warning("%s", error)
