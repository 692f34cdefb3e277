import { isIP } from "node:net";

import { rangeProblem } from "../addresses";
import type { Problem } from "../errors";
import { isObject, ConfigObject } from "../merge";
import { bucketThere, hostOf, identified, isAws, storeAddress, storeApplications, StoreConfig } from "../object-store";
import type { PlatformConfig } from "../schema";
import { problem } from "./rule";

/** Keys that are about a server of ours. */
const ofMinio = {
    image: "the server",
    nodes: "the servers",
    storage: "the servers' volumes",
    storageClass: "the servers' volumes",
    retain: "the servers' volumes",
    console: "MinIO's console",
    resources: "the servers",
    rotation: "generated access keys",
    keyOverlap: "generated access keys",
};

/** Keys of a bucket that MinIO is told. */
const ofMinioBuckets = ["versioning", "expireDays", "quota"] as const;

/** Annotations by which clouds give identities that no client of S3 takes, and why. */
const otherClouds: Record<string, string> = {
    "iam.gke.io/gcp-service-account":
        "Google hands such identities out at a metadata address, which no policy opens, and its S3 interface takes access keys only",
    "azure.workload.identity/client-id": "Azure has no S3 of its own, and no client of S3 takes its identities",
};

/**
 * Rules across keys, which no single type expresses.
 *
 * @param given What the stack file says: defaults that don't apply are nobody's mistake.
 */
export function externalStoreRules(config: PlatformConfig, given: ConfigObject): Problem[] {
    const { objectStore } = config;
    if (objectStore.kind !== "external") {
        return problem(
            objectStore.external !== undefined,
            "objectStore.external",
            `is for objectStore.kind external, and that is ${objectStore.kind}; change one of both`,
        );
    }
    return [
        ...notApplying(given),
        ...addressProblems(config, given),
        ...bucketProblems(objectStore),
        ...identityProblems(config),
        ...credentialProblems(config),
    ];
}

/** Keys of the stack file that are for MinIO. */
function notApplying({ objectStore, ingress }: ConfigObject): Problem[] {
    const own = isObject(objectStore) ? objectStore : {};
    const buckets = Array.isArray(own.buckets) ? (own.buckets as unknown[]) : [];
    const hosts = isObject(ingress) && isObject(ingress.hosts) ? ingress.hosts : {};
    return [
        ...Object.entries(ofMinio)
            .filter(([key]) => own[key] !== undefined)
            .map(([key, what]) => ({
                key: `objectStore.${key}`,
                message: `is about ${what} of objectStore.kind minio, and that is external; take it out`,
            })),
        ...buckets.flatMap((bucket, index) =>
            ofMinioBuckets
                .filter((key) => isObject(bucket) && bucket[key] !== undefined)
                .map((key) => ({
                    key: `objectStore.buckets[${index}].${key}`,
                    message:
                        "is for objectStore.kind minio: in an external store nothing is set up by the platform; set it there and take it out here",
                })),
        ),
        ...["objectStore", "console"]
            .filter((key) => hosts[key] !== undefined)
            .map((key) => ({
                key: `ingress.hosts.${key}`,
                message: "leads nowhere, because objectStore.kind is external: no server of it is in the cluster",
            })),
    ];
}

function addressProblems({ objectStore }: PlatformConfig, { objectStore: own }: ConfigObject): Problem[] {
    const { external = {} } = objectStore;
    const { endpoint: url, pathStyle } = storeAddress(objectStore);
    const { host } = hostOf(url);
    const dotted = pathStyle
        ? []
        : objectStore.buckets.filter(({ name }) => bucketThere(name, objectStore).includes("."));
    return [
        ...problem(
            external.endpoint === undefined && !(isObject(own) && own.region !== undefined),
            "objectStore.region",
            "is missing: without objectStore.external.endpoint the store is AWS's, whose address follows from the region; say one of both",
        ),
        ...(["endpoint", "sts.endpoint"] as const).flatMap((key) => {
            const given = key === "endpoint" ? external.endpoint : external.sts?.endpoint;
            const reason = given === undefined ? undefined : closed(hostOf(given).host);
            return reason ? [{ key: `objectStore.external.${key}`, message: reason }] : [];
        }),
        ...problem(
            !pathStyle && isIP(host) !== 0,
            "objectStore.external.pathStyle",
            "can't be false with an address as endpoint, before which no bucket's name can stand; set it to true",
        ),
        ...dotted.map(({ name }) => ({
            key: `objectStore.external.bucketNames.${name}`,
            message: `"${bucketThere(name, objectStore)}" has a dot, and before a host's name no certificate covers it; take another bucket, or set objectStore.external.pathStyle to true`,
        })),
    ];
}

/** Reason why an address may not be opened; undefined for a name. */
function closed(host: string): string | undefined {
    return isIP(host) === 0 ? undefined : rangeProblem(`${host}/32`);
}

function bucketProblems({ buckets, external = {} }: StoreConfig): Problem[] {
    const key = (bucket: string) => `objectStore.external.bucketNames.${bucket}`;
    const names = buckets.map(({ name }) => name);
    const there = names.map((name) => bucketThere(name, { external }));
    return [
        ...Object.keys(external.bucketNames ?? {})
            .filter((bucket) => !names.includes(bucket))
            .map((bucket) => ({
                key: key(bucket),
                message: `is no bucket of objectStore.buckets; there are ${names.join(", ")}`,
            })),
        ...there.flatMap((name, index) => {
            const first = there.indexOf(name);
            return problem(
                first !== index,
                key(names[index]),
                `"${name}" is the bucket of ${names[first]} already; each needs one of its own`,
            );
        }),
    ];
}

function identityProblems({ objectStore, orchestrator }: PlatformConfig): Problem[] {
    const { external = {} } = objectStore;
    const applications = storeApplications(objectStore);
    const known = identified(objectStore);
    const key = (application: string) => `objectStore.external.serviceAccountAnnotations.${application}`;
    const as = orchestrator.connections.objectStore;
    const aws = isAws(storeAddress(objectStore).endpoint);
    return [
        ...known
            .filter((application) => !applications.includes(application))
            .map((application) => ({
                key: key(application),
                message: `no bucket of objectStore.buckets names it; there are ${applications.join(", ")}`,
            })),
        ...known.flatMap((application) => {
            const given = external.serviceAccountAnnotations?.[application] ?? {};
            return Object.keys(given).length === 0
                ? [{ key: key(application), message: "is empty; name the role, or take it out and give an access key" }]
                : Object.keys(given)
                      .filter((annotation) => annotation in otherClouds)
                      .map((annotation) => ({
                          key: `${key(application)}["${annotation}"]`,
                          message: `gives no access to S3: ${otherClouds[annotation]}; give the application an access key (docs/object-store.md)`,
                      }));
        }),
        // All of Airflow's pods have the identity of one application.
        ...problem(
            as !== undefined && as !== "airflow" && known.includes(as),
            "orchestrator.connections.objectStore",
            `"${as}" is known by its ServiceAccounts, and those of Airflow are "airflow"'s; take that one, or give "${as}" an access key`,
        ),
        ...problem(
            known.length > 0 && !aws && external.sts?.endpoint === undefined,
            "objectStore.external.sts.endpoint",
            "is missing: only AWS's own follows from the region, and the store isn't AWS's; name the service that takes the pods' tokens, often the store's own endpoint",
        ),
        ...problem(
            known.length === 0 && external.sts !== undefined,
            "objectStore.external.sts",
            "is for applications with objectStore.external.serviceAccountAnnotations, and there are none; take it out",
        ),
    ];
}

function credentialProblems({ objectStore, credentials = {} }: PlatformConfig): Problem[] {
    const known = identified(objectStore);
    return storeApplications(objectStore).flatMap((application) => {
        const users = [`objectStore.${application}.accessKey`, `objectStore.${application}`];
        return known.includes(application)
            ? users
                  .filter((user) => user in credentials)
                  .map((user) => ({
                      key: `credentials["${user}"]`,
                      message: `is there, and so is objectStore.external.serviceAccountAnnotations.${application}; an application has one of both`,
                  }))
            : users
                  .filter((user) => !(user in credentials))
                  .map((user) => ({
                      key: `credentials["${user}"]`,
                      message: `is missing, because objectStore.kind is external; set it with \`pulumi config set --secret --path 'credentials["${user}"]'\`, or name a role in objectStore.external.serviceAccountAnnotations.${application}`,
                  }));
    });
}
