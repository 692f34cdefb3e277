import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";
import { parseAllDocuments } from "yaml";

import { repoRoot } from "../../lib/paths";
import { tool } from "../../tools";

export type Labels = Record<string, string>;
export type Values = Record<string, unknown>;

export interface Container {
    name: string;
    image: string;
    command?: string[];
    args?: string[];
    env?: { name: string; value?: string; valueFrom?: { fieldRef?: unknown; secretKeyRef?: unknown } }[];
    envFrom?: unknown[];
    resources?: { requests?: Labels; limits?: Labels };
    securityContext?: Record<string, unknown>;
    startupProbe?: Probe;
    livenessProbe?: Probe;
    readinessProbe?: Probe;
    volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

export interface Probe {
    timeoutSeconds?: number;
    [how: string]: unknown;
}

export interface PodSpec {
    serviceAccountName?: string;
    automountServiceAccountToken?: boolean;
    enableServiceLinks?: boolean;
    securityContext?: Record<string, unknown>;
    containers: Container[];
    initContainers?: Container[];
    volumes?: ({ name: string } & Record<string, unknown>)[];
    affinity?: unknown;
    topologySpreadConstraints?: unknown[];
    [key: string]: unknown;
}

export interface PodTemplate {
    metadata: { labels: Labels; annotations: Labels };
    spec: PodSpec;
}

/** Fields of a rendered object that a test reads; the rest is there too. */
export interface Rendered {
    apiVersion: string;
    kind: string;
    metadata: { name: string; labels: Labels; annotations?: Labels };
    data?: Labels;
    spec: Record<string, unknown>;
}

/** A directory of the only programs that an image of bash and coreutils has, as Silo's is: no sed, no grep, no awk. */
export function coreutils(dir: string): string {
    mkdirSync(dir);
    for (const name of ["bash", "cat", "cp", "mkdir", "mv", "rm", "sleep", "stat", "timeout", "touch"]) {
        const [found] = ["/usr/bin", "/bin"].map((where) => join(where, name)).filter(existsSync);
        symlinkSync(found, join(dir, name));
    }
    return dir;
}

/** The charts that are held to one form by charts.test.ts. */
export type Chart = "kafka" | "minio" | "mlflow" | "postgresql";

/** All charts of the project; that of Airflow takes another chart's values. */
export type AnyChart = Chart | "airflow";

const helmPath = () => tool("helm");

/** Builds helm if it is not in the cache; in a `before` without a time limit. */
export async function needHelm(this: Mocha.Context): Promise<void> {
    this.timeout(600_000);
    await helmPath();
}

/** Runs helm on a chart of this project with the values given, in one namespace, under the chart's name. */
export async function helm(
    command: "template" | "lint",
    chart: AnyChart,
    values: Values = {},
    options: { args?: string[]; env?: Labels } = {},
): Promise<{ output: string; failed: boolean }> {
    const name = command === "template" ? [chart] : [];
    const { all, failed } = await execa(
        await helmPath(),
        [command, ...name, join("charts", chart), "--namespace", "test-ns", "--values", "-", ...(options.args ?? [])],
        { cwd: repoRoot, input: JSON.stringify(values), all: true, reject: false, env: options.env },
    );
    return { output: all, failed };
}

/** The objects that a chart makes of these values. */
export async function render(chart: AnyChart, values: Values = {}): Promise<Rendered[]> {
    const { output, failed } = await helm("template", chart, values);
    assert.ok(!failed, output);
    return objectsOf(output);
}

/** The objects of a YAML stream, without empty documents. */
export function objectsOf(yaml: string): Rendered[] {
    return parseAllDocuments(yaml)
        .map((document) => document.toJS() as Rendered | null)
        .filter((object) => object !== null);
}

/** Error of helm for values that it must refuse. */
export async function refusal(chart: AnyChart, values: Values): Promise<string> {
    const { output, failed } = await helm("template", chart, values);
    assert.ok(failed, `accepted: ${JSON.stringify(values)}`);
    return output;
}

export function find(objects: Rendered[], kind: string, name: string): Rendered {
    const found = objects.filter((object) => object.kind === kind && object.metadata.name === name);
    assert.equal(found.length, 1, `${found.length} objects are ${kind} ${name}`);
    return found[0];
}

/** The pod templates of a rendering, by the name of what makes the pods. */
export function templates(objects: Rendered[]): Map<string, PodTemplate> {
    return new Map(
        objects
            .filter(({ kind }) => ["StatefulSet", "Deployment", "Job"].includes(kind))
            .map(({ metadata, spec }) => [metadata.name, spec.template as PodTemplate]),
    );
}

export function template(objects: Rendered[], name: string): PodTemplate {
    const found = templates(objects).get(name);
    assert.ok(found, `no pods of ${name}`);
    return found;
}

/** Tells whether a selector's labels are all among a pod's. */
export function selects(selector: Labels, labels: Labels): boolean {
    return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** An empty directory of the test's own. */
export function scratch(): string {
    return mkdtempSync(join(tmpdir(), "charts-test-"));
}

/** Writes a ConfigMap's entries as the files that a pod sees. */
export function writeFiles(dir: string, files: Labels): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text, { mode: 0o755 });
}

/** Values that every chart takes by the same words. */
const inEveryChart = {
    imagePullSecrets: [{ name: "pull" }],
    podLabels: { team: "data" },
    podAnnotations: { note: "yes" },
    priorityClassName: "high",
    nodeSelector: { disk: "fast" },
    tolerations: [{ key: "dedicated", operator: "Exists" }],
    tls: { existingSecret: "the-certificate" },
    ca: { existingSecret: "the-authority" },
};

/** Values with everything in use, valid for the chart. */
export const full: Record<Chart, Values> = {
    minio: {
        image: { repository: "registry.test/minio", tag: "1.2.3" },
        ...inEveryChart,
        existingSecret: "the-root",
        region: "eu-central-1",
        buckets: [
            { name: "bronze", versioning: true },
            { name: "silver", expireDays: 30 },
        ],
        users: [
            { name: "land", existingSecret: "user-land", readwrite: ["bronze"] },
            { name: "audit", existingSecret: "user-audit", readonly: ["bronze", "silver"] },
        ],
        clients: { namespaceLabels: { stack: "dev" }, podLabels: { "uses-minio": "true" } },
    },
    kafka: {
        image: { repository: "registry.test/kafka", tag: "1.2.3" },
        ...inEveryChart,
        existingSecret: "the-nodes",
        nodes: 3,
        clusterId: "MkU3OEVBNTcwNTJENDM2Qg",
        heap: "1g",
        topics: [
            { name: "flights", partitions: 3, replicas: 3, config: { "retention.ms": 86400000 } },
            { name: "flights-dead-letter", partitions: 1, replicas: 3 },
            { name: "progress", partitions: 1, replicas: 3, config: { "cleanup.policy": "compact" } },
        ],
        users: [
            {
                name: "ingest",
                existingSecret: "user-ingest",
                produce: ["flights", "progress"],
                consume: ["progress"],
                transactionalIds: ["ingest"],
                groups: ["ingest"],
            },
            {
                name: "land",
                existingSecret: "user-land",
                produce: ["flights-dead-letter"],
                consume: ["flights"],
                groups: ["land"],
            },
        ],
        clients: { namespaceLabels: { stack: "dev" }, podLabels: { "uses-kafka": "true" } },
    },
    mlflow: {
        image: { repository: "registry.test/mlflow", tag: "1.2.3" },
        ...inEveryChart,
        replicas: 2,
        autoscaling: { enabled: true, maxReplicas: 5, targetCpu: 60 },
        topologySpreadConstraints: [
            { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway", labelSelector: {} },
        ],
        podDisruptionBudget: { enabled: true },
        existingSecret: "the-admin",
        extraTrust: [{ existingSecret: "database-ca", directory: "/etc/data-platform/database-ca" }],
        keys: { existingSecret: "the-keys" },
        users: [
            { name: "train", existingSecret: "user-train", permission: "EDIT" },
            { name: "score", existingSecret: "user-score", permission: "READ" },
        ],
        defaultPermission: "READ",
        database: { existingSecret: "database-of-runs" },
        authDatabase: { existingSecret: "database-of-users" },
        artifacts: {
            bucket: "files",
            endpoint: "https://s3.test:9000",
            region: "eu-central-1",
            caFile: "",
            existingSecret: "the-store",
        },
        allowedHosts: ["mlflow.example.com", "*.example.org:8443"],
        clients: { namespaceLabels: { stack: "dev" }, podLabels: { "uses-mlflow": "true" } },
        egress: [
            {
                to: [
                    { namespaceSelector: { matchLabels: { name: "db" } }, podSelector: { matchLabels: { app: "db" } } },
                ],
                ports: [{ protocol: "TCP", port: 5432 }],
            },
        ],
    },
    postgresql: {
        image: { repository: "registry.test/postgresql", tag: "1.2.3" },
        ...inEveryChart,
        existingSecret: "the-admin",
        applications: [
            { name: "airflow", database: "airflow", existingSecret: "user-airflow" },
            { name: "mlflow-auth", database: "mlflow_auth", existingSecret: "user-mlflow-auth" },
        ],
        maxConnections: 50,
        upgradeFrom: "registry.example.com/platform/postgresql:15",
        config: { work_mem: "8MB" },
        clients: { namespaceLabels: { stack: "dev" }, podLabels: { "uses-postgresql": "true" } },
    },
};
