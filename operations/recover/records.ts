// Helm's own notes on its releases: one Secret for each revision. The format is that of Helm 3's storage driver "secrets".
import { gunzipSync, gzipSync } from "node:zlib";

import type { Identity, KubeClient, KubeObject } from "../../kubernetes/client";

/** One revision of a release, by the labels of the Secret that it is kept in; the contents are read only where they matter. */
export interface HelmRecord {
    /** Of the release. */
    name: string;
    namespace: string;
    revision: number;
    /** `deployed`, `failed`, `superseded`, `pending-install`, `pending-upgrade`, `pending-rollback`, `uninstalling`, … */
    status: string;
    /** Time at which Helm last wrote it. */
    since: Date;
    secret: Identity;
    /** Of the Secret when it was read: it is changed only if nobody else has changed it since. */
    version: string;
}

/** Metadata of a Secret, as the server tells it. */
interface SecretMetadata {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    creationTimestamp?: string;
    resourceVersion?: string;
}

/** Tells whether Helm believes that it is at work on a release, and so refuses to do anything else with it. */
export function isPending({ status }: Pick<HelmRecord, "status">): boolean {
    return status.startsWith("pending-");
}

/** Tells whether Helm has begun to uninstall a release. It would go on with that, but upgrade it no more. */
export function isUninstalling({ status }: Pick<HelmRecord, "status">): boolean {
    return status === "uninstalling";
}

/**
 * The records in a namespace, newest revision of each release first. Only metadata is asked for: the contents of one may be a
 * megabyte.
 */
export async function helmRecords(kube: KubeClient, namespace: string): Promise<HelmRecord[]> {
    const answer = await kube.http.send({
        method: "GET",
        path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets?labelSelector=owner%3Dhelm`,
        accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    });
    // An empty list of this form is null.
    const { items } = JSON.parse(answer) as { items: { metadata: SecretMetadata }[] | null };
    return (items ?? [])
        .flatMap(({ metadata }) => recordOf(metadata, namespace))
        .sort((a, b) => b.revision - a.revision);
}

function recordOf({ name, labels = {}, ...metadata }: SecretMetadata, namespace: string): HelmRecord[] {
    const found = /^sh\.helm\.release\.v1\.(.+)\.v(\d+)$/.exec(name);
    if (!found) return [];
    const seconds = Number(labels.modifiedAt ?? labels.createdAt ?? Number.NaN);
    return [
        {
            name: labels.name ?? found[1],
            namespace,
            revision: Number(found[2]),
            status: labels.status ?? "unknown",
            since: Number.isFinite(seconds) ? new Date(seconds * 1000) : new Date(metadata.creationTimestamp ?? 0),
            secret: { apiVersion: "v1", kind: "Secret", namespace, name },
            version: metadata.resourceVersion ?? "",
        },
    ];
}

/**
 * Marks a revision as failed, and says why in it, as Flux does. Nothing else of the record changes.
 *
 * @throws KubeError with reason Conflict when somebody has changed the record since it was read
 */
export async function markFailed(kube: KubeClient, record: HelmRecord, now: Date): Promise<void> {
    const secret = await kube.get(record.secret);
    if (!secret) return;
    const { release = "" } = (secret.data ?? {}) as { release?: string };
    await kube.http.send({
        method: "PATCH",
        path: pathOf(record),
        contentType: "application/merge-patch+json",
        body: {
            metadata: {
                resourceVersion: record.version,
                labels: { status: "failed", modifiedAt: String(Math.floor(now.getTime() / 1000)) },
            },
            data: { release: asFailed(release, `unlocked from stale ${record.status}`) },
        },
    });
}

/** Helm's encoding of a revision with its status changed: base64 of a Secret, around base64, gzip and JSON of Helm's own. */
export function asFailed(data: string, description: string): string {
    const packed = Buffer.from(Buffer.from(data, "base64").toString(), "base64");
    const release = parseExactly(gunzipSync(packed).toString()) as { info?: Record<string, unknown> };
    release.info = { ...release.info, status: "failed", description };
    return Buffer.from(gzipSync(JSON.stringify(release)).toString("base64")).toString("base64");
}

/**
 * Takes a record away.
 *
 * @throws KubeError with reason Conflict when somebody has changed the record since it was read
 */
export async function deleteRecord(kube: KubeClient, record: HelmRecord): Promise<void> {
    await kube.http.send({
        method: "DELETE",
        path: pathOf(record),
        body: { apiVersion: "v1", kind: "DeleteOptions", preconditions: { resourceVersion: record.version } },
    });
}

/** The records as `kubectl create -f` puts them back. They hold the values that the chart was given. */
export async function copyOf(kube: KubeClient, records: HelmRecord[]): Promise<string> {
    const found = await Promise.all(records.map(({ secret }) => kube.get(secret)));
    const items = found.filter((secret) => secret !== undefined).map(restorable);
    return JSON.stringify({ apiVersion: "v1", kind: "List", items }, undefined, 1);
}

/** Without what the server gives out itself and refuses in what is made anew. */
function restorable({ apiVersion, kind, type, data, metadata: { name, namespace, labels } }: KubeObject): unknown {
    return { apiVersion, kind, type, metadata: { name, namespace, labels }, data };
}

function pathOf({ namespace, secret }: HelmRecord): string {
    return `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(secret.name)}`;
}

/** A number that JavaScript can't hold is kept as it is written: a chart's values are the user's, down to the last digit. */
function parseExactly(text: string): unknown {
    const { parse, rawJSON } = JSON as unknown as {
        rawJSON(text: string): unknown;
        parse(text: string, revive: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
    };
    return parse(text, (_, value, { source }) =>
        typeof value === "number" && source !== undefined && String(value) !== source ? rawJSON(source) : value,
    );
}
