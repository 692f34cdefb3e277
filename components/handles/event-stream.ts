import { SecretRef } from "./secret-ref";
import { Service } from "./service";

/** Kafka. Implementations: the first-party chart. */
export interface EventStream extends Service {
    /** host:port to begin with, reachable inside the cluster. */
    bootstrap: string;
    /** Kafka's security.protocol. */
    protocol: "SASL_SSL";
    /** Kafka's sasl.mechanism. */
    mechanism: "SCRAM-SHA-512";
    /** Credentials of one application. @throws ConfigError for one that no topic names. */
    user(app: string): SecretRef<"username" | "password">;
    /** The topic's name. @throws ConfigError for one that isn't declared. */
    topic(name: string): string;
}
