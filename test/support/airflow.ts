import { orchestratorDefaults } from "../../config/sections/orchestrator";
import * as handles from "../../components/contracts";
import { accessTo } from "../../components/airflow/access";
import { values, ValuesArgs } from "../../components/airflow/values";
import { placements } from "../../components/placement";

/** A handle on a Secret as `values` reads it: by name. What is in it is called `<name>/<key>`. */
const secret = <Key extends string>(name: string) => {
    const contents = new Proxy({}, { get: (_, key) => `${name}/${String(key)}` }) as Record<Key, string>;
    const as = <T>(make: (known: typeof contents) => T) => make(contents);
    return { name, secretVersion: "1", as } as unknown as handles.SecretRef<Key>;
};

const peer = (system: string, port: number): handles.Peer => ({
    namespace: `dev-${system}`,
    podLabels: { "app.kubernetes.io/name": system },
    port,
    clientLabels: { [`data-platform.io/uses-${system}`]: "true" },
});

const common = { trust: () => undefined, ready: undefined as never };

/** Arguments that the component gives to `values`, without anything made. */
export const args: ValuesArgs = {
    ...orchestratorDefaults,
    namespace: { name: "dev-orchestration" },
    jobs: { name: "dev-jobs" },
    images: { registry: "registry.example/platform", pullPolicy: "IfNotPresent" },
    placements: placements({ platform: {}, batch: {} }),
    database: {
        ...common,
        host: "postgresql.dev-database.svc",
        port: 5432,
        peer: peer("postgresql", 5432),
        caFile: handles.caFile,
        sslMode: "verify-full",
        credentials: () => secret("postgresql-user-airflow"),
    },
    store: {
        ...common,
        endpoint: "https://minio.dev-storage.svc:9000",
        region: "us-east-1",
        pathStyle: true,
        caFile: handles.caFile,
        peers: [peer("minio", 9000)],
        bucket: (name) => name,
        credentials: (app) => secret(`minio-user-${app}`),
        identity: () => undefined,
    },
    stream: {
        ...common,
        bootstrap: "kafka.dev-streaming.svc:9093",
        protocol: "SASL_SSL",
        mechanism: "SCRAM-SHA-512",
        peer: peer("kafka", 9093),
        user: (app) => secret(`kafka-user-${app}`),
        topic: (name) => name,
    },
    tracking: {
        ...common,
        uri: "https://mlflow.dev-tracking.svc:5000",
        peer: peer("mlflow", 5000),
        credentials: (app) => secret(`mlflow-user-${app}`),
    },
};

/** Node pools, an autoscaler, and everything twice: what a large stack says otherwise. */
export const large: Partial<ValuesArgs> = {
    placements: placements({
        platform: { nodeSelector: { pool: "platform" }, tolerations: [{ key: "pool", operator: "Exists" }] },
        batch: { nodeSelector: { pool: "batch" }, tolerations: [{ key: "batch", operator: "Exists" }] },
    }),
    publicUrl: "https://airflow.example.com",
    apiServer: { ...orchestratorDefaults.apiServer, replicas: 2, maxReplicas: 6 },
    scheduler: { ...orchestratorDefaults.scheduler, replicas: 2 },
    dagProcessor: { ...orchestratorDefaults.dagProcessor, replicas: 2 },
    triggerer: { ...orchestratorDefaults.triggerer, replicas: 2 },
};

/** A store outside that knows Airflow's pods by their accounts. */
export const known: Pick<ValuesArgs, "store"> = {
    store: {
        ...args.store,
        ...{ endpoint: "https://s3.eu-central-1.amazonaws.com", region: "eu-central-1", pathStyle: false },
        caFile: undefined,
        peers: [{ port: 443, clientLabels: { "data-platform.io/uses-minio": "true" } }],
        credentials: () => undefined,
        identity: () => ({
            annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/airflow" },
            env: { AWS_REGION: "eu-central-1" },
            ...{ audience: "sts.amazonaws.com", secretVersion: "1" },
        }),
    },
};

/** The values of the chart, by what a config says otherwise than the defaults. */
export function chartValues(more: Partial<ValuesArgs> = {}) {
    const all = { ...args, ...more };
    return values("airflow", all, {
        access: accessTo(all, all.connections),
        certificate: "airflow-tls",
        authority: "platform-ca",
        databaseAuthority: "platform-ca",
        storeAuthority: "platform-ca",
        secretVersion: "1",
    });
}
