"""Airflow without a database, and the templates that the program makes: those of the stack sandbox, as committed."""

import os
import sys
from pathlib import Path
from tempfile import mkdtemp

import yaml

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "test" / "golden" / "sandbox" / "sandbox-orchestration"
SAMPLE = GOLDEN / "ConfigMap.flights-tasks.yaml"


def templates(golden: Path, directory: Path) -> None:
    """Lay out a ConfigMap as a pod sees it."""
    directory.mkdir(parents=True)
    for name, text in yaml.safe_load(golden.read_text(encoding="utf-8"))["data"].items():
        (directory / name).write_text(text, encoding="utf-8")


if not SAMPLE.is_file():
    raise FileNotFoundError(f"{SAMPLE} is not there: `make golden` writes what the program makes")
HOME = Path(mkdtemp(prefix="tasks-"))
templates(SAMPLE, HOME / "tasks")
for own in GOLDEN.glob("ConfigMap.*-tasks.yaml"):
    if own != SAMPLE:
        templates(own, HOME / "team-tasks" / own.name.split(".")[1])


# Before anything of Airflow's is imported: it reads its settings then.
os.environ["DATA_PLATFORM_TASKS"] = str(HOME / "tasks")
os.environ["DATA_PLATFORM_TEAM_TASKS"] = str(HOME / "team-tasks")
os.environ["AIRFLOW_HOME"] = mkdtemp(prefix="airflow-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"
# As in the image: the operators and the platform's own modules are packages, DAGs are a folder.
sys.path[:0] = [str(ROOT / place) for place in ("workloads/dags", "workloads", "images/airflow/src")]
