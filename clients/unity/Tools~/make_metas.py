"""Writes the .meta file of every file and folder that Unity imports; a GUID comes from the path, so it never changes.

python clients/unity/Tools~/make_metas.py            # write them, and remove those that belong to nothing
python clients/unity/Tools~/make_metas.py --check    # say what is missing or wrong; exit status 1
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
NAME = "com.groovecast.unity"
_MONO = """MonoImporter:
  externalObjects: {}
  serializedVersion: 2
  defaultReferences: []
  executionOrder: 0
  icon: {instanceID: 0}
"""
_IMPORTERS = {
    "package.json": "PackageManifestImporter:\n  externalObjects: {}\n",
    ".asmdef": "AssemblyDefinitionImporter:\n  externalObjects: {}\n",
    ".cs": _MONO,
    ".md": "TextScriptImporter:\n  externalObjects: {}\n",
}
_TAIL = "  userData: \n  assetBundleName: \n  assetBundleVariant: \n"


def imported(package: Path = PACKAGE) -> Iterator[Path]:
    """Every file and folder that Unity sees: nothing hidden, nothing that ends in ~, nothing below such."""
    for path in sorted(package.rglob("*")):
        parts = path.relative_to(package).parts
        if path.suffix != ".meta" and not any(part.startswith(".") or part.endswith("~") for part in parts):
            yield path


def guid(path: str) -> str:
    """32 hex digits for a path inside the package, written with /."""
    return hashlib.md5(f"{NAME}/{path}".encode(), usedforsecurity=False).hexdigest()


def meta(path: Path, package: Path = PACKAGE) -> str:
    """The text of its .meta file. Raises ValueError for a kind of file that nobody has thought of yet."""
    head = f"fileFormatVersion: 2\nguid: {guid(path.relative_to(package).as_posix())}\n"
    if path.is_dir():
        return f"{head}folderAsset: yes\nDefaultImporter:\n  externalObjects: {{}}\n{_TAIL}"
    importer = _IMPORTERS.get(path.name) or _IMPORTERS.get(path.suffix)
    if importer is None:
        raise ValueError(
            f"asked for the meta of {path.name}, known are {', '.join(_IMPORTERS)}: add its importer"
        )
    return head + importer + _TAIL


def wrong(package: Path = PACKAGE) -> dict[Path, str | None]:
    """Meta files that should be different: with what they should hold, None when they should not be there."""
    wanted = {path.with_name(path.name + ".meta"): meta(path, package) for path in imported(package)}
    found = {
        path: path.read_text("utf-8")
        for path in package.rglob("*.meta")
        if not any(part.endswith("~") for part in path.relative_to(package).parts)
    }
    differing: dict[Path, str | None] = {
        path: text for path, text in wanted.items() if found.get(path) != text
    }
    return differing | {path: None for path in found if path not in wanted}


def main(words: list[str]) -> int:
    """The command line."""
    differing = wrong()
    for path, text in differing.items():
        if "--check" in words:
            print(
                f"{path.relative_to(PACKAGE)}: {'belongs to nothing' if text is None else 'missing or old'}"
            )
        elif text is None:
            path.unlink()
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
    return 1 if differing and "--check" in words else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
