"""Kafka users with SCRAM passwords and rights like those that charts/kafka gives to an application."""

from collections.abc import Iterable

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)
from stage import Stage

PASSWORD = "the right one"


def kafka_user(stage: Stage, app: str, produce: Iterable[str], consume: Iterable[str]) -> dict[str, str]:
    """Make a user of an application and give the environment to be it."""
    name = f"{app}-{stage.id}"
    scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    upserts: list[UserScramCredentialAlteration] = [UserScramCredentialUpsertion(name, scram, PASSWORD.encode())]
    for done in stage.kafka.admin.alter_user_scram_credentials(upserts).values():
        done.result()
    exact, prefix = ResourcePatternType.LITERAL, ResourcePatternType.PREFIXED
    rights = [
        *((ResourceType.TOPIC, topic, exact, AclOperation.WRITE) for topic in produce),
        *((ResourceType.TOPIC, topic, exact, AclOperation.READ) for topic in consume),
        (ResourceType.GROUP, app, prefix, AclOperation.READ),
        (ResourceType.TRANSACTIONAL_ID, app, prefix, AclOperation.WRITE),
    ]
    # The right to read or write a topic, or to use a group or an id, holds the right to look at it.
    bindings = [
        AclBinding(kind, resource, pattern, f"User:{name}", "*", operation, AclPermissionType.ALLOW)
        for kind, resource, pattern, operation in rights
    ]
    for done in stage.kafka.admin.create_acls(bindings).values():
        done.result()
    return {
        "KAFKA_BOOTSTRAP": stage.kafka.scram_bootstrap,
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "KAFKA_CREDENTIALS_DIR": str(stage.secret(f"kafka-{app}", username=name, password=PASSWORD)),
    }
