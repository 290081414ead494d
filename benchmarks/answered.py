"""A command line of the benchmarks, answered as `groovecast` answers: one line for what went wrong, and a status."""

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError


def answered(app: App, words: Sequence[str]) -> int:
    """Run one command; returns 0 done, 1 failed, 2 bad arguments."""
    try:
        app(list(words), exit_on_error=False, print_error=False)
    except CycloptsError as why:
        print("groovecast: " + " ".join(str(why).split()), file=sys.stderr)
        return 2
    except (OSError, ValueError, ImportError, RuntimeError) as why:
        print("groovecast: " + " ".join(str(why).split()), file=sys.stderr)
        return 1
    return 0
