import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { NamespaceRef } from "../contracts";
import { labels } from "../labels";
import { mayNotBeEvicted, Placement, placementValues } from "../placement";

export interface AdmissionCheckArgs {
    /** Namespace of the operator; its pods reach the API server. */
    namespace: NamespaceRef;
    /** An image that has Python, such as that of the ETL programs. */
    image: string;
    pullPolicy: string;
    placement: Placement;
    /** What the operator was installed with: another one is checked again. */
    installed: unknown;
    /** What must be there before. */
    operator: pulumi.Resource;
}

/** Seconds that the webhook is given to answer. */
const patience = 120;

const account = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Waits until the operator's webhook answers, and fails the update with its last words if it doesn't.
 *
 * That the operator is Ready isn't enough: its pod has put its certificate into the webhook's configuration by then, but the way
 * from the API server to it opens a moment later, and the webhook refuses all that it can't look at. The operator's own tests
 * find it out in the same way, by a dry run.
 */
export function admissionCheck(
    name: string,
    { namespace, image, pullPolicy, placement, installed, operator }: AdmissionCheckArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    const program = readFileSync(join(__dirname, "admission_check.py"), "utf8");
    const all = labels({ name, component: "database", version: image.slice(image.lastIndexOf(":") + 1) });
    const rights = checksAccount(name, namespace, opts);
    const hash = createHash("sha256")
        .update(JSON.stringify([installed, image, program]))
        .digest("hex")
        .slice(0, 8);
    return new k8s.batch.v1.Job(
        name,
        {
            metadata: {
                // A Job can't be changed: another operator is another Job.
                name: `${name}-${hash}`,
                namespace: namespace.ready,
                labels: all,
                annotations: { "pulumi.com/replaceUnready": "true" },
            },
            spec: {
                backoffLimit: 1,
                activeDeadlineSeconds: 2 * patience + 60,
                template: {
                    metadata: { labels: all, annotations: mayNotBeEvicted },
                    spec: {
                        ...placementValues(placement),
                        ...pod(name, { namespace, image, pullPolicy }, program),
                    },
                },
            },
        },
        {
            ...opts,
            dependsOn: [operator, ...rights],
            deleteBeforeReplace: true,
            customTimeouts: { create: `${2 * patience + 300}s` },
        },
    );
}

/** An account that may offer a Cluster in its own namespace, and do nothing else. */
function checksAccount(name: string, namespace: NamespaceRef, opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
    const metadata = { name, namespace: namespace.ready, labels: labels({ name, component: "database" }) };
    const user = new k8s.core.v1.ServiceAccount(name, { metadata, automountServiceAccountToken: false }, opts);
    const rules = [{ apiGroups: ["postgresql.cnpg.io"], resources: ["clusters"], verbs: ["create"] }];
    const role = new k8s.rbac.v1.Role(name, { metadata, rules }, opts);
    const binding = new k8s.rbac.v1.RoleBinding(
        name,
        {
            metadata,
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
            subjects: [{ kind: "ServiceAccount", name, namespace: namespace.name }],
        },
        { ...opts, dependsOn: [user, role] },
    );
    return [user, role, binding];
}

function pod(
    name: string,
    { namespace, image, pullPolicy }: Pick<AdmissionCheckArgs, "namespace" | "image" | "pullPolicy">,
    program: string,
): k8s.types.input.core.v1.PodSpec {
    return {
        serviceAccountName: name,
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        restartPolicy: "Never",
        securityContext: {
            runAsNonRoot: true,
            runAsUser: 10001,
            runAsGroup: 10001,
            fsGroup: 10001,
            seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [
            {
                name: "check",
                image,
                imagePullPolicy: pullPolicy,
                command: ["python3", "-c", program],
                env: Object.entries({
                    CHECK_ACCOUNT: account,
                    CHECK_NAMESPACE: namespace.name,
                    CHECK_SECONDS: String(patience),
                }).map(([variable, value]) => ({ name: variable, value })),
                resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
                // What is wrong is the last thing that it says, and is kept with the pod.
                terminationMessagePolicy: "FallbackToLogsOnError",
                securityContext: {
                    allowPrivilegeEscalation: false,
                    readOnlyRootFilesystem: true,
                    capabilities: { drop: ["ALL"] },
                },
            },
        ],
    };
}
