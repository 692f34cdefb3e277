import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { podAccount } from "../account";
import { imagePullSecrets } from "../cluster-settings";
import { caFile, Database, NamespaceRef } from "../contracts";
import { jobOnce, shortHash } from "../job-once";
import { labels } from "../labels";
import { doNotDisrupt, Placement, placementValues } from "../placement";
import { restrictedContainer } from "../restricted";
import { bundleMount, databaseBundle } from "./access";
import { databaseFiles, keyFiles, together } from "./environment";
import { podLabels, secretNames } from "./names";
import { jobResources, podSecurity } from "./pod";

export interface EncryptAnewArgs {
    namespace: NamespaceRef;
    /** Full name of Airflow's image. */
    image: string;
    pullPolicy: string;
    /** The round of Airflow's passwords. */
    rotation: number;
    database: Database;
    /** Secret of the database's user. */
    credentials: string;
    /** Secrets of the platform's CA, and of the database's where that has its own. */
    authority: string;
    databaseAuthority: string | undefined;
    placement: Placement;
}

/** Label by which network policies select its pod. */
export const encryptAnewComponent = "rotate-fernet-key";

/**
 * Encrypts what is in Airflow's database with the newest Fernet key, once every part has it: then the one before isn't needed any
 * more. In the first round there is nothing to do.
 */
export function encryptAnew(
    release: string,
    args: EncryptAnewArgs,
    opts: pulumi.CustomResourceOptions,
): k8s.batch.v1.Job | undefined {
    if (args.rotation === 1) return undefined;
    const name = `${release}-${encryptAnewComponent}`;
    const { parent } = opts;
    const metadata = { name, namespace: args.namespace.ready, labels: labels({ name, component: "orchestration" }) };
    const account = podAccount(name, metadata, { parent });
    const spec = { backoffLimit: 3, activeDeadlineSeconds: 900, template: podTemplate(release, name, args) };
    return jobOnce(
        name,
        {
            jobName: `${name}-${args.rotation}-${shortHash(spec)}`,
            namespace: args.namespace,
            labels: metadata.labels,
            spec,
            wait: 960,
        },
        {
            ...opts,
            dependsOn: pulumi.output(opts.dependsOn as pulumi.Resource[]).apply((before) => [...before, account]),
        },
    );
}

function podTemplate(
    release: string,
    name: string,
    { image, pullPolicy, database, credentials, authority, databaseAuthority, placement }: EncryptAnewArgs,
): k8s.types.input.core.v1.PodTemplateSpec {
    const files = together(databaseFiles(credentials), keyFiles(secretNames(release).keys, "fernet-key"));
    const mounted = [
        bundleMount("ca", authority, caFile),
        ...databaseBundle(database, databaseAuthority),
        ...files.mounted,
    ];
    return {
        metadata: {
            labels: {
                ...labels({ name, component: "orchestration" }),
                ...podLabels(release, encryptAnewComponent),
                ...database.peer.clientLabels,
            },
            annotations: doNotDisrupt,
        },
        spec: {
            ...placementValues(placement),
            serviceAccountName: name,
            ...imagePullSecrets(),
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            restartPolicy: "Never",
            securityContext: podSecurity(),
            containers: [
                {
                    name: encryptAnewComponent,
                    image,
                    imagePullPolicy: pullPolicy,
                    command: ["airflow", "rotate-fernet-key"],
                    env: [
                        // Where it may write its own settings; those that count stand here.
                        { name: "AIRFLOW_HOME", value: "/tmp/airflow" },
                        ...files.env,
                    ],
                    resources: jobResources,
                    securityContext: restrictedContainer(),
                    terminationMessagePolicy: "FallbackToLogsOnError",
                    volumeMounts: [...mounted.map(({ mount }) => mount), { name: "tmp", mountPath: "/tmp" }],
                },
            ],
            volumes: [
                ...mounted.map(({ volume }) => volume),
                { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
            ] as k8s.types.input.core.v1.Volume[],
        },
    };
}
