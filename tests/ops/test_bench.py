import json
from pathlib import Path

import pytest

from tarazu.ops import bench

FIELDS = ["bench", "case", "ours", "peer", "ratio", "unit", "goal", "met"]

SAMPLE = """
from tarazu.ops.bench import against_peer, at_least, at_most

def cases():
    yield against_peer("sample", "fast", ours=1000.0, peer=4.0, unit="packets/s", goal=200.0)
    yield against_peer("sample", "small", ours=10.0, peer=4.0, unit="packets/s", goal=None)
    yield at_least("sample", "sustained", ours=45_000, unit="packets/s", goal=45_000)
    yield at_most("sample", "day", ours={day_s}, unit="s", goal=60)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sample.py").write_text(SAMPLE.format(day_s=59.0))
    (tmp_path / "slow.py").write_text(SAMPLE.format(day_s=61.0))
    (tmp_path / "peerless.py").write_text("import a_peer_nobody_installed")
    return tmp_path


def test_the_first_line_is_the_machine_and_each_other_a_case(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.run("sample", as_json=True, folder=folder) == 0
    machine, *cases = map(json.loads, capsys.readouterr().out.splitlines())
    assert {"cpu", "cores", "load_1m", "python", "numpy", "numba"} <= machine.keys()
    assert all(list(case) == FIELDS for case in cases)
    assert cases[0] == dict(zip(FIELDS, ["sample", "fast", 1000, 4, 250, "packets/s", 200, True], strict=True))
    assert [case["met"] for case in cases] == [True, None, True, True]


def test_a_missed_goal_is_exit_1_after_all_cases(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.run("slow", as_json=True, folder=folder) == 1
    assert [json.loads(line)["met"] for line in capsys.readouterr().out.splitlines()[1:]] == [True, None, True, False]


def test_without_json_the_verdicts_are_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.run("slow", as_json=False, folder=folder) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].endswith("goal 200 met") and lines[4].endswith("goal 60 NOT MET")
    assert "goal" not in lines[2]


def test_what_could_not_be_measured_is_a_line_of_its_own_and_exit_2(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking = (
        "from tarazu.ops.bench import BadBenchmark\n" + SAMPLE.format(day_s=59.0) + '    raise BadBenchmark("no peer")'
    )
    (folder / "lacking.py").write_text(lacking)
    assert bench.run("lacking", as_json=True, folder=folder) == 2
    *_, last_case, unknown = map(json.loads, capsys.readouterr().out.splitlines())
    assert last_case["case"] == "day" and unknown == {"bench": "lacking", "verdict": "UNKNOWN", "why": "no peer"}
    assert bench.run("lacking", as_json=False, folder=folder) == 2
    assert capsys.readouterr().out.splitlines()[-1].endswith("verdict UNKNOWN  why no peer")


@pytest.mark.parametrize(
    ("name", "said"),
    [("nope", "there are: peerless, sample, slow"), ("../sample", "no benchmark"), ("peerless", "make setup")],
)
def test_nothing_to_run_is_exit_2_with_the_reason(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    assert bench.run(name, as_json=True, folder=folder) == 2
    captured = capsys.readouterr()
    assert said in captured.err and not captured.out


def test_outside_a_checkout_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.run("decode", as_json=True, folder=tmp_path / "benchmarks") == 2
    assert "run from a git clone" in capsys.readouterr().err


def test_goals_are_judged_on_what_was_measured_not_on_what_is_shown() -> None:
    case = bench.against_peer("b", "c", ours=199.999, peer=1.0, unit="x", goal=200.0)
    assert case.met is False


def test_both_sides_are_timed_a_call_each() -> None:
    calls = {"ours": 0, "peer": 0}

    def count(side: str, work: int) -> int:
        calls[side] += 1
        return sum(range(work))

    ours_s, peer_s = bench.interleaved(lambda: count("ours", 100), lambda: count("peer", 20_000), 3, least_s=0.002)
    assert 0 < ours_s < peer_s
    assert calls["ours"] > calls["peer"] >= 3


def test_the_decode_benchmark_measures_beside_the_official_client() -> None:
    first = next(bench.load("decode")())
    assert (first.case, first.unit, first.goal) == ("10 full packets", "packets/s", None)
    assert first.peer is not None and first.ours > first.peer


def test_a_peer_may_be_the_measure_of_what_ours_may_cost() -> None:
    dear = bench.no_dearer("sample", "look", ours=130.0, peer=40.0, unit="ms", goal=3.0)
    assert (dear.ratio, dear.met) == (3.25, False)
    assert bench.no_dearer("sample", "look", ours=120.0, peer=40.0, unit="ms", goal=3.0).met is True
