"""Where the files that ship beside the code lie: skeleton, page and models."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
# An installed wheel carries these under groovecast/share (pyproject force-include); a checkout has them at its top.
_IN_WHEEL = _PACKAGE / "share"
_IN_CHECKOUT = {
    "protocol": _PACKAGE.parent / "protocol",
    "web": _PACKAGE.parent / "clients" / "web" / "dist",
    "models": _PACKAGE.parent / "models",
}


def shared_path(kind: str, *parts: str) -> Path:
    """The path of a shipped file: `kind` is "protocol", "web" or "models".

    Raises FileNotFoundError, naming what was asked, when this installation lacks it.
    """
    root = _IN_WHEEL / kind if _IN_WHEEL.is_dir() else _IN_CHECKOUT[kind]
    path = root.joinpath(*parts)
    if not path.exists():
        asked = "/".join((kind, *parts))
        raise FileNotFoundError(f"asked for {asked}, this installation lacks it: install groovecast again")
    return path
