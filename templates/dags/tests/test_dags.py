"""Every DAG here, parsed as the platform's Airflow parses it, by what is in its image alone.

python -m unittest discover --start-directory tests
"""

import json
import os
import unittest
from pathlib import Path
from tempfile import mkdtemp

DAGS = Path(__file__).resolve().parents[1] / "dags"
# The pools of the stack file, `orchestrator.pools`: a task of another one would wait for ever.
POOLS = {"default_pool"}

# Before anything of Airflow's is imported: it reads its settings then. No database is asked.
os.environ["AIRFLOW_HOME"] = mkdtemp(prefix="airflow-")
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(DAGS)
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"

from airflow.dag_processing.dagbag import DagBag  # noqa: E402
from airflow.serialization.serialized_objects import DagSerialization  # noqa: E402


class Dags(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bag = DagBag(DAGS)

    def test_every_file_is_imported_and_no_two_dags_have_the_same_name(self):
        self.assertEqual(self.bag.import_errors, {}, "\n\n".join(self.bag.import_errors.values()))

    def test_every_file_has_a_dag(self):
        having = {Path(dag.fileloc).name for dag in self.bag.dags.values()}
        broken = {Path(file).name for file in self.bag.import_errors}
        self.assertEqual({file.name for file in DAGS.glob("*.py")} - having - broken, set(), "no DAG in it")

    def test_every_dag_has_tasks_and_can_be_stored_as_the_scheduler_stores_it(self):
        for name, dag in self.bag.dags.items():
            with self.subTest(name):
                self.assertTrue(dag.tasks, "without tasks")
                json.dumps(DagSerialization.to_dict(dag))

    def test_every_pool_is_one_of_the_stack_file(self):
        for name, dag in self.bag.dags.items():
            for task in dag.tasks:
                with self.subTest(f"{name}.{task.task_id}"):
                    self.assertIn(task.pool, POOLS, "orchestrator.pools of the stack file doesn't have it")


if __name__ == "__main__":
    unittest.main()
