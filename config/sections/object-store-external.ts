import { isIP } from "node:net";

import { z } from "zod";

import { cidrs, rangeProblem } from "../addresses";
import type { Problem } from "../errors";
import { annotations } from "../free-maps";
import { isPlain, Plain } from "../merge";
import type { PlatformConfig } from "../schema";
import { certificatePem, endpoint, text } from "../texts";
import { name } from "../units";

const bucketName = text(
    "bucketName",
    /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    "must be a bucket's name: 3 to 63 lower-case letters, digits, dashes and dots",
);

export const externalStore = z
    .strictObject({
        endpoint: endpoint
            .optional()
            .describe("Where S3 answers, over TLS. Default: AWS's own for `region`, which must be said then."),
        pathStyle: z
            .boolean()
            .optional()
            .describe(
                "Whether a bucket stands in the path of an address (true), or before the host's name (false). Default: false for AWS, else true.",
            ),
        ca: certificatePem.optional().describe("The authority of its certificate, in PEM. Default: the public ones."),
        cidrs: cidrs
            .optional()
            .describe(
                "Addresses that it may have, for NetworkPolicies. Default: its own where the endpoint is an address, else any but link-local ones and clouds' metadata, on its port.",
            ),
        bucketNames: z
            .record(name, bucketName)
            .optional()
            .describe("What buckets of `buckets` are called there. All must be there already. Default: the same."),
        serviceAccountAnnotations: z
            .record(name, annotations)
            .optional()
            .describe(
                "By application, the annotations of its ServiceAccounts by which the cluster gives its pods a token, and the cloud a role for it, instead of an access key.",
            ),
        sts: z
            .strictObject({
                endpoint: endpoint.optional().describe("Where it answers. Default: AWS's own for `region`."),
                cidrs: cidrs
                    .optional()
                    .describe(
                        "Addresses that it may have, for NetworkPolicies. Default: as for the store's own `cidrs`.",
                    ),
            })
            .optional()
            .describe("The service (STS) that gives roles for tokens, for applications without an access key."),
    })
    .describe(
        "An S3 that is there already; keys by credentials `objectStore.<application>` and `objectStore.<application>.accessKey`.",
    );

export type ExternalStoreConfig = z.infer<typeof externalStore>;

/** The part of the config that an external store is known by. */
export type StoreConfig = Pick<PlatformConfig["objectStore"], "region" | "buckets"> & {
    external?: ExternalStoreConfig;
};

/** AWS's own hosts, by region; another partition has another domain. */
function ofAws(service: "s3" | "sts", region: string): string {
    return `https://${service}.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

const isAws = (url: string) => /\.amazonaws\.com(\.cn)?$/.test(new URL(url).hostname);

/** Address of an external store, and the style of its buckets (path or host name), defaults filled in. */
export function storeAddress({ region, external = {} }: StoreConfig) {
    const url = (external.endpoint ?? ofAws("s3", region)).replace(/\/$/, "");
    return { endpoint: url, pathStyle: external.pathStyle ?? !isAws(url) };
}

/** Address that gives roles for tokens; undefined where no application needs one. */
export function stsAddress({ region, external = {} }: StoreConfig): string | undefined {
    return identified({ external }).length === 0
        ? undefined
        : (external.sts?.endpoint ?? ofAws("sts", region)).replace(/\/$/, "");
}

/** Host and port of an endpoint. */
export function hostOf(url: string): { host: string; port: number } {
    const { hostname, port } = new URL(url);
    return { host: hostname, port: Number(port || 443) };
}

/** What a bucket is called in an external store. */
export function bucketThere(bucket: string, { external }: Pick<StoreConfig, "external">): string {
    return external?.bucketNames?.[bucket] ?? bucket;
}

/** The applications that some bucket names, each once. */
export function storeApplications({ buckets }: Pick<StoreConfig, "buckets">): string[] {
    return [...new Set(buckets.flatMap(({ writers, readers = [] }) => [...writers, ...readers]))].sort();
}

/** The applications that the cloud knows by their ServiceAccounts. */
export function identified({ external }: Pick<StoreConfig, "external">): string[] {
    return Object.keys(external?.serviceAccountAnnotations ?? {});
}

/** How many Jobs try an external store: one for all keys, and one for each application without. */
export function checkJobs(config: StoreConfig): number {
    const known = identified(config).length;
    return known + (storeApplications(config).length > known ? 1 : 0);
}

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
const ofMinioBuckets = ["versioning", "expireDays"] as const;

/** Annotations by which clouds give identities that no client of S3 takes, and why. */
const otherClouds: Record<string, string> = {
    "iam.gke.io/gcp-service-account":
        "Google hands such identities out at a metadata address, which no policy opens, and its S3 interface takes access keys only",
    "azure.workload.identity/client-id": "Azure has no S3 of its own, and no client of S3 takes its identities",
};

/**
 * What the type of one key can't say.
 *
 * @param given What the stack file says: defaults that don't apply are nobody's mistake.
 */
export function externalStoreRules(config: PlatformConfig, given: Plain): Problem[] {
    const { objectStore } = config;
    if (objectStore.kind !== "external") {
        return objectStore.external
            ? [
                  {
                      key: "objectStore.external",
                      message: `is for objectStore.kind external, and that is ${objectStore.kind}; change one of both`,
                  },
              ]
            : [];
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
function notApplying({ objectStore, ingress }: Plain): Problem[] {
    const own = isPlain(objectStore) ? objectStore : {};
    const buckets = Array.isArray(own.buckets) ? (own.buckets as unknown[]) : [];
    const hosts = isPlain(ingress) && isPlain(ingress.hosts) ? ingress.hosts : {};
    return [
        ...Object.entries(ofMinio)
            .filter(([key]) => own[key] !== undefined)
            .map(([key, what]) => ({
                key: `objectStore.${key}`,
                message: `is about ${what} of objectStore.kind minio, and that is external; take it out`,
            })),
        ...buckets.flatMap((bucket, index) =>
            ofMinioBuckets
                .filter((key) => isPlain(bucket) && bucket[key] !== undefined)
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

function addressProblems({ objectStore }: PlatformConfig, { objectStore: own }: Plain): Problem[] {
    const { external = {} } = objectStore;
    const { endpoint: url, pathStyle } = storeAddress(objectStore);
    const { host } = hostOf(url);
    const dotted = pathStyle
        ? []
        : objectStore.buckets.filter(({ name }) => bucketThere(name, objectStore).includes("."));
    return [
        ...(external.endpoint === undefined && !(isPlain(own) && own.region !== undefined)
            ? [
                  {
                      key: "objectStore.region",
                      message:
                          "is missing: without objectStore.external.endpoint the store is AWS's, whose address follows from the region; say one of both",
                  },
              ]
            : []),
        ...(["endpoint", "sts.endpoint"] as const).flatMap((key) => {
            const given = key === "endpoint" ? external.endpoint : external.sts?.endpoint;
            const problem = given === undefined ? undefined : closed(hostOf(given).host);
            return problem ? [{ key: `objectStore.external.${key}`, message: problem }] : [];
        }),
        ...(!pathStyle && isIP(host) !== 0
            ? [
                  {
                      key: "objectStore.external.pathStyle",
                      message:
                          "can't be false with an address as endpoint, before which no bucket's name can stand; set it to true",
                  },
              ]
            : []),
        ...dotted.map(({ name }) => ({
            key: `objectStore.external.bucketNames.${name}`,
            message: `"${bucketThere(name, objectStore)}" has a dot, and before a host's name no certificate covers it; take another bucket, or set objectStore.external.pathStyle to true`,
        })),
    ];
}

/** Why an address may not be opened; undefined for a name. */
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
            return first === index
                ? []
                : [
                      {
                          key: key(names[index]),
                          message: `"${name}" is the bucket of ${names[first]} already; each needs one of its own`,
                      },
                  ];
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
        ...(as !== undefined && as !== "airflow" && known.includes(as)
            ? [
                  {
                      key: "orchestrator.connections.objectStore",
                      message: `"${as}" is known by its ServiceAccounts, and those of Airflow are "airflow"'s; take that one, or give "${as}" an access key`,
                  },
              ]
            : []),
        ...(known.length > 0 && !aws && external.sts?.endpoint === undefined
            ? [
                  {
                      key: "objectStore.external.sts.endpoint",
                      message:
                          "is missing: only AWS's own follows from the region, and the store isn't AWS's; name the service that takes the pods' tokens, often the store's own endpoint",
                  },
              ]
            : []),
        ...(known.length === 0 && external.sts !== undefined
            ? [
                  {
                      key: "objectStore.external.sts",
                      message:
                          "is for applications with objectStore.external.serviceAccountAnnotations, and there are none; take it out",
                  },
              ]
            : []),
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
