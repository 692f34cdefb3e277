"""Bronze and gold in folders of the machine, and the program gold on them, run as spark-submit runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flights.records import SCHEMA

PROGRAM = Path(__file__).resolve().parents[1] / "spark" / "gold.py"
PATIENCE_SECONDS = 600


def spark_home() -> str:
    """Find the Spark of the image; without it the test fails, it is never skipped."""
    home = os.environ.get("SPARK_HOME", "")
    if not Path(home, "python", "pyspark").is_dir():
        pytest.fail(
            f'SPARK_HOME is "{home}", which is no Spark with PySpark; `make test` takes it from the image spark',
            pytrace=False,
        )
    return home


def bronze_rows(dataset: Path, every: int) -> pd.DataFrame:
    """Read every nth flight, in the types of bronze."""
    flights = pd.read_csv(dataset, na_values=["NA"], keep_default_na=False).iloc[::every].reset_index(drop=True)
    whole = {name: "Int64" for name in flights.columns if flights[name].dtype.kind == "f"}
    return flights.astype(whole).assign(time_hour=pd.to_datetime(flights["time_hour"], utc=True))


class Lake:
    """Two folders that stand for the buckets."""

    def __init__(self, directory: Path, dataset: Path) -> None:
        self.directory = directory
        self.bronze = directory / "bronze" / "flights"
        self.gold = directory / "gold"
        self.data = dataset.parent

    def land(self, rows: pd.DataFrame, partitions: int) -> None:
        """Lay rows out as land does: over partitions, an object for each, behind what is there."""
        for partition in range(partitions):
            folder = self.bronze / f"partition={partition}"
            folder.mkdir(parents=True, exist_ok=True)
            begin = sum(pq.read_metadata(file).num_rows for file in folder.glob("*.parquet"))
            part = rows.iloc[partition::partitions]
            placed = part.assign(
                _partition=partition, _offset=range(begin, begin + len(part)), _timestamp=pd.Timestamp(0, tz="UTC")
            )
            table = pa.Table.from_pandas(placed, schema=SCHEMA, preserve_index=False)
            pq.write_table(table, folder / f"{begin:020d}.parquet", compression="zstd")

    def run(self, env: dict[str, str], *args: str, topic: str = "delays", code: int = 0) -> dict[str, Any]:
        """Run gold in a JVM of its own and give its result."""
        home = spark_home()
        conf = {
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "3",
            # Started often and short-lived: the thorough compiler would cost more than it brings.
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
        }
        submit = [part for name, value in conf.items() for part in ("--conf", f"{name}={value}")]
        where = ["--bronze", self.bronze.as_uri(), "--gold", self.gold.as_uri(), "--data", str(self.data)]
        # PySpark finds the program's own directory by itself, as in the image.
        ended = subprocess.run(
            [sys.executable, str(PROGRAM), *where, "--topic", topic, *args],
            env={
                **{name: os.environ[name] for name in ("PATH", "JAVA_HOME") if name in os.environ},
                "HOME": str(self.directory),
                "SPARK_HOME": home,
                "PYTHONPATH": f"{home}/python",
                "PYSPARK_SUBMIT_ARGS": " ".join(["--master", "local[2]", *submit, "pyspark-shell"]),
                **env,
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert ended.returncode == code, ended.stdout[-2000:] + ended.stderr[-4000:]
        if code > 1:
            return {"error": ended.stderr}
        found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
        return found

    def table(self, name: str, interval: str) -> pd.DataFrame:
        return pd.read_parquet(self.gold / name / f"interval={interval}" / f"{name}.parquet")

    def bytes(self, interval: str) -> dict[str, bytes]:
        """The two tables as they lie in the store."""
        return {
            name: (self.gold / name / f"interval={interval}" / f"{name}.parquet").read_bytes()
            for name in ("flights", "delays")
        }
