import { gunzipSync } from "node:zlib";

import { Identity, identityOf, KubeClient, KubeObject } from "../../kubernetes/client";

/** One revision of a release as Helm keeps it. */
export interface Revision {
    revision: number;
    /** `deployed`, `failed`, `superseded`, `pending-install`, `pending-upgrade`, `pending-rollback`, `uninstalling`, … */
    status: string;
    /** Helm's note on it, e.g. `Upgrade complete`, or the one that was given. */
    description: string;
    chart: { name: string; version: string; appVersion?: string };
    /** The values that were given. */
    config: Record<string, unknown>;
    /** YAML of the objects, then of each hook. */
    manifest: string;
    hooks: string[];
    /** The Secret that it is kept in. */
    stored: Identity;
}

interface Stored {
    version: number;
    info?: { status?: string; description?: string };
    chart?: { metadata?: { name?: string; version?: string; appVersion?: string } };
    config?: Record<string, unknown> | null;
    manifest?: string;
    hooks?: { manifest?: string }[] | null;
}

/**
 * The revisions of a release, newest first, read from Helm's Secrets: one request, where Helm itself needs a process for each
 * question. The format is that of Helm 3's storage driver "secrets".
 */
export async function revisions(kube: KubeClient, name: string, namespace: string): Promise<Revision[]> {
    const secrets = await kube.list("v1", "Secret", { namespace, labels: `owner=helm,name=${name}` });
    return secrets.map(decode).sort((one, other) => other.revision - one.revision);
}

/** Reads one of Helm's Secrets: JSON, compressed, in base64 once more than Secrets are anyway. */
export function decode(secret: KubeObject): Revision {
    const { release = "" } = (secret.data ?? {}) as { release?: string };
    const packed = Buffer.from(Buffer.from(release, "base64").toString(), "base64");
    const stored = JSON.parse(gunzipSync(packed).toString()) as Stored;
    const { name = "", version = "", appVersion } = stored.chart?.metadata ?? {};
    return {
        revision: stored.version,
        status: stored.info?.status ?? "unknown",
        description: stored.info?.description ?? "",
        chart: { name, version, appVersion },
        config: stored.config ?? {},
        manifest: stored.manifest ?? "",
        hooks: (stored.hooks ?? []).map(({ manifest = "" }) => manifest),
        stored: identityOf(secret),
    };
}
