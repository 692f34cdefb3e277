import { setTimeout as pause } from "node:timers/promises";

import { KubeClient, KubeError, KubeObject } from "../../kubernetes/client";

/** Milliseconds between two looks. */
const interval = 300;

/**
 * Stands in for cert-manager's controller, whose pods don't run in the bed: issuers and certificates become Ready, certificates with their
 * Secrets. Only while its Deployment is there; and a certificate for one hour is refused.
 */
export function issueCertificates(kube: KubeClient): { stop: () => Promise<void> } {
    const stopping = new AbortController();
    const ended = (async () => {
        while (!stopping.signal.aborted) {
            await look(kube).catch(() => undefined);
            await pause(interval, undefined, { signal: stopping.signal }).catch(() => undefined);
        }
        kube.http.close();
    })();
    return {
        stop: () => {
            stopping.abort();
            return ended;
        },
    };
}

async function look(kube: KubeClient): Promise<void> {
    const controller = { apiVersion: "apps/v1", kind: "Deployment", namespace: "cert-manager", name: "cert-manager" };
    if (!Number((await kube.get(controller))?.status?.readyReplicas ?? 0)) return;
    for (const kind of ["ClusterIssuer", "Certificate"]) {
        const all = await kube.list("cert-manager.io/v1", kind).catch((error: unknown) => {
            if (error instanceof KubeError && error.status === 404) return [];
            throw error;
        });
        for (const object of all.filter((each) => !isReconciled(each))) await reconcile(kube, object);
    }
}

function isReconciled({ metadata, status }: KubeObject): boolean {
    const conditions = (status?.conditions as { observedGeneration: number }[] | undefined) ?? [];
    return conditions.some(({ observedGeneration }) => observedGeneration === metadata.generation);
}

async function reconcile(kube: KubeClient, object: KubeObject): Promise<void> {
    const { kind, metadata, spec } = object;
    const refused = spec?.duration === "1h0m0s";
    if (kind === "Certificate" && !refused) {
        await kube.apply(
            {
                apiVersion: "v1",
                kind: "Secret",
                metadata: {
                    name: String(spec?.secretName),
                    namespace: metadata.namespace,
                    ownerReferences: [
                        { apiVersion: "cert-manager.io/v1", kind, name: metadata.name, uid: metadata.uid ?? "" },
                    ],
                },
                type: "kubernetes.io/tls",
                data: Object.fromEntries(
                    ["tls.crt", "tls.key", "ca.crt"].map((key) => [key, btoa(`the bed's ${key}`)]),
                ),
            },
            { force: true },
        );
    }
    const condition = refused
        ? { status: "False", reason: "Denied", message: "the bed issues no certificate for an hour" }
        : { status: "True", reason: "Issued", message: "issued by the bed" };
    const place = metadata.namespace ? `namespaces/${metadata.namespace}/certificates` : "clusterissuers";
    await kube.http.send({
        method: "PATCH",
        path: `/apis/cert-manager.io/v1/${place}/${metadata.name}/status`,
        contentType: "application/merge-patch+json",
        body: {
            status: {
                conditions: [
                    {
                        type: "Ready",
                        ...condition,
                        observedGeneration: metadata.generation,
                        lastTransitionTime: new Date().toISOString(),
                    },
                ],
            },
        },
    });
}
