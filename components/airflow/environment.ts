import { Database } from "../contracts";

export const secretVariable = (variable: string, secret: string, key: string) => ({
    name: variable,
    valueFrom: { secretKeyRef: { name: secret, key } },
});

/** The way to the database in libpq's own variables, which both of SQLAlchemy's engines and the probes read. */
export function databaseVariables({ caFile, sslMode }: Pick<Database, "caFile" | "sslMode">, secret: string) {
    const keys = { PGHOST: "host", PGPORT: "port", PGUSER: "username", PGPASSWORD: "password", PGDATABASE: "database" };
    return [
        ...Object.entries(keys).map(([variable, key]) => secretVariable(variable, secret, key)),
        { name: "PGSSLMODE", value: sslMode },
        { name: "PGSSLROOTCERT", value: caFile },
    ];
}

/**
 * Airflow's keys, each for the parts that need it. Workers need none: connections and variables come to them in the clear from the
 * API, and the token of their task is signed by the scheduler.
 */
export function keyVariables(secret: string) {
    return {
        /** What is in the database is encrypted with it: for every part that reads it there. */
        fernet: secretVariable("AIRFLOW__CORE__FERNET_KEY", secret, "fernet-key"),
        /** Signs people's sessions. */
        sessions: secretVariable("AIRFLOW__API__SECRET_KEY", secret, "api-secret-key"),
        /** Signs the tokens of tasks, and looks at them. */
        tokens: secretVariable("AIRFLOW__API_AUTH__JWT_SECRET", secret, "jwt-secret"),
    };
}
