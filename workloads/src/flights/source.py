"""The file of flights: a CSV, plain, gzipped or zipped, read as a stream, each row made a keyed JSON record."""

import csv
import gzip
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

import orjson

from flights.errors import BadSettings, Failure
from flights.schema import COLUMNS, MISSING, NAMES

# A key and a value, as they go to Kafka. A row with the wrong number of fields has no key.
Record: TypeAlias = tuple[bytes | None, bytes]

INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
BLOCK_BYTES = 1 << 20


class Fragments(dict[str, str]):
    """The text of one field as `"name":value` in JSON, remembered: most columns have few distinct values."""

    LIMIT = 50_000

    def __init__(self, name: str, *, integer: bool) -> None:
        """Name the column and say whether its values are whole numbers."""
        super().__init__()
        self._name = orjson.dumps(name).decode()
        self._integer = integer

    def __missing__(self, text: str) -> str:
        """Work out and remember the fragment of a text that was not seen yet."""
        if len(self) >= self.LIMIT:
            self.clear()
        fragment = self[text] = f"{self._name}:{orjson.dumps(self.value(text)).decode()}"
        return fragment

    def value(self, text: str) -> int | str | None:
        """Give the text its type. What should be a number and is none stays text: land judges and sets it aside."""
        if text == MISSING:
            return None
        if self._integer and INTEGER.fullmatch(text):
            return int(text)
        return text


class Encoder:
    """Makes records of rows."""

    def __init__(self, header: list[str], where: str) -> None:
        """Take the header of the file; `where` names the file in the message if the header is wrong."""
        missing = [name for name in NAMES if name not in header]
        twice = sorted({name for name in header if header.count(name) > 1})
        problems = []
        if missing:
            problems.append(f"{where}: the header lacks {', '.join(missing)}; allowed: a header with {','.join(NAMES)}")
        if twice:
            problems.append(f"{where}: the header has {', '.join(twice)} more than once")
        if problems:
            raise BadSettings(problems)
        integers = {column.name for column in COLUMNS if column.kind == "integer"}
        self._fields = [Fragments(name, integer=name in integers).__getitem__ for name in header]
        self._carrier, self._flight, self._time = (header.index(name) for name in ("carrier", "flight", "time_hour"))

    def record(self, row: list[str]) -> Record:
        """Make the record of one row.

        The key names the flight (carrier, number, scheduled hour; unique in the dataset), so that whatever is sent
        about one flight stays in order. A row that doesn't fit the header is sent as it is, under `_row`: land sets it
        aside with its reason, and nothing is lost on the way.
        """
        if len(row) != len(self._fields):
            return None, orjson.dumps({"_row": row})
        value = "{" + ",".join([field(text) for field, text in zip(self._fields, row, strict=True)]) + "}"
        return f"{row[self._carrier]}{row[self._flight]}/{row[self._time]}".encode(), value.encode()


class Source:
    """One file of flights."""

    def __init__(self, path: str) -> None:
        """Take the path of a .csv, .csv.gz or .zip with one CSV inside; raises BadSettings if it is none."""
        self.path = Path(path)
        self.name = self.path.name
        with self._reading() as stream:
            self._encoder = Encoder(next(_rows(stream), []), f"--source {path}")

    @contextmanager
    def _reading(self) -> Iterator[BinaryIO]:
        """Open the CSV inside the file, whatever it is wrapped in."""
        allowed = "allowed: a .csv, .csv.gz, or a .zip with one .csv in it"
        try:
            if zipfile.is_zipfile(self.path):
                with zipfile.ZipFile(self.path) as archive:
                    names = [name for name in archive.namelist() if name.endswith(".csv")]
                    if len(names) != 1:
                        raise BadSettings([f"--source {self.path} has {len(names)} .csv files in it; {allowed}"])
                    with archive.open(names[0]) as stream:
                        yield cast("BinaryIO", stream)
            elif self.name.endswith(".gz"):
                with gzip.open(self.path) as stream:
                    yield cast("BinaryIO", stream)
            elif self.name.endswith(".zip"):
                raise BadSettings([f"--source {self.path} is no zip archive, or not a whole one; {allowed}"])
            else:
                with self.path.open("rb") as stream:
                    yield stream
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise BadSettings([f"--source {self.path} can't be read ({error.strerror}); {allowed}"]) from error
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, UnicodeDecodeError, csv.Error) as error:
            raise Failure(f"{self.path} is damaged and can't be read to its end: {error}") from error

    def sha256(self) -> str:
        """Hash the CSV itself, so that the same data is known again however it is wrapped."""
        digest = hashlib.sha256()
        with self._reading() as stream:
            while block := stream.read(BLOCK_BYTES):
                digest.update(block)
        return digest.hexdigest()

    def records(self, skip: int) -> Iterator[Record]:
        """Give the records in the order of the file, leaving out the first `skip` rows after the header."""
        with self._reading() as stream:
            rows = _rows(stream)
            next(rows, None)
            for number, row in enumerate(rows):
                if number >= skip:
                    yield self._encoder.record(row)


def _rows(stream: BinaryIO) -> Iterator[list[str]]:
    """Give the rows of a CSV; blank lines are no rows."""
    text = io.TextIOWrapper(io.BufferedReader(cast("io.RawIOBase", stream), BLOCK_BYTES), encoding="utf-8", newline="")
    return filter(None, csv.reader(text))
