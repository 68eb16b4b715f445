"""What to say when something breaks that nobody foresaw: one sentence, and the details for whoever asks for them."""

import os
import traceback

from playground.cli.output import say
from playground.core.errors import is_lack_of_memory

DEBUG = "PLAYGROUND_DEBUG"


def report(error: Exception) -> None:
    """Says the sentence; where PLAYGROUND_DEBUG is set, the traceback before it."""
    if os.environ.get(DEBUG):
        say("".join(traceback.format_exception(error)).rstrip())
    say(sentence(error))


def sentence(error: Exception) -> str:
    """What broke, in one line for people."""
    if is_lack_of_memory(error):
        return (
            "There is not enough memory for this; nothing that was saved before is lost; "
            "try a smaller batch (--set train.batch=16), a smaller --count, or another --device."
        )
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}. Nothing that was saved before is lost."
    first_line = (str(error).strip().splitlines() or [""])[0].rstrip(". ")
    what = f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__
    return f"Something broke: {what}; nothing that was saved before is lost; run again with {DEBUG}=1 to see where."
