"""Publishes a table to a Kafka topic."""

from kafka_options import kafka_options
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

# How long Kafka, or the topic, may be away, in milliseconds.
PATIENCE = {"kafka.max.block.ms": "60000", "kafka.delivery.timeout.ms": "120000"}


def publish(table: DataFrame, keys: tuple[str, ...], topic: str) -> None:
    """Send every row as JSON; its key is the key columns' values with dashes between."""
    key = F.concat_ws("-", *(F.col(name).cast("string") for name in keys))
    value = F.to_json(F.struct(*table.columns), {"ignoreNullFields": "false"})
    records = table.select(key.alias("key"), value.alias("value"))
    records.write.format("kafka").options(**kafka_options(), **PATIENCE).option("topic", topic).save()
