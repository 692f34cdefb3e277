import type { Names } from "./names";

/** A job of Spark's, which counts by key. */
export const sparkJob = ({ name, module }: Names) => `"""Counts numbers by their remainder: the Spark job ${name}.

Run by spark-submit; its last line on stdout is its result, one JSON object.
"""

import argparse
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NAME = "${name}"


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(prog="own_${module}.py", allow_abbrev=False)
    parser.add_argument("--rows", type=int, default=1000, help="how many numbers")
    given = parser.parse_args(argv)
    if given.rows < 1:
        parser.error("--rows must be 1 or more")
    return given


def counts(spark: "SparkSession", rows: int) -> "DataFrame":
    """Count the numbers from 0 on by their remainder of 10."""
    return spark.range(rows).selectExpr("id % 10 AS remainder").groupBy("remainder").count()


def main(argv: list[str]) -> int:
    """Run, and print the result."""
    # The tests of the arguments have no Spark.
    from pyspark.sql import SparkSession  # noqa: PLC0415

    rows = parse(argv).rows
    spark = SparkSession.builder.getOrCreate()
    by_remainder = {str(row["remainder"]): row["count"] for row in counts(spark, rows).collect()}
    spark.stop()
    result = {"program": NAME, "ok": sum(by_remainder.values()) == rows, **by_remainder}
    sys.stdout.write(json.dumps(result) + "\\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
`;

/** The test of that job's arguments; \`make sandbox\` runs the job itself. */
export const sparkTest = ({ name, module }: Names) => `"""The arguments of the Spark job ${name}."""

import pytest

from own import load

job = load("spark/own_${module}.py")


def test_the_number_of_rows() -> None:
    assert job.parse([]).rows == 1000
    assert job.parse(["--rows", "5"]).rows == 5


def test_no_rows_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        job.parse(["--rows", "0"])
    assert "1 or more" in capsys.readouterr().err
`;
