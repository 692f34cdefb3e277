"""Where the tables of one data interval are in the bucket gold, and how an interval is written.

Every table has a folder for each interval, with one Parquet object and, where a program says more about it, a result:
`delays/interval=2013-12-31/delays.parquet`, `delays/interval=2013-12-31/_result.json`. Writing an interval again
replaces its objects, each at once; other intervals are left alone.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Table: TypeAlias = Literal["flights", "delays", "predictions"]

INTERVAL = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.+-]{0,62}")
ALLOWED = "1 to 63 of the characters A-Z a-z 0-9 _ . + -, for example 2013-12-31 or 2013-12-31T060000"
# The variable that names the interval for a program that is started without --interval.
VARIABLE = "FLIGHTS_INTERVAL"


@dataclass(frozen=True)
class Folder:
    """The folder of a table's interval."""

    table: Table
    interval: str

    @property
    def path(self) -> str:
        """The folder's name, with a slash at its end."""
        return f"{self.table}/interval={self.interval}/"

    @property
    def data(self) -> str:
        """The key of the table's Parquet object."""
        return f"{self.path}{self.table}.parquet"

    @property
    def result(self) -> str:
        """The key of what the program said about it; written last, so where it is the data is whole."""
        return f"{self.path}_result.json"


def check(text: str) -> str | None:
    """Give what is wrong with an interval's name, None if nothing is."""
    if INTERVAL.fullmatch(text):
        return None
    return f'--interval (or {VARIABLE}) is "{text}"; allowed: {ALLOWED}'
