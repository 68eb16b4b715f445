"""The two errors that people meet; both say in plain words what happened, what was kept and what to do."""

_NO_MEMORY = ("not enough memory", "out of memory", "can't allocate memory")


class PlaygroundError(Exception):
    """The work failed (exit code 1): a damaged file, a diverged run, a full disk.

    Args:
        message: one sentence or two for a student: what happened, what was kept, what to do. It may quote a stranger's
            file, so what cannot be printed in it, or would steer a terminal, is replaced.
    """

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__("".join(c if c.isprintable() else " " if c.isspace() else "?" for c in message))


class UsageError(PlaygroundError):
    """What was asked for makes no sense here (exit code 2): an unknown name, a value out of range, no CUDA."""

    exit_code = 2


def unknown(kind: str, name: str, known: list[str]) -> UsageError:
    """The error for a name that does not exist, with the closest existing one."""
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    return UsageError(f"There is no {kind} '{name}'.{hint} Known: {', '.join(known) or 'none'}.")


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether memory ran out. Torch says so in a RuntimeError, and need not be loaded to know."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _NO_MEMORY)
