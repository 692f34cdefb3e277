import { SecretRef } from "./secret-ref";
import { Service } from "./service";

/** PostgreSQL, a database and a role per application. Implementations: PostgreSQL in the cluster, one that is there already. */
export interface Database extends Service {
    host: string;
    port: number;
    /** Path at which a client's pod must mount the file of `trust`, because `uri` names it: `caFile`, but for a CA of its own. */
    caFile: string;
    /** Verification of its certificate, in libpq's words: `uri` says so, and so must a client that connects otherwise. */
    sslMode: SslMode;
    /**
     * Credentials of one application. `uri`, and `connection` with the same value, are
     * `postgresql://<user>:<password>@<host>:<port>/<database>?sslmode=<sslMode>&sslrootcert=<caFile>`.
     * @throws ConfigError for one that has no database.
     */
    credentials(app: string): SecretRef<DatabaseKey>;
}

/** Certificates are verified, always: with the name of the host (`verify-full`), or without. */
export type SslMode = "verify-full" | "verify-ca";

/** Keys in the Secret of a database's user. */
export type DatabaseKey = "host" | "port" | "username" | "password" | "database" | "uri" | "connection";
