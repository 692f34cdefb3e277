"""What `data-platform new workload` writes passes this project's lint and its own tests, as it is."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BEGIN = """
const { newWorkload } = require("./operations/new-workload/write");
const [root, kind, name] = process.argv.slice(1);
newWorkload(root, kind, name, []).catch((error) => { console.error(error); process.exit(1); });
"""
LONGEST = "abcdefghij-abcdefghij-abcdefghij-abcdef"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out what counts of a checkout, with two workloads of each kind: of a short name, and of the longest."""
    root = tmp_path_factory.mktemp("checkout")
    for part in ("workloads/pyproject.toml", "workloads/tests/own.py", "workloads/own/index.ts", ".prettierrc.json"):
        (root / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / part, root / part)
    (root / "workloads/src").mkdir()
    for number, kind in enumerate(("task", "cronjob", "service", "spark")):
        for name in (f"a{number}", f"{LONGEST}{number}"):
            node = ["node", "-r", "./cli/typescript.mjs", "-e", BEGIN, str(root), kind, name]
            subprocess.run(node, cwd=ROOT, check=True)
    return root / "workloads"


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "--quiet", "."],
        ["ruff", "format", "--check", "--quiet", "."],
        ["mypy", "spark", "tests"],
        ["pytest", "-q", "-p", "no:cacheprovider", "-c", "pyproject.toml", "tests"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_it_passes(copy: Path, command: list[str]) -> None:
    ran = subprocess.run([sys.executable, "-m", *command], cwd=copy, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_counterproof_a_fault_in_one_is_found(copy: Path, tmp_path: Path) -> None:
    """The same looks, at a program that is wrong."""
    shutil.copytree(copy, tmp_path / "workloads")
    (tmp_path / "workloads/a0/main.py").write_text("import os\n", encoding="utf-8")
    for command in (["ruff", "check", "--quiet", "."], ["pytest", "-q", "-c", "pyproject.toml", "tests"]):
        ran = subprocess.run(
            [sys.executable, "-m", *command], cwd=tmp_path / "workloads", capture_output=True, check=False
        )
        assert ran.returncode != 0
