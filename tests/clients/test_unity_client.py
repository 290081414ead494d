"""The Unity package: run under mono on the golden vectors, on a stand-in for Unity, and with the real server."""

import json
import re
import runpy
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from clients.light_show import FPS, LightShow, dance, joints_of
from clients.rough_network import Roughness

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "clients" / "unity"
SOURCES = Path(__file__).resolve().parent / "unity"
PATIENCE_S = 120
WATCHED_S = 4
METAS = runpy.run_path(str(PACKAGE / "Tools~" / "make_metas.py"))
NAMES = [
    name
    for path in sorted(SOURCES.glob("*Tests.cs"))
    for name in re.findall(r"public static void (\w+)\(\)", path.read_text("utf-8"))
]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every assembly of the package as its .asmdef says, for mono and a browser, and the program that tests them."""
    if shutil.which("mcs") is None or shutil.which("mono") is None:
        pytest.skip("no mcs and mono: apt-get install mono-mcs mono-runtime libmono-system-core4.0-cil")
    built = tmp_path_factory.mktemp("unity")

    def compiled(name: str, folder: Path, *needs: str, define: str = "") -> None:
        command = ["mcs", "-nologo", "-langversion:7.2", "-warn:4", "-warnaserror", f"-out:{built / name}"]
        command += ["-target:library"] if name.endswith(".dll") else []
        command += [f"-r:{need}" for need in ("System.dll", "System.Core.dll")]
        command += [f"-r:{built / need}" for need in needs] + ([f"-d:{define}"] if define else [])
        done = subprocess.run(
            [*command, *map(str, sorted(folder.glob("*.cs")))],
            capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"

    runtime = PACKAGE / "Runtime"
    compiled("Core.dll", runtime / "Core")  # without any engine
    compiled("Engine.dll", SOURCES / "stub")
    compiled("Unity.dll", runtime / "Unity", "Core.dll", "Engine.dll")
    compiled("Editor.dll", PACKAGE / "Editor", "Core.dll", "Engine.dll", "Unity.dll")
    compiled("Samples.dll", PACKAGE / "Samples~" / "Dancer", "Core.dll", "Engine.dll", "Unity.dll")
    browser = "UNITY_WEBGL"
    compiled("WebCore.dll", runtime / "Core", define=browser)
    compiled("WebUnity.dll", runtime / "Unity", "WebCore.dll", "Engine.dll", define=browser)
    compiled("Web.dll", runtime / "WebGL", "WebCore.dll", "Engine.dll", "WebUnity.dll", define=browser)
    web = ("WebCore.dll", "Engine.dll", "WebUnity.dll", "Web.dll")
    compiled("browser.exe", SOURCES / "browser", *web)
    compiled("tests.exe", SOURCES, "Core.dll", "Engine.dll", "Unity.dll", "Editor.dll", "Samples.dll")
    return built / "tests.exe"


@pytest.fixture(scope="session")
def told(program: Path) -> dict[str, dict[str, object]]:
    """What each test under mono said."""
    command = ["mono", "--debug", str(program), str(ROOT / "protocol")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert not done.stderr, done.stderr
    return {said["test"]: said for said in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", NAMES)
def test_under_mono(name: str, told: Mapping[str, Mapping[str, object]]) -> None:
    assert told[name]["failed"] is None, told[name]["failed"]
    assert told[name]["checks"]


def test_the_adapter_for_browsers_opens_reads_and_closes(program: Path) -> None:
    command = ["mono", "--debug", str(program.with_name("browser.exe"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.split()) == 6


def test_no_golden_vector_is_left_out(told: Mapping[str, Mapping[str, Mapping[str, int]]]) -> None:
    figures = told["Every_golden_vector_is_read_written_and_where_Unity_has_it"]["figures"]
    golden = ROOT / "protocol" / "golden"
    poses = [path for path in golden.glob("*.bin") if not path.name.startswith("sound_")]
    assert figures["frames"] + figures["refused"] == len(poses)
    assert figures["in_unity"] == len(list(golden.glob("*.unity.json"))) > 52


def _viewer(program: Path, port: int, token: str = "") -> subprocess.Popen[str]:
    command = ["mono", "--debug", str(program), "watch", f"127.0.0.1:{port}", str(WATCHED_S), token]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _ended(viewer: subprocess.Popen[str]) -> dict[str, float]:
    out, _ = viewer.communicate(timeout=PATIENCE_S)
    said: dict[str, float] = json.loads(out.splitlines()[-1])
    assert viewer.returncode == 0, said
    return said


def _source_speeds(begin_s: float, end_s: float) -> np.ndarray:
    """How fast every joint of the show goes from frame to frame, in metres a second."""
    poses = [dance(tick / FPS) for tick in range(int(begin_s * FPS), int(end_s * FPS))]
    places = joints_of(
        np.stack([pose.root_m for pose in poses]), np.stack([pose.local_quat_wxyz for pose in poses])
    )
    return np.linalg.norm(np.diff(places, axis=0), axis=-1) * FPS


def test_it_shows_the_real_server_smoothly_directly_and_through_a_rough_network(
    program: Path, tmp_path: Path
) -> None:
    with LightShow(tmp_path, token="open sesame", rough=Roughness()) as show:
        begin_s = show.now_s()
        viewers = [_viewer(program, port, "open sesame") for port in (show.port, show.rough_port)]
        direct, rough = map(_ended, viewers)
        speeds = _source_speeds(begin_s, show.now_s())
    print(f"source p99.9 {np.quantile(speeds, 0.999):.3f}, max {speeds.max():.3f} m/s; {direct}; {rough}")
    for said in (direct, rough):
        assert said["received"] >= 120
        # one that starves, as by a lost packet of TCP, asks for more
        assert said["granted_look_ahead_s"] in ((0.25, 0.5) if said["starved"] else (0.25,))
        assert said["unreadable"] == said["threads_left"] == 0
        assert said["connections"] == 1
        assert said["shown_fps"] > 30, "sixty where the machine has the time for them"
        assert said["beats"] >= WATCHED_S
        # a busy machine may starve it, and then it hurries to be where the dance is: that is no jump of ours
        assert said["fed"] > 30
        assert said["fed_max_m_s"] <= 1.2 * np.quantile(speeds, 0.999), "no joint jumps"
    assert rough["way_s"] > 0.02


def test_it_comes_back_when_the_show_does(program: Path, tmp_path: Path) -> None:
    with LightShow(tmp_path) as show:
        viewer = _viewer(program, show.port)
        assert viewer.stdout is not None and viewer.stdout.readline() == "dancing\n"
    with LightShow(tmp_path, port=show.port):
        said = _ended(viewer)
    assert said["connections"] == 2
    assert said["shown_fps"] > 30, "the figure held, and was shown all the while"
    assert said["threads_left"] == said["unreadable"] == 0


def test_a_wrong_token_is_said_in_words(program: Path, tmp_path: Path) -> None:
    with LightShow(tmp_path, token="open sesame") as show:
        viewer = _viewer(program, show.port, "open barley")
        out, _ = viewer.communicate(timeout=PATIENCE_S)
    assert viewer.returncode == 1
    assert "is the token right?" in json.loads(out)["error"]


def test_every_file_that_unity_imports_has_its_meta_and_no_guid_is_there_twice() -> None:
    wrong = {path.name: text for path, text in METAS["wrong"]().items()}
    assert not wrong, "python clients/unity/Tools~/make_metas.py writes them"
    guids = [
        re.search(r"^guid: ([0-9a-f]{32})$", path.read_text("utf-8"), re.MULTILINE)[1]  # type: ignore[index]
        for path in PACKAGE.rglob("*.meta")
    ]
    assert len(guids) == len(set(guids)) == len(list(METAS["imported"]()))


def test_a_meta_that_is_missing_old_or_of_nothing_is_found(tmp_path: Path) -> None:
    copy = tmp_path / "unity"
    shutil.copytree(PACKAGE, copy)
    (copy / "README.md.meta").unlink()
    (copy / "Editor.meta").write_text("fileFormatVersion: 2\nguid: 0\n")
    (copy / "Gone.cs.meta").write_text("fileFormatVersion: 2\n")
    wrong = {path.name: text for path, text in METAS["wrong"](copy).items()}
    assert sorted(wrong) == ["Editor.meta", "Gone.cs.meta", "README.md.meta"]
    assert wrong["Gone.cs.meta"] is None


def test_the_assemblies_refer_to_one_another_and_the_core_to_no_engine() -> None:
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in PACKAGE.rglob("*.asmdef")}
    assert sorted(found) == [
        "Groovecast.Core", "Groovecast.Unity", "Groovecast.Unity.Editor", "Groovecast.Unity.WebGL",
    ]  # fmt: skip
    outside = {"endel.nativewebsocket", "colyseus.nativewebsocket"}  # its name before and since version 2
    for name, said in found.items():
        assert said["name"] == name
        assert set(said["references"]) <= set(found) | outside
    assert found["Groovecast.Core"]["noEngineReferences"] and not found["Groovecast.Core"]["references"]
    assert found["Groovecast.Unity.Editor"]["includePlatforms"] == ["Editor"]
    browser = found["Groovecast.Unity.WebGL"]
    assert browser["defineConstraints"] == [browser["versionDefines"][0]["define"]]
    for path in (PACKAGE / "Runtime").rglob("*.cs"):
        text = path.read_text("utf-8")
        if "[RuntimeInitializeOnLoadMethod" in text:
            # nothing refers to such code: without this a build strips the whole assembly, says Unity's manual
            assert "[assembly: UnityEngine.Scripting.AlwaysLinkAssembly]" in text, path
    for path in (PACKAGE / "Runtime" / "Core").glob("*.cs"):
        assert "UnityEngine" not in path.read_text("utf-8").replace("UnityEngine.HumanBodyBones says it", "")


def test_the_manifest_is_what_unitys_package_manager_asks_for() -> None:
    said = json.loads((PACKAGE / "package.json").read_text("utf-8"))
    assert said["name"] == METAS["NAME"] == "com.groovecast.unity"
    assert re.fullmatch(r"\d+\.\d+\.\d+", said["version"])
    assert f"## [{said['version']}]" in (PACKAGE / "CHANGELOG.md").read_text("utf-8")
    assert re.fullmatch(r"\d{4}\.\d", said["unity"])
    # Animator and Avatar are of a module that a project may have switched off; nothing else is needed
    assert said["dependencies"] == {"com.unity.modules.animation": "1.0.0"}
    for sample in said["samples"]:
        assert (PACKAGE / sample["path"]).is_dir()
    for name in (
        "README.md",
        "LICENSE.md",
        "Third Party Notices.md",
        "Documentation~/com.groovecast.unity.md",
    ):
        assert (PACKAGE / name).is_file()
    assert (PACKAGE / "LICENSE.md").read_text("utf-8") == (ROOT / "LICENSE").read_text("utf-8")


def test_every_source_opens_with_one_sentence_stays_short_and_only_the_clock_reads_time() -> None:
    sources = [*PACKAGE.rglob("*.cs"), *SOURCES.rglob("*.cs")]
    assert len(sources) > 30
    for path in sources:
        lines = path.read_text("utf-8").splitlines()
        assert lines[0].startswith("// ") and len(lines[0]) > 23 and lines[0].endswith("."), path
        assert len(lines) <= 400, path
        reads_time = re.search(
            r"Stopwatch|DateTime|Environment\.TickCount|Time\.(time|unscaled|realtime)", "\n".join(lines)
        )
        assert not reads_time or path.name == "SteadyClock.cs", path
