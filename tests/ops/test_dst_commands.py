"""tarazu dst run, seed, mutants, crashpoints and bench."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tarazu.app.dst.mutant_trials import Tried, told
from tarazu.dst.trials import Trial
from tarazu.ops import dst_bench, dst_crashpoints, dst_mutants, dst_run, dst_seed


def run(verb, *argv):
    """Exit code and what was printed; of --json the object."""
    ran = CliRunner().invoke(verb.command, [*map(str, argv)], standalone_mode=False)
    if ran.exception:
        raise ran.exception
    return ran.return_value, json.loads(ran.stdout) if "--json" in argv else ran.stdout


def refused(verb, *argv):
    ran = CliRunner().invoke(verb.command, [*map(str, argv)])
    assert ran.exit_code == 2
    return ran.output


def test_days_without_a_violation_are_ok():
    code, said = run(dst_run, "--days", 6, "--jobs", 1, "--json")
    assert code == 0 and said["verdict"] == "OK" and said["schema"] == "tarazu.dst.run/1"
    assert said["days"] == 6 + said["corpus"] and said["violations"] == []
    assert said["faults_per_day"] == pytest.approx(sum(said["faults"].values()) / said["days"], abs=0.1)
    assert set(said["marks_never_hit"]) == {mark for mark, times in said["marks"].items() if not times}


def test_a_kept_campaign_is_told_again_and_one_of_other_days_is_refused(tmp_path):
    argv = ("--days", 2, "--jobs", 1, "--size", "small", "--keep", tmp_path / "kept")
    code, said = run(dst_run, *argv, "--json")
    assert code == 0 and said["days"] == 2 + said["corpus"] and said["sittings"] == 1 and said["cpu_s"] > 0
    code, again = run(dst_run, *argv, "--json")
    assert code == 0 and {**again, "as_of_epoch": 0, "as_of_ist": ""} == {**said, "as_of_epoch": 0, "as_of_ist": ""}
    assert f"kept       {tmp_path}/kept: 1 sitting, " in run(dst_run, *argv)[1]
    code, text = run(dst_run, "--seed", 9, *argv)
    assert code == 4 and text.startswith("REFUSED  SIM  ") and "OTHER_CAMPAIGN" in text
    assert f"fix  tarazu dst run --days 2 --seed 0 --size small --keep {tmp_path}/kept" in text


def test_the_text_says_days_a_minute_faults_by_kind_and_marks_that_were_missed():
    code, text = run(dst_run, "--days", 2, "--jobs", 1)
    assert code == 0 and text.startswith("OK  SIM  ") and text.endswith("exit 0\n")
    for begin in ("days ", "world ", "faults ", "marks ", "corpus "):
        assert any(line.startswith(begin) for line in text.splitlines())


def test_a_seed_is_run_again_and_its_digest_told():
    first, second = (run(dst_seed, 3, "--json")[1] for _ in range(2))
    assert first["exit_code"] == 0 and first["digest"] == second["digest"]
    assert run(dst_seed, 3, "--trace", "--json")[1]["trace"]


def test_a_day_with_a_bug_is_critical_and_tells_how_to_see_it_again():
    code, said = run(dst_seed, 0, "--mutant", "no_fsync", "--json")
    assert code == 2 and said["verdict"] == "CRIT" and said["violations"]
    hint = said["checks"][0]["hint"]
    assert hint == "tarazu dst seed 0 --mutant no_fsync --minimise"
    code, small = run(dst_seed, *hint.split()[3:], "--json")
    assert code == 2 and 0 < len(small["trace"]) <= 50
    again = small["command"].split()[3:]
    code, said = run(dst_seed, *again, "--json")
    assert code == 2 and said["violations"][0] == small["violations"][0]


def test_a_mutant_that_is_caught_is_in_the_table_with_its_seed():
    code, said = run(dst_mutants, "--only", "no_fsync", "--only", "send_first", "--jobs", 1, "--json")
    assert code == 0 and said["caught"] == 2 and [m["name"] for m in said["mutants"]] == ["no_fsync", "send_first"]
    assert all(m["violation"]["invariant"] and m["seed"] is not None for m in said["mutants"])
    _, text = run(dst_mutants, "--only", "no_fsync", "--jobs", 1)
    assert text.startswith("OK  SIM  1 of 1 mutants caught within 300 days each")


def test_a_mutant_that_is_not_caught_is_critical():
    lived = Tried(Trial(mutant="no_cooling", days=300, seed=None, violation=None), 12.0)
    verdict = told([lived], ["no_cooling"], 300, 0)
    assert verdict.exit_code == 2 and verdict.checks[0].code == "NOT_CAUGHT" and verdict.facts["caught"] == 0
    assert "NOBODY" in verdict.text()


def test_mutants_that_ctrl_c_left_out_are_no_pass():
    assert told([], ["no_cooling"], 300, 0).exit_code == 130


def test_what_there_is_none_of_is_named():
    assert "no mutant nobody; there are: absent_is_rejected" in refused(dst_seed, 1, "--mutant", "nobody")
    assert "no mutant nobody" in refused(dst_mutants, "--only", "nobody")
    assert "numbers with commas" in refused(dst_crashpoints, "--seeds", "1;2")
    assert "--crash-at" in refused(dst_seed, 1, "--keep-unsynced")


def test_a_killed_day_is_seen_again_by_its_flags():
    argv = (1, "--size", "small", "--crash-at", 30)
    lost, kept = run(dst_seed, *argv, "--json")[1], run(dst_seed, *argv, "--keep-unsynced", "--json")[1]
    assert lost["crashes"] and kept["crashes"]


def test_the_bench_tells_days_a_minute_beside_an_idle_engine():
    code, said = run(dst_bench, "--days", 4, "--jobs", 1, "--json")
    assert code in (0, 1) and {c["id"] for c in said["checks"]} >= {"dst.days_per_minute", "dst.faults_per_day"}
    assert said["peer_days_per_minute"] > said["days_per_minute"] > 0


def test_running_days_loads_no_tables_of_research():
    script = (
        "import sys; from tarazu.ops import dst_run\n"
        "dst_run.command(['--days', '1', '--jobs', '1'], standalone_mode=False)\n"
        "assert not {'polars', 'pandas', 'kiteconnect'} & sys.modules.keys(), 'too heavy a start'\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
