"""Options for Spark's Kafka source and sink.

They come from what the platform gives a job: settings in the environment, files with the credentials, the authority's
certificate.

    rows.write.format("kafka").options(**kafka_options()).option("topic", "delays").save()
"""

import os
from pathlib import Path

LOGIN = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}


def kafka_options() -> dict[str, str]:
    """Give the options that connect.

    No password is among them: Kafka's own client reads it from its file, in the driver and in each executor, so that no
    plan, log or event log ever shows it.
    """
    mechanism = os.environ["KAFKA_SASL_MECHANISM"]
    credentials = os.environ["KAFKA_CREDENTIALS_DIR"]
    for key in ("username", "password"):
        if not Path(credentials, key).is_file():
            raise SystemExit(f"no file {key} in KAFKA_CREDENTIALS_DIR ({credentials}): is the Secret mounted?")
    options = {
        "kafka.bootstrap.servers": os.environ["KAFKA_BOOTSTRAP"],
        "kafka.security.protocol": os.environ["KAFKA_SECURITY_PROTOCOL"],
        "kafka.sasl.mechanism": mechanism,
        "kafka.config.providers": "directory",
        "kafka.config.providers.directory.class": "org.apache.kafka.common.config.provider.DirectoryConfigProvider",
        "kafka.sasl.jaas.config": (
            f"{LOGIN[mechanism]} required"
            f' username="${{directory:{credentials}:username}}" password="${{directory:{credentials}:password}}";'
        ),
    }
    authority = os.environ.get("KAFKA_CA_FILE")
    if authority:
        options |= {"kafka.ssl.truststore.type": "PEM", "kafka.ssl.truststore.location": authority}
    return options
