"""Tables in the bucket gold as data frames, and the results beside them."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from flights.errors import Failure
from flights.interval import Folder
from flights.store import Store


@dataclass(frozen=True)
class Loaded:
    """A table as it was read."""

    frame: pd.DataFrame
    # Hash of the object's bytes: the same data, the same hash.
    sha256: str


def read(store: Store, folder: Folder, columns: Sequence[str]) -> Loaded:
    """Read columns of a table; raises Failure if it isn't there, is no Parquet or lacks one of them."""
    where = f"{store.bucket}/{folder.data}"
    body = store.find(folder.data)
    if body is None:
        raise Failure(f'{where} is not there; run the program gold for the interval "{folder.interval}" first')
    try:
        opened = pq.ParquetFile(io.BytesIO(body))
    except (pa.ArrowInvalid, OSError) as error:
        raise Failure(f"{where} is no readable Parquet object: {error}") from error
    missing = [name for name in columns if name not in opened.schema_arrow.names]
    if missing:
        raise Failure(f"{where} lacks the columns {', '.join(missing)}; was it written by another version of gold?")
    table = opened.read(list(columns))
    return Loaded(table.to_pandas(), hashlib.sha256(body).hexdigest())


def encode(frame: pd.DataFrame) -> bytes:
    """Write a data frame as Parquet: the same frame gives the same bytes."""
    # Without what pandas would note about itself in the metadata: its version has nothing to do with the data.
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def find_result(store: Store, folder: Folder) -> dict[str, Any] | None:
    """Read what was said about a table, None if it was never finished."""
    body = store.find(folder.result)
    if body is None:
        return None
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Failure(f"{store.bucket}/{folder.result} is no JSON object; remove it, and the interval is written anew")
    return found


def write_result(store: Store, folder: Folder, result: Mapping[str, object]) -> None:
    """Say something about a table that is whole."""
    body = json.dumps(result, indent=2, sort_keys=True, ensure_ascii=True) + "\n"
    store.put(folder.result, body.encode("ascii"))
