import { tlsDir } from "../contracts";
import { secretMount, storeIdentity, Systems } from "./access";
import { connectionFiles } from "./connections";
import { Files, keyFiles, secretsDirectory, together } from "./environment";
import { secretNames } from "./names";

/** The parts that run all the time, as the chart's values call them. */
export type Part = "apiServer" | "scheduler" | "dagProcessor" | "triggerer";

/** Files out of Secrets that each part has besides the way to the database, and no other one has. */
export function partFiles(secrets: ReturnType<typeof secretNames>, tls: string): Record<Part, Files> {
    const fernet = keyFiles(secrets.keys, "fernet-key");
    return {
        // It shows the logs of tasks, and asks for nothing else.
        apiServer: together(
            keyFiles(secrets.keys, "fernet-key", "api-secret-key", "jwt-secret"),
            connectionFiles(secrets.connections, "logs"),
            certificate(tls),
        ),
        // It signs the tokens by which tasks speak to the API.
        scheduler: keyFiles(secrets.keys, "fernet-key", "jwt-secret"),
        // Both run code of DAGs, as tasks do: callbacks and triggers.
        dagProcessor: together(fernet, connectionFiles(secrets.connections, "all")),
        triggerer: together(fernet, connectionFiles(secrets.connections, "all")),
    };
}

function certificate(secret: string): Files {
    return {
        env: [
            { name: "AIRFLOW__API__SSL_CERT", value: `${tlsDir}/tls.crt` },
            { name: "AIRFLOW__API__SSL_KEY", value: `${tlsDir}/tls.key` },
        ],
        mounted: [secretMount("tls", secret, tlsDir, { "tls.crt": "tls.crt", "tls.key": "tls.key" })],
    };
}

/** Variables by which the object store's client takes the pod's token in place of keys; none is a secret. */
export function storeVariables(systems: Pick<Systems, "store">): Files {
    const { env = {} } = storeIdentity(systems) ?? {};
    return { env: Object.entries(env).map(([name, value]) => ({ name, value })), mounted: [] };
}

/** Login of the administrator, for the job that makes him. */
export function administratorFiles(secret: string): Files {
    const directory = `${secretsDirectory}/admin`;
    return {
        env: [{ name: "ADMIN_CREDENTIALS_DIR", value: directory }],
        mounted: [secretMount("admin", secret, directory, { username: "username", password: "password" })],
    };
}

/**
 * The chart's values for a container that reads files.
 *
 * @param beside What another container of its pod mounts.
 */
export function reading({ env, mounted }: Files, beside: Files = together()) {
    return {
        env,
        extraVolumes: [...mounted, ...beside.mounted].map(({ volume }) => volume),
        extraVolumeMounts: mounted.map(({ mount }) => mount),
    };
}
