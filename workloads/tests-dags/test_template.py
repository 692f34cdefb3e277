"""The template of a repository of DAGs, copied elsewhere: its own tests, by what Airflow's image has."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def repository(tmp_path):
    copy = tmp_path / "repository"
    shutil.copytree(ROOT / "templates" / "dags", copy, ignore=shutil.ignore_patterns("__pycache__"))
    # Among the packages of the image, and nothing else of this project.
    shutil.copytree(ROOT / "workloads" / "platform_tasks", tmp_path / "packages" / "platform_tasks")
    return copy


def run(repository, *, packages=True):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    path = {"PYTHONPATH": str(repository.parent / "packages")} if packages else {}
    return subprocess.run(
        [sys.executable, "-m", "unittest", "discover", "--start-directory", "tests"],
        cwd=repository,
        env={**kept, **path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_passes_and_writes_nothing_into_the_repository(repository):
    before = sorted(repository.rglob("*"))
    ran = run(repository)
    assert ran.returncode == 0, ran.stderr
    assert "Ran 4 tests" in ran.stderr
    assert sorted(repository.rglob("*")) == before


def test_each_mistake_is_told_with_its_file(repository):
    example = (repository / "dags" / "example.py").read_text(encoding="utf-8")
    (repository / "dags" / "twice.py").write_text(example, encoding="utf-8")
    (repository / "dags" / "broken.py").write_text("from airflow.sdk import DAG\nDAG(", encoding="utf-8")
    (repository / "dags" / "missing.py").write_text("from airflow.sdk import DAG\nimport numpyy\n", encoding="utf-8")
    (repository / "dags" / "without.py").write_text("from airflow.sdk import DAG\n", encoding="utf-8")
    (repository / "dags" / "pool.py").write_text(
        example.replace('"example"', '"other"').replace("default_pool", "powerbi"), encoding="utf-8"
    )
    ran = run(repository)
    assert ran.returncode == 1
    for told in ("broken.py", "numpyy", "twice.py", "without.py", "other.load-part", "orchestrator.pools"):
        assert told in ran.stderr, told


def test_without_the_package_it_says_which_one_is_missing(repository):
    ran = run(repository, packages=False)
    assert ran.returncode == 1
    assert "No module named 'platform_tasks'" in ran.stderr
