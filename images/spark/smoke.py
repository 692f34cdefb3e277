"""What must work in the image: a query over Parquet, a function in Python, and every connector with all that it needs."""

import tempfile

from pyspark.sql import SparkSession, functions as F

NEEDED = [
    "org.apache.spark.sql.kafka010.KafkaSourceProvider",
    "org.apache.spark.kafka010.KafkaTokenUtil",
    "org.apache.kafka.common.config.provider.DirectoryConfigProvider",
    "org.apache.commons.pool2.impl.BaseObjectPoolConfig",
    "software.amazon.awssdk.services.sts.StsClient",
    "software.amazon.awssdk.services.kms.KmsClient",
    "org.apache.spark.deploy.k8s.submit.KubernetesClientApplication",
    "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend",
    "org.apache.spark.deploy.history.HistoryServer",
    "org.rocksdb.RocksDB",
]

spark = (
    SparkSession.builder.appName("smoke")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "1")
    # Nothing is connected to: the client is only made.
    .config("spark.hadoop.fs.s3a.endpoint", "https://localhost:1")
    .config("spark.hadoop.fs.s3a.endpoint.region", "us-east-1")
    .config("spark.hadoop.fs.s3a.access.key", "smoke")
    .config("spark.hadoop.fs.s3a.secret.key", "smoke")
    .getOrCreate()
)
jvm = spark.sparkContext._jvm
for name in NEEDED:
    jvm.org.apache.spark.util.Utils.classForName(name, True, False)
store = jvm.org.apache.hadoop.fs.Path("s3a://smoke/").getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
print(store.getUri())

double = F.udf(lambda number: number * 2, "long")
with tempfile.TemporaryDirectory() as place:
    spark.range(1000).withColumn("third", F.col("id") % 3).write.mode("overwrite").parquet(f"{place}/numbers")
    rows = spark.read.parquet(f"{place}/numbers").groupBy("third").agg(F.sum(double("id")).alias("sum")).orderBy("third").collect()
assert [row["sum"] for row in rows] == [2 * sum(range(third, 1000, 3)) for third in range(3)], rows
spark.stop()
print("Spark works:", [row["sum"] for row in rows])
