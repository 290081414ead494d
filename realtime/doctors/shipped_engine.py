"""Whether the engine that ships with a model fits the TensorRT for RTX that is installed."""

from pathlib import Path

from groovecast.model.graph import graph_of
from groovecast.model.manifest import checked_file, read_manifest
from groovecast.model.rtx_builder import (
    RTX_KIND,
    TROUBLES,
    RtxError,
    rtx_bindings,
    rtx_library,
    rtx_troubles,
)

_BUILDS = "the first start builds one"


def shipped_engine(folder: Path) -> str:
    """In words. Nothing is started, and no card need be there."""
    try:
        manifest, bindings = read_manifest(folder), rtx_bindings()
        library = rtx_library(bindings)
        shipped = [one for one in manifest.engines if one.kind == RTX_KIND]
        fitting = [one for one in shipped if one.library == library]
        if not shipped:
            return f"the model ships no engine: {_BUILDS}"
        if not fitting:
            return f"the model's engine is of {shipped[0].library}: {_BUILDS}"
        if fitting[0].made_of != graph_of(folder, manifest, fitting[0].precision).sha256:
            return f"the model's engine was made of another graph: {_BUILDS}"
        troubles = rtx_troubles(checked_file(folder, manifest.files, fitting[0].file), bindings)
    except (OSError, ValueError, RtxError) as why:
        return f"the model's engine cannot be used ({why})"
    if troubles:
        return (
            f"of the model's engine it says that {' and '.join(TROUBLES[one] for one in troubles)}: {_BUILDS}"
        )
    return "the model's engine fits it"
