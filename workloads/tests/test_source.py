"""The file of flights: what a row becomes, however the file is packed, and what is said of a bad one."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from compare import typed

from flights.errors import BadSettings, Failure
from flights.schema import NAMES
from flights.source import Fragments, Source

HEADER = ",".join(NAMES)
ROW = "2013,1,1,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-01-01T10:00:00Z"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(*rows: str, header: str = HEADER, name: str = "flights.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join([header, *rows, ""]))
        return path

    return make


def test_a_row(write: Write) -> None:
    ((key, value),) = Source(str(write(ROW))).records(0)
    assert key == b"UA1545/2013-01-01T10:00:00Z"
    expected = typed(dict(zip(NAMES, ROW.split(","), strict=True)))
    assert json.loads(value) == expected
    assert list(json.loads(value)) == list(NAMES)


def test_missing_values_are_null(write: Write) -> None:
    row = ROW.replace(",517,", ",NA,").replace("N14228", "NA")
    ((_, value),) = Source(str(write(row))).records(0)
    assert json.loads(value)["dep_time"] is None
    assert json.loads(value)["tailnum"] is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("517", 517),
        ("-3", -3),
        ("NA", None),
        ("0015", 15),
        ("5.0", "5.0"),
        ("late", "late"),
        ("", ""),
        ("1e3", "1e3"),
        ("\u0665", "\u0665"),
        ("9" * 30, "9" * 30),
    ],
)
def test_what_is_no_number_stays_text_for_land_to_judge(text: str, value: object) -> None:
    assert Fragments("x", integer=True).value(text) == value


def test_text_is_never_a_number() -> None:
    assert Fragments("carrier", integer=False)["15"] == '"carrier":"15"'


def test_fragments_do_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fragments, "LIMIT", 10)
    fragments = Fragments("flight", integer=True)
    for number in range(95):
        assert fragments[str(number)] == f'"flight":{number}'
    assert len(fragments) <= 10


def test_quotes_and_other_letters(write: Write) -> None:
    row = ROW.replace("N14228", '"a ""b"", c"').replace("EWR", "Ångström")
    ((_, value),) = Source(str(write(row))).records(0)
    assert json.loads(value)["tailnum"] == 'a "b", c'
    assert json.loads(value)["origin"] == "Ångström"


def test_skipping_rows(write: Write) -> None:
    source = Source(str(write(*(ROW.replace("1545", str(number)) for number in range(10)))))
    assert [json.loads(value)["flight"] for _, value in source.records(7)] == [7, 8, 9]
    assert list(source.records(10)) == []


def test_blank_lines_are_no_rows(write: Write) -> None:
    assert len(list(Source(str(write(ROW, "", ROW))).records(0))) == 2


def test_a_row_that_does_not_fit(write: Write) -> None:
    records = list(Source(str(write(ROW, "2013,1", ROW + ",more"))).records(0))
    assert [key is None for key, _ in records] == [False, True, True]
    assert records[1][1] == b'{"_row":["2013","1"]}'


def test_columns_in_another_order_and_more_of_them(write: Write) -> None:
    names, fields = (list(reversed(text.split(","))) for text in (HEADER, ROW))
    ((key, value),) = Source(str(write(",".join(["x", *fields]), header=",".join(["gate", *names])))).records(0)
    assert key == b"UA1545/2013-01-01T10:00:00Z"
    assert json.loads(value)["gate"] == "x"


def test_the_same_content_is_the_same_source_however_packed(write: Write, tmp_path: Path) -> None:
    plain = write(ROW)
    packed, zipped = tmp_path / "f.csv.gz", tmp_path / "f.zip"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(plain, "flights.csv")
        archive.writestr("README.txt", "not it")
    sources = [Source(str(path)) for path in (plain, packed, zipped)]
    assert len({source.sha256() for source in sources}) == 1
    assert [list(source.records(0)) for source in sources] == [list(sources[0].records(0))] * 3


def test_header_without_columns(write: Write) -> None:
    with pytest.raises(BadSettings, match=r"the header lacks carrier, time_hour; allowed: a header with year,"):
        Source(str(write(header=HEADER.replace("carrier,", "").replace(",time_hour", ""))))


def test_header_with_a_column_twice(write: Write) -> None:
    with pytest.raises(BadSettings, match="the header has year more than once"):
        Source(str(write(header=HEADER + ",year")))


@pytest.mark.parametrize("name", ["missing.csv", "missing.csv.gz", "missing.zip", "."])
def test_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadSettings, match=r"--source .*; allowed: a \.csv, \.csv\.gz, or a \.zip with one \.csv in it"):
        Source(str(tmp_path / name))


def test_zip_with_two_files(tmp_path: Path) -> None:
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", HEADER)
        archive.writestr("b.csv", HEADER)
    with pytest.raises(BadSettings, match=r"has 2 \.csv files in it"):
        Source(str(path))


def test_damaged_file_is_told_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    noise = "\n".join([HEADER, *(ROW.replace("1545", str(number * 7919)) for number in range(200_000))])
    path.write_bytes(gzip.compress(noise.encode())[:-20_000])
    source = Source(str(path))
    with pytest.raises(Failure, match=r"cut\.csv\.gz is damaged and can't be read to its end"):
        list(source.records(0))
    latin = tmp_path / "latin.csv"
    latin.write_bytes(f"{HEADER}\n{ROW}\n".replace("EWR", "\u00c5").encode("latin-1"))
    with pytest.raises(Failure, match=r"latin\.csv is damaged"):
        list(Source(str(latin)).records(0))


def test_every_flight_of_the_dataset_has_a_key_of_its_own(dataset: Path) -> None:
    keys = [key for key, _ in Source(str(dataset)).records(0)]
    assert len(keys) == len(set(keys)) == 336_776
    assert None not in keys


def test_every_value_of_the_dataset(dataset: Path) -> None:
    """Against the file's text, read without the program's code."""
    with zipfile.ZipFile(dataset).open("flights.csv") as stream:
        rows = csv.DictReader(io.TextIOWrapper(stream, encoding="utf-8"))
        for row, (_, value) in zip(rows, Source(str(dataset)).records(0), strict=True):
            assert json.loads(value) == typed(row)
