"""Airflow without a database, and the templates that the program makes: those of the stack sandbox, as committed."""

import os
import sys
from pathlib import Path
from tempfile import mkdtemp

import yaml

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "test" / "golden" / "sandbox" / "sandbox-orchestration" / "ConfigMap.flights-tasks.yaml"


def templates() -> Path:
    """Lay out the ConfigMap as a pod sees it."""
    if not GOLDEN.is_file():
        raise FileNotFoundError(f"{GOLDEN} is not there: `make golden` writes what the program makes")
    directory = Path(mkdtemp(prefix="tasks-"))
    for name, text in yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))["data"].items():
        (directory / name).write_text(text, encoding="utf-8")
    return directory


# Before anything of Airflow's is imported: it reads its settings then.
os.environ["DATA_PLATFORM_TASKS"] = str(templates())
os.environ["AIRFLOW_HOME"] = mkdtemp(prefix="airflow-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"
# As in the image: the operators and the platform's own modules are packages, DAGs are a folder.
sys.path[:0] = [str(ROOT / place) for place in ("workloads/dags", "workloads", "images/airflow/src")]
