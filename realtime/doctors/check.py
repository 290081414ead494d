"""One line of what `groovecast doctor` says: what was looked at, what was found, and the mend."""

import msgspec


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    name: str
    ok: bool
    found: str
    mend: str = ""
