import { SecretRef } from "./secret-ref";
import { Service } from "./service";

/** Runs and models. Implementations: MLflow in the cluster. */
export interface Tracking extends Service {
    /** Tracking URI, reachable inside the cluster. */
    uri: string;
    /** Credentials of one application. @throws ConfigError for one that isn't a user. */
    credentials(app: string): SecretRef<"username" | "password">;
}
