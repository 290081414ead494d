"""The model card: who made a model of what, how far to trust it, and whom to thank."""

from collections import defaultdict

from export.parity import MEAN_DEGREES_MAX
from groovecast.model.config import ModelConfig
from groovecast.model.manifest import Artefact, Manifest
from groovecast.train.takes import Take

_SOURCES = {
    "cmu": "Carnegie Mellon University Graphics Lab Motion Capture Database; free for all uses, not to be resold",
    "animated": "Animated Drawings example motions; MIT",
    "quaternius": "Quaternius universal animation library; CC0",
}

_FOR = {
    "fp32": "processors, exact",
    "fp16": "cards: matrices, norms and attention in half precision",
    "int8": "processors, quick: matrices of the blocks in 8-bit integers",
}

_FEW_MINUTES = 2.0  # a style danced for no longer than this is said to be weak


def card_of(manifest: Manifest, takes: list[Take]) -> str:
    """The card as Markdown."""
    config = manifest.config
    sources = sorted({take.id.split("_")[0] for take in takes})
    lines = [
        f"# {manifest.name}",
        "",
        "Continues a dance: from 1.3 s of motion and the music's beat, energy and onsets it plans the next 1.7 s.",
        "",
        f"- {manifest.parameters / 1e6:.2f} M parameters: {config.layers} transformer blocks of width {config.width}, "
        f"{config.tokens} tokens of {config.frames_per_token} frames at {config.fps:g} a second, "
        f"{_sampler(config)}.",
        *(
            ["- It can be told what a plan must hold: poses at their times, parts of the body."]
            if config.editable
            else []
        ),
        f"- {_training(manifest)}.",
        *([] if manifest.hardware is None else [f"- Trained on {manifest.hardware}."]),
        "",
        "## Files",
        "",
        "Normalisation, sampler, orthonormal rotations and the root's way are inside each graph"
        f"{'; weights are stored in half precision' if manifest.half_weights else ''}. Against PyTorch and the weights "
        "as trained, over held-out windows, all reckoned on a processor:",
        "",
        "| graph | for | mean degrees (allowed) | max degrees | mean mm | max mm | after a long dance | SHA-256 |",
        "|---|---|---|---|---|---|---|---|",
        *(_row(manifest, artefact) for artefact in manifest.artefacts),
        "",
        *_shared(manifest),
        "## Data",
        "",
        "| style | minutes trained on | minutes held out |",
        "|---|---|---|",
        *_minutes(manifest, takes),
        "",
        *(f"- {_SOURCES[source]}." for source in sources if source in _SOURCES),
        "",
        manifest.credit,
        "",
        "The takes have no music. Beats were found from the dancers' own accents, and the music channels were "
        "rendered on that grid. Takes were mirrored and stretched from 0.72 to 1.4 of their length.",
        "",
        "## Limits",
        "",
        "- Body only, 22 joints: fingers are a relaxed preset that the live loop adds.",
        *_imbalance(manifest, takes),
        "- It knows a song by beat, tempo, energy and onsets alone; it does not know genres by their sound.",
        "- Beats were not annotated by people.",
        "",
        f"Licence of the weights: {manifest.licence}.",
        "",
    ]
    return "\n".join(lines)


def _row(manifest: Manifest, artefact: Artefact) -> str:
    parity, file, rollout = artefact.parity, manifest.files[artefact.file], artefact.rollout
    danced = (
        f"{rollout.mean_mm:g} mm from the weights' ({rollout.seconds:g} s; two seeds: {rollout.seeds_mm:g} mm)"
        if rollout
        else "not measured"
    )
    return (
        f"| `{artefact.file}`, {file.bytes / 1e6:.1f} MB | {_FOR[artefact.precision]} | "
        f"{parity.mean_degrees:g} ({MEAN_DEGREES_MAX[artefact.precision]:g}) | {parity.max_degrees:g} | "
        f"{parity.mean_mm:g} | {parity.max_mm:g} | {danced} | `{file.sha256}` |"
    )


def _shared(manifest: Manifest) -> list[str]:
    needs = sorted({name for artefact in manifest.artefacts for name in artefact.needs})
    files = [(name, manifest.files[name]) for name in needs]
    said = [f"Weights: `{name}`, {file.bytes / 1e6:.1f} MB, SHA-256 `{file.sha256}`." for name, file in files]
    return [*said, ""] if said else []


def _training(manifest: Manifest) -> str:
    own = f"{manifest.trained_minutes:.0f} minutes ({manifest.trained_steps} steps)"
    if manifest.teacher_minutes is None:
        return f"Trained for {own}, x0 diffusion, the last part on its own rollouts"
    teacher = f"{manifest.teacher_minutes:.0f} minutes ({manifest.teacher_steps} steps)"
    return (
        f"Distilled for {own} from a teacher trained for {teacher}: each of its steps is a leg of the teacher's "
        "guided path (multistep consistency, Heek et al. 2024); the last part of both on their own rollouts"
    )


def _sampler(config: ModelConfig) -> str:
    count = f"{config.steps} evaluation{'s' if config.steps > 1 else ''} a plan"
    begun = ", begun from the plan before" if config.warm else ""
    if config.guidance == 1:
        return f"{count}{begun}, no guidance"
    how = "with and without music each time" if config.guided_outside else "learned"
    return f"{count}{begun}, guidance {config.guidance:g} ({how})"


def _imbalance(manifest: Manifest, takes: list[Take]) -> list[str]:
    total = _danced_minutes(takes)
    styles = sorted(manifest.config.styles, key=lambda style: -total[style, "train"])
    few = [style for style in styles if total[style, "train"] <= _FEW_MINUTES]
    said = f"- The most, {total[styles[0], 'train']:.0f} minutes, is {styles[0]}"
    return [f"{said}; {', '.join(few)}: {_FEW_MINUTES:g} minutes or less." if few else f"{said}."]


def _danced_minutes(takes: list[Take]) -> dict[tuple[str, str], float]:
    total: dict[tuple[str, str], float] = defaultdict(float)
    for take in takes:
        total[take.casting.style, take.casting.split] += take.motion.duration_s / 60
    return total


def _minutes(manifest: Manifest, takes: list[Take]) -> list[str]:
    total = _danced_minutes(takes)
    return [
        f"| {style} | {total[style, 'train']:.1f} | {total[style, 'test']:.1f} |"
        for style in manifest.config.styles
    ]
