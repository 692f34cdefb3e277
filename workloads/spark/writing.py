"""Puts tables into the object store so that the same rows give the same objects.

Spark itself would write a folder of files with names that are new each time. A table here is one object with a fixed
name, made of rows in a fixed order; it replaces the one before in a single step, so a reader never sees half of it.
"""

import json
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True)
class Written:
    """A table in the store."""

    key: str
    rows: int
    sha256: str


class Bucket:
    """A bucket, seen through Hadoop's file systems; only the driver uses it."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        """Name the bucket's root, e.g. `s3a://gold`."""
        self._spark = spark
        self._root = root.rstrip("/")
        # PySpark has no interface of its own to the file systems.
        self._jvm: Any = spark._jvm  # noqa: SLF001
        self._files: Any = self._path("").getFileSystem(spark._jsc.hadoopConfiguration())  # noqa: SLF001

    def _path(self, key: str) -> Any:  # noqa: ANN401 - an object of the JVM
        return self._jvm.org.apache.hadoop.fs.Path(f"{self._root}/{key}")

    def read_json(self, key: str) -> dict[str, Any] | None:
        """Read a JSON object, None if there is none of that name."""
        path = self._path(key)
        if not self._files.exists(path):
            return None
        stream = self._files.open(path)
        try:
            found = json.loads(self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
        finally:
            stream.close()
        return found if isinstance(found, dict) else None

    def write_json(self, key: str, content: dict[str, Any]) -> None:
        """Write a JSON object; one of that name is replaced."""
        body = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=True) + "\n"
        stream = self._files.create(self._path(key), True)
        try:
            stream.write(bytearray(body, "ascii"))
        finally:
            # The object appears when the stream is closed, and not before.
            stream.close()

    def table(self, written: Written) -> DataFrame:
        """Read a table back."""
        return self._spark.read.parquet(f"{self._root}/{written.key}")

    def write_table(self, key: str, table: DataFrame, order: tuple[str, ...], rows: int | None = None) -> Written:
        """Write a table as one Parquet object, its rows in the order of columns that together name a row.

        Nothing takes the place of what is there if it has another number of rows than is given.
        """
        staging = f"_staging/{self._spark.sparkContext.applicationId}"
        staged = Written(f"{staging}/{key}", 0, "")
        try:
            # First into one partition, then sorted: sorted first, the order is lost when partitions are joined.
            single = table.repartition(1).sortWithinPartitions(*order)
            single.write.mode("overwrite").option("compression", "zstd").parquet(f"{self._root}/{staged.key}")
            count = self.table(staged).count()
            if rows is not None and count != rows:
                raise RuntimeError(f"{key} would have {count} rows instead of {rows}: a reference file has a key twice")
            found = self._files.globStatus(self._path(f"{staged.key}/part-*.parquet"))
            if len(found) != 1:
                raise RuntimeError(f"Spark wrote {len(found)} files for {key} instead of one")
            self._place(found[0], key)
        finally:
            self._files.delete(self._path(staging), True)
        return Written(key, count, self._hash(self._path(key)))

    def _place(self, staged: Any, key: str) -> None:  # noqa: ANN401 - an object of the JVM
        """Copy a Parquet file to its place; through the driver, so that it replaces what was there when it is complete.

        What stands at a file's end lists the encodings of each column in the order of a hash set of Java's, another one
        in each process: the only bytes of the file that aren't decided by its rows. They are put in order on the way.
        """
        java, streams = self._jvm.java, self._jvm.org.apache.commons.io.IOUtils
        parquet = self._jvm.org.apache.parquet.format.Util
        # At the very end: the length of the metadata, four bytes, the smallest first, and the four letters PAR1.
        source = self._files.open(staged.getPath())
        try:
            source.seek(staged.getLen() - 8)
            begin = staged.getLen() - 8 - java.lang.Integer.reverseBytes(source.readInt())
            source.seek(begin)
            metadata = parquet.readFileMetaData(source)
            for group in metadata.getRow_groups():
                for column in group.getColumns():
                    java.util.Collections.sort(column.getMeta_data().getEncodings())
            source.seek(0)
            target = self._files.create(self._path(key), True)
            try:
                streams.copyLarge(source, target, 0, begin)
                parquet.writeFileMetaData(metadata, target)
                target.writeInt(java.lang.Integer.reverseBytes(target.getPos() - begin))
                target.writeBytes("PAR1")
            except BaseException:
                # Closed, half of it would be there as if it were whole.
                target.abort()
                raise
            target.close()
        finally:
            source.close()

    def _hash(self, path: Any) -> str:  # noqa: ANN401 - an object of the JVM
        stream = self._files.open(path)
        try:
            return str(self._jvm.org.apache.commons.codec.digest.DigestUtils.sha256Hex(stream))
        finally:
            stream.close()
