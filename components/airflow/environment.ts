import { Database } from "../contracts";
import { Mounted, secretMount } from "./access";
import { Key } from "./keys";

/** Directory below which Secrets are mounted, one each. */
export const secretsDirectory = "/var/run/data-platform";

interface Variable {
    name: string;
    value: string;
}

/**
 * Files that one container has out of Secrets, and variables that say where they are. Never what is in them: a process' environment goes
 * on to its children, and is there for whoever may look at the process.
 */
export interface Files {
    env: Variable[];
    mounted: Mounted[];
}

/** All of them together. */
export function together(...all: Files[]): Files {
    return { env: all.flatMap(({ env }) => env), mounted: all.flatMap(({ mounted }) => mounted) };
}

/**
 * The way to the database as one address, which says how its certificate is looked at, too. Airflow takes what a command says, with the
 * driver named: both engines have the same one.
 */
export function databaseFiles(secret: string): Files {
    const directory = `${secretsDirectory}/database`;
    const file = `${directory}/uri`;
    const command = `sed s/^postgresql:/postgresql+psycopg:/ ${file}`;
    return {
        env: [
            { name: "DATABASE_URI_FILE", value: file },
            { name: "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD", value: command },
            { name: "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC_CMD", value: command },
        ],
        mounted: [secretMount("database", secret, directory, { uri: "uri" })],
    };
}

/** Airflow's name of each key. */
const keyNames: Record<Key, string> = {
    // Encrypts what is in the database: for every part that reads it there.
    "fernet-key": "AIRFLOW__CORE__FERNET_KEY",
    // Signs people's sessions.
    "api-secret-key": "AIRFLOW__API__SECRET_KEY",
    // Signs the tokens of tasks, and looks at them.
    "jwt-secret": "AIRFLOW__API_AUTH__JWT_SECRET",
};

/**
 * Those of Airflow's keys that a part needs. Workers need none: connections and variables of the database come to them in the clear
 * from the API, and the token of their task is signed by the scheduler.
 */
export function keyFiles(secret: string, ...keys: Key[]): Files {
    const directory = `${secretsDirectory}/keys`;
    return {
        env: keys.map((key) => ({ name: `${keyNames[key]}_CMD`, value: `cat ${directory}/${key}` })),
        mounted: [secretMount("keys", secret, directory, Object.fromEntries(keys.map((key) => [key, key])))],
    };
}

/**
 * The way to the database in libpq's own variables, for the one pod that the official chart gives no volumes of its own: that of the
 * CronJob which deletes old history.
 */
export function databaseVariables({ caFile, sslMode }: Pick<Database, "caFile" | "sslMode">, secret: string) {
    const keys = { PGHOST: "host", PGPORT: "port", PGUSER: "username", PGPASSWORD: "password", PGDATABASE: "database" };
    return [
        ...Object.entries(keys).map(([name, key]) => ({ name, valueFrom: { secretKeyRef: { name: secret, key } } })),
        { name: "PGSSLMODE", value: sslMode },
        { name: "PGSSLROOTCERT", value: caFile },
    ];
}
