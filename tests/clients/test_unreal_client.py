"""The Unreal plugin without Unreal: its C++ core on every golden vector, its engine layer over stubs, its files."""

import hashlib
import json
import os
import re
import runpy
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from clients.light_show import LightShow, dance, joints_of

_ROOT = Path(__file__).resolve().parents[2]
_PLUGIN = _ROOT / "clients" / "unreal" / "Groovecast"
_TESTS = Path(__file__).resolve().parent / "unreal"
_SOURCE = _PLUGIN / "Source"
_CORE = _SOURCE / "Groovecast" / "Public" / "GroovecastCore"
_BUILD_S, _RUN_S = 300, 60  # on a busy machine of two cores

# not optimised: the tests are quick as it is, and a build takes half as long
_SANITIZED = ["-std=c++17", "-O0", "-Wall", "-Wextra", "-Werror"]
_SANITIZED += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
# the core is ours alone; Slate's own style hides and converts
_STRICT = ("-Wshadow", "-Wconversion")
# which header of Unreal's is which of our stubs
_STUBS = {
    "UnrealCore.h": """CoreMinimal.h Containers/StringConv.h Containers/UnrealString.h HAL/PlatformTime.h
        Interfaces/IPluginManager.h Logging/LogMacros.h Misc/FileHelper.h Misc/Paths.h Modules/ModuleManager.h
        Templates/Function.h GroovecastLiveLinkSourceFactory.generated.h GroovecastRetargetAsset.generated.h""",
    "UnrealLiveLink.h": """BoneContainer.h BonePose.h ILiveLinkClient.h ILiveLinkSource.h IWebSocket.h
        LiveLinkRetargetAsset.h LiveLinkSourceFactory.h LiveLinkSourceSettings.h LiveLinkTypes.h ReferenceSkeleton.h
        Roles/LiveLinkAnimationRole.h Roles/LiveLinkAnimationTypes.h WebSocketsModule.h""",
    "UnrealSlate.h": """Input/Reply.h Widgets/DeclarativeSyntaxSupport.h Widgets/Input/SButton.h Widgets/SBoxPanel.h
        Widgets/Input/SEditableTextBox.h Widgets/SCompoundWidget.h Widgets/Text/STextBlock.h""",
}


def compiler() -> str:
    """The C++ compiler, or the test is skipped."""
    if sys.platform == "win32":
        pytest.skip("the test programs use sockets and sanitizers as Linux and macOS have them")
    found = shutil.which("g++")
    if found is None:
        pytest.skip("no g++: apt-get install g++")
    return found


@dataclass(frozen=True)
class Workshop:
    """Builds programs, and keeps them from run to run: a program of the same sources is the same program."""

    folder: Path

    def fingerprint(self, *words: str) -> str:
        """A name for what these words make of all the sources as they are."""
        contents = [path.read_bytes() for path in _sources()]
        return hashlib.sha256(repr((words, contents)).encode()).hexdigest()[:16]

    def built(self, name: str, source: str, flags: Sequence[str] = _STRICT) -> Path:
        """The program of a text of C++; what the compiler says is the test's failure."""
        command = [compiler(), *_SANITIZED, *flags, f"-I{_CORE.parent}", f"-I{_TESTS}"]
        program = self.folder / f"{name}-{self.fingerprint(*command, source)}"
        if not program.exists():
            text, made = self.folder / f"{name}.cpp", self.folder / f"{name}.part"
            text.write_text(source, "utf-8")
            done = subprocess.run(
                [*command, str(text), "-o", str(made)],
                capture_output=True, text=True, check=False, timeout=_BUILD_S,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            for old in self.folder.glob(f"{name}-*"):
                old.unlink()
            made.rename(program)
        return program


@pytest.fixture(scope="session")
def workshop(request: pytest.FixtureRequest) -> Workshop:
    return Workshop(request.config.cache.mkdir("unreal_client"))


def run(program: Path) -> str:
    """What a test program says; each of its sentences is to be true."""
    done = subprocess.run(
        [str(program), str(_ROOT)], capture_output=True, text=True, check=False, timeout=_RUN_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FALSE" not in done.stdout and "\ntrue: " in "\n" + done.stdout, done.stdout
    return done.stdout


def _sources() -> list[Path]:
    """All C++ of the plugin and of its tests."""
    return sorted(
        path for folder in (_SOURCE, _TESTS) for path in folder.rglob("*") if path.suffix in (".h", ".cpp")
    )


def stub_headers(folder: Path) -> list[str]:
    """Every header of Unreal's that the plugin includes, each leading to a stub; the words for the compiler."""
    for stub, headers in _STUBS.items():
        for header in headers.split():
            path = folder / header
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f'#include "{stub}"\n')
    private = [_SOURCE / "Groovecast" / "Private", _SOURCE / "GroovecastEditor" / "Private"]
    return [f"-I{path}" for path in (folder, _TESTS / "stubs", *private)]


@pytest.mark.parametrize("name", ["codec", "playing", "session", "character"])
def test_the_core_holds_what_it_promises(name: str, workshop: Workshop) -> None:
    run(workshop.built(name, f'#include "{name}_test.cpp"\n'))


def test_the_engine_layer_does_its_work_over_stubs_of_the_engine(workshop: Workshop) -> None:
    # all in one file, as Unreal's own builds do it
    parts = [*sorted(_SOURCE.glob("*/Private/*.cpp")), _TESTS / "engine_test.cpp"]
    source = "".join(f'#include "{path.as_posix()}"\n' for path in parts)
    quicker = ["-fno-sanitize=undefined", *stub_headers(workshop.folder / "headers")]
    run(workshop.built("engine", source, quicker))


def test_each_file_of_the_plugin_compiles_alone(workshop: Workshop, tmp_path: Path) -> None:
    seen = workshop.folder / f"alone-{workshop.fingerprint('alone')}"
    if seen.exists():
        return
    words = [compiler(), "-fsyntax-only", "-fno-exceptions", "-fno-rtti", f"-I{_CORE.parent}", "-std=c++17"]
    heads = "".join(
        f'#include "GroovecastCore/{path.name}"\n' for path in sorted(_CORE.glob("*.h"), reverse=True)
    )
    (tmp_path / "core.cpp").write_text(heads + heads)
    for command in (
        [*words, str(tmp_path / "core.cpp")],
        [*words, "-std=c++20", str(tmp_path / "core.cpp")],  # Unreal's from 5.3 on
        [*words, *stub_headers(tmp_path / "headers"), *map(str, sorted(_SOURCE.glob("*/Private/*.cpp")))],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_BUILD_S)
        assert done.returncode == 0, done.stderr
    seen.touch()


def test_only_one_file_of_the_plugin_reads_the_time() -> None:
    clocks = re.compile(r"FPlatformTime::|FDateTime::|FApp::|chrono|time\(")
    found = [
        path.name for path in _sources() if _SOURCE in path.parents and clocks.search(path.read_text("utf-8"))
    ]
    assert found == ["GroovecastClock.h"]


_LIVE = '#include "live_client.cpp"\n'


@dataclass(frozen=True)
class Watched:
    """What the live program showed: server times, hips and left hand in Unreal's centimetres, the fastest joint."""

    times_s: np.ndarray
    hips_cm: np.ndarray
    hand_cm: np.ndarray
    fastest_cm_s: np.ndarray
    counted: dict[str, float]


_SHOW = """
import sys
from pathlib import Path
from clients.light_show import LightShow
from clients.rough_network import Roughness
with LightShow(Path(sys.argv[1]), token="open sesame", rough=Roughness(seed=4)) as show:
    print(show.port, show.rough_port, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """A real server in a process of its own, and a bad network before it."""
    words = [sys.executable, "-c", _SHOW, str(tmp_path_factory.mktemp("web"))]
    folders = f"{_ROOT}{os.pathsep}{_ROOT / 'tests'}"
    show = subprocess.Popen(words, stdin=-1, stdout=-1, text=True, env={**os.environ, "PYTHONPATH": folders})
    assert show.stdin is not None and show.stdout is not None
    try:
        plain, rough = show.stdout.readline().split()
        yield int(plain), int(rough)
    finally:
        show.communicate("", timeout=30)


def watched(workshop: Workshop, port: int, seconds: float, token: str = "open sesame") -> Watched:
    """Watch a server with the plugin's core for so long."""
    program = workshop.built("live", _LIVE)
    done = subprocess.run(
        [str(program), "127.0.0.1", str(port), token, str(seconds)],
        capture_output=True, text=True, check=True, timeout=seconds + _RUN_S,
    )  # fmt: skip
    *lines, counted = done.stdout.splitlines()
    table = np.array([line.split() for line in lines], float).reshape(-1, 8)
    return Watched(table[:, 0], table[:, 1:4], table[:, 4:7], table[:, 7], json.loads(counted))


@pytest.mark.parametrize("way", [0, 1], ids=["loopback", "rough network"])
def test_a_real_server_is_watched_without_a_jump(
    workshop: Workshop, ports: tuple[int, int], way: int
) -> None:
    seen = watched(workshop, ports[way], 6)
    assert seen.counted["opened"] == 1 and seen.counted["rejected"] == 0
    assert seen.counted["shown"] > 6 * 60 * 0.7 and seen.counted["received"] > 6 * 60 * 0.8
    assert seen.counted["look_ahead_s"] == 0.25
    # the dance is known at every moment: what is shown is what is danced then, in Unreal's space
    poses = [dance(time_s) for time_s in seen.times_s]
    joints_m = joints_of(
        np.stack([pose.root_m for pose in poses]), np.stack([pose.local_quat_wxyz for pose in poses])
    )
    there_cm = 100 * joints_m[:, :, [0, 2, 1]]
    settled = seen.times_s > seen.times_s[0] + 0.5
    off_cm = np.linalg.norm(there_cm[:, 0] - seen.hips_cm, axis=1)[settled]
    off_hand_cm = np.linalg.norm(there_cm[:, 20] - seen.hand_cm, axis=1)[settled]
    # and no joint is faster than the source's own
    grid = seen.times_s[0] + np.arange(round((seen.times_s[-1] - seen.times_s[0]) * 60)) / 60
    source = [dance(time_s) for time_s in grid]
    moved_m = np.diff(
        joints_of(np.stack([p.root_m for p in source]), np.stack([p.local_quat_wxyz for p in source])), axis=0
    )
    most_cm_s = 1.2 * np.percentile(np.linalg.norm(moved_m, axis=-1).max(1) * 6000, 99.9)
    print(
        f"hips off by {np.median(off_cm):.3f} (p99 {np.percentile(off_cm, 99):.2f}, most {off_cm.max():.2f}) cm,"
        f" hand by {np.median(off_hand_cm):.2f} (most {off_hand_cm.max():.2f}) cm, fastest joint"
        f" {seen.fastest_cm_s[settled].max():.0f} cm/s of {most_cm_s:.0f}, {seen.counted}"
    )
    # where frames got lost the way between two that came is straight; where a busy machine was late, more is missing
    assert np.median(off_cm) < 0.02 and np.median(off_hand_cm) < 0.2 and np.percentile(off_hand_cm, 95) < 2
    assert seen.fastest_cm_s[settled].max() < most_cm_s


def test_without_the_token_nothing_is_shown_and_it_tries_again(
    workshop: Workshop, ports: tuple[int, int]
) -> None:
    seen = watched(workshop, ports[0], 0.6, token="wrong")
    assert seen.counted["opened"] == 0 and seen.counted["shown"] == 0


def test_a_server_that_ends_and_begins_again_is_found_again(workshop: Workshop, tmp_path: Path) -> None:
    program = workshop.built("live", _LIVE)
    with LightShow(tmp_path) as first:
        words = [str(program), "127.0.0.1", str(first.port), "", "5"]
        watching = subprocess.Popen(words, stdout=-1, text=True)
        assert watching.stdout is not None
        until_then = [watching.stdout.readline() for _ in range(60)]
    with LightShow(tmp_path, first.port):
        rest, _ = watching.communicate(timeout=_RUN_S)
    *lines, counted = rest.splitlines()
    told = json.loads(counted)
    assert told["opened"] == 2 and told["starved"] >= 1 and len(until_then) + len(lines) == told["shown"]
    # the figure stood, and no joint leapt when it danced again: it blends over at up to 15 times the way a second
    table = np.array([line.split() for line in lines], float)
    assert table[:, 7].min() < 1 and table[-20:, 7].min() > 10
    assert np.abs(np.diff(table[:, 1:4], axis=0)).max() < 15


def test_the_plugin_says_which_modules_it_has_and_each_is_there() -> None:
    told = json.loads((_PLUGIN / "Groovecast.uplugin").read_text("utf-8"))
    assert {module["Name"]: module["Type"] for module in told["Modules"]} == {
        "Groovecast": "Runtime",
        "GroovecastEditor": "Editor",
    }
    for module in told["Modules"]:
        assert set(module["PlatformAllowList"]) <= set(told["SupportedTargetPlatforms"])
        rules = (_SOURCE / module["Name"] / f"{module['Name']}.Build.cs").read_text("utf-8")
        assert f"public class {module['Name']} : ModuleRules" in rules
        assert "IMPLEMENT_MODULE(" in "".join(
            path.read_text("utf-8") for path in (_SOURCE / module["Name"]).rglob("*.cpp")
        )
    assert [plugin["Name"] for plugin in told["Plugins"] if plugin["Enabled"]] == ["LiveLink"]
    assert told["FileVersion"] == 3 and told["CanContainContent"] is False
    assert (_PLUGIN / "LICENSE").read_text("utf-8") == (_ROOT / "LICENSE").read_text("utf-8")


@pytest.mark.parametrize(
    "path", sorted(_PLUGIN.glob("Resources/BoneMaps/*.json")), ids=lambda path: path.stem
)
def test_a_bone_map_maps_every_bone_of_vrm_once_or_says_why_not(path: Path) -> None:
    told = json.loads(path.read_text("utf-8"))
    ours = [
        joint["name"]
        for joint in json.loads((_ROOT / "protocol" / "skeleton.json").read_text("utf-8"))["joints"]
    ]
    assert sorted(told["bones"]) == sorted(ours)
    humanoid = {*ours, "jaw", "leftEye", "rightEye"}  # VRM 1.0 knows these 55
    assert set(told["bones"]) | set(told["left_out"]) == humanoid
    assert not set(told["bones"]) & set(told["left_out"]) and all(told["left_out"].values())
    assert len(set(told["bones"].values())) == len(told["bones"])
    assert not set(told["straightened"]) & set(told["as_they_stand"])
    for left, theirs in told["bones"].items():  # what is left of ours is left of theirs
        if left.startswith("left"):
            right = told["bones"]["right" + left.removeprefix("left")]
            assert (
                right != theirs
                and re.sub("_r(?=_|$)", "_l", right.lower()).replace("right", "left") == theirs.lower()
            )
    assert told["about"] and told["skeleton"]


def test_a_mannequin_of_unreal_4_is_mapped_as_the_protocol_says() -> None:
    told = json.loads((_PLUGIN / "Resources" / "BoneMaps" / "mannequin_ue4.json").read_text("utf-8"))
    skeleton = json.loads((_ROOT / "protocol" / "skeleton.json").read_text("utf-8"))
    assert told["bones"] == {joint["name"]: joint["unreal"] for joint in skeleton["joints"]}


def test_the_icon_is_128_pixels_wide_and_high_and_is_what_its_script_draws() -> None:
    icon = (_PLUGIN / "Resources" / "Icon128.png").read_bytes()
    assert icon[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", icon[16:24]) == (128, 128)
    length = int.from_bytes(icon[33:37], "big")
    rows = np.frombuffer(zlib.decompress(icon[41 : 41 + length]), np.uint8).reshape(128, 1 + 128 * 4)
    drawn = runpy.run_path(str(_PLUGIN.parent / "make_icon.py"))["drawing"]().reshape(128, -1)
    # the exponential of another machine may round another way
    assert np.abs(rows[:, 1:].astype(int) - drawn).max() <= 1


def test_every_file_of_the_plugin_opens_with_a_sentence_and_is_short_enough_to_read() -> None:
    for path in [
        *_PLUGIN.rglob("*.h"),
        *_PLUGIN.rglob("*.cpp"),
        *_PLUGIN.rglob("*.cs"),
        *_TESTS.rglob("*.cpp"),
        *_TESTS.rglob("*.h"),
    ]:
        lines = path.read_text("utf-8").splitlines()
        assert lines[0].startswith("// ") and len(lines[0]) > 30 and lines[0].endswith((".", ":")), path
        assert len(lines) <= 400, path
        assert not [number for number, line in enumerate(lines) if line != line.rstrip()], path
