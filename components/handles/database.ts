import { SecretRef } from "./secret-ref";
import { Service } from "./service";

/** PostgreSQL, a database and a role per application. Makers: PostgreSQL in the cluster, one that is there already. */
export interface Database extends Service {
    host: string;
    port: number;
    /** Where a client's pod must have the file of `trust`, because `uri` names it: `caFile`, but for an authority of its own. */
    caFile: string;
    /** How clients look at its certificate, in libpq's words: `uri` says so, and so must who connects otherwise. */
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

/** What is in the Secret of a database's user. */
export type DatabaseKey = "host" | "port" | "username" | "password" | "database" | "uri" | "connection";
