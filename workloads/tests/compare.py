"""What must have arrived, worked out from the text of the file without the programs' own code."""

import io
import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet as pq
from confluent_kafka import Message
from stage import Stage

TEXT = {"carrier", "tailnum", "origin", "dest", "time_hour"}


def typed(row: dict[str, str]) -> dict[str, int | str | None]:
    return {name: None if text == "NA" else text if name in TEXT else int(text) for name, text in row.items()}


def canonical(row: dict[str, Any]) -> str:
    return json.dumps(row, sort_keys=True)


def in_topic(messages: Iterable[Message]) -> Counter[str]:
    """Count the records of a topic by their content."""
    return Counter(canonical(json.loads(message.value() or b"")) for message in messages)


def in_file(rows: Iterable[dict[str, str]]) -> Counter[str]:
    """Count the rows of the file by their content."""
    return Counter(canonical(typed(row)) for row in rows)


def in_bucket(stage: Stage) -> Counter[str]:
    """Count the rows of all objects by their content, leaving out where they came from."""
    found: Counter[str] = Counter()
    for key in stage.objects():
        body = stage.s3.get_object(Bucket=stage.bucket, Key=key)["Body"].read()
        for row in pq.read_table(io.BytesIO(body), partitioning=None).to_pylist():
            row["time_hour"] = row["time_hour"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            assert isinstance(row["_timestamp"], datetime)
            found[canonical({name: value for name, value in row.items() if not name.startswith("_")})] += 1
    return found
