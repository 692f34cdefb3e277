"""The columns of the dataset, in its own order: what ingest sends, land checks and audit counts."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["integer", "text", "time"]


@dataclass(frozen=True)
class Column:
    """One column of the dataset."""

    name: str
    # integer: 32 bits; time: an instant in UTC, written like 2013-01-01T10:00:00Z.
    kind: Kind
    # Whether the value may be missing ("NA" in the file, null from there on).
    nullable: bool = False


COLUMNS = (
    Column("year", "integer"),
    Column("month", "integer"),
    Column("day", "integer"),
    Column("dep_time", "integer", nullable=True),
    Column("sched_dep_time", "integer"),
    Column("dep_delay", "integer", nullable=True),
    Column("arr_time", "integer", nullable=True),
    Column("sched_arr_time", "integer"),
    Column("arr_delay", "integer", nullable=True),
    Column("carrier", "text"),
    Column("flight", "integer"),
    Column("tailnum", "text", nullable=True),
    Column("origin", "text"),
    Column("dest", "text"),
    Column("air_time", "integer", nullable=True),
    Column("distance", "integer"),
    Column("hour", "integer"),
    Column("minute", "integer"),
    Column("time_hour", "time"),
)
NAMES = tuple(column.name for column in COLUMNS)

# How the file writes a missing value.
MISSING = "NA"
