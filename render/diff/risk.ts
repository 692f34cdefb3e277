import { quantity } from "../../config/units";
import { egressReason } from "../../components/labels";
import type { FieldChange } from "../../kubernetes/diff";
import type { Manifest } from "../../kubernetes/objects";
import { Risk } from "./model";

type Group = Record<string, unknown>;

/** Kinds that hold data or carry others, and what is lost with them. */
const stateful: Record<string, string> = {
    StatefulSet: "its pods stop; their volumes stay or go by its retention policy",
    PersistentVolumeClaim: "the data on it is deleted, unless the volume is retained",
    Namespace: "all that is in it is deleted",
    CustomResourceDefinition: "every object of its kind is deleted with it",
    Kafka: "the brokers stop, and their volumes go unless they are retained",
    KafkaNodePool: "its brokers stop, and their volumes go unless they are retained",
    KafkaTopic: "the topic's records are deleted",
    Cluster: "the database stops, and its volumes are deleted",
    Secret: "whoever reads it can't start any more; a generated password is lost",
};

/** Kinds that hold others back, and what follows when they go. */
const guards: Record<string, string> = {
    NetworkPolicy: "what it closed is open, or what it opened is closed",
    PodDisruptionBudget: "all of its pods may be taken at once when a node is drained",
    ResourceQuota: "nothing bounds any more what the namespace may use",
    ValidatingAdmissionPolicy: "what it refused is let in",
    ValidatingAdmissionPolicyBinding: "what its policy refused is let in",
    LimitRange: "pods that name no requests and limits of their own have none",
};

/** From the strictest on. */
const podSecurity = ["restricted", "baseline", "privileged"];
const podSecurityLabel = "pod-security.kubernetes.io/enforce";

/** Fields that the API server lets nobody change: the object has to be deleted and made anew. */
const immutable: Record<string, RegExp> = {
    StatefulSet:
        /^spec\.(?!(replicas|ordinals|template|updateStrategy|persistentVolumeClaimRetentionPolicy|minReadySeconds|revisionHistoryLimit)\b)/,
    Deployment: /^spec\.selector\b/,
    DaemonSet: /^spec\.selector\b/,
    Job: /^spec\.(selector|template|completionMode|podFailurePolicy)\b/,
    PersistentVolumeClaim: /^spec\.(?!(resources|volumeAttributesClassName)\b)/,
    RoleBinding: /^roleRef\b/,
    ClusterRoleBinding: /^roleRef\b/,
    PriorityClass: /^(value|preemptionPolicy)\b/,
    StorageClass: /^(provisioner|parameters|reclaimPolicy|volumeBindingMode)\b/,
};

/** Reason that a workload gives for a way out that is as wide as the internet. */
const reasonOf = (manifest?: Manifest) => manifest?.metadata.annotations?.[egressReason];

/** Risks of a change, which a person should look at twice. */
export function risksOf({ before, after }: { before?: Manifest; after?: Manifest }, fields: FieldChange[]): Risk[] {
    const risks: Risk[] = [];
    const add = (level: Risk["level"], code: string, text: string) => risks.push({ level, code, text });
    const { kind } = (after ?? before) as Manifest;
    if (!after && before) {
        const [lost, kept] = [stateful[kind], keeps(before)];
        if (lost && !kept) add(kind === "Secret" ? "caution" : "danger", "stateful-removed", `${kind} goes: ${lost}`);
        const guarded = guards[kind];
        if (guarded && !kept) add("caution", "policy-removed", guarded);
        return risks;
    }
    // One of another name is another object: nothing has to be changed in place.
    if (before && after) changed(before.metadata.name !== after.metadata.name);
    const everything = (manifest?: Manifest) => (manifest?.roleRef as Group | undefined)?.name === "cluster-admin";
    if (everything(after) && !everything(before)) add("danger", "rights-added", "all rights are given: cluster-admin");
    else if (kind === "ClusterRoleBinding" && !before)
        add("caution", "rights-added", "rights in the whole cluster are given");
    if (/Role$/.test(kind)) widened();
    if (/RoleBinding$/.test(kind) && before) joined();
    // A CRD only describes such fields.
    const opened =
        kind === "CustomResourceDefinition" ? [] : [...opens(after)].filter((what) => !opens(before).has(what));
    if (opened.length > 0)
        add("danger", "privileged", `a container may do what \`restricted\` forbids: ${short(opened)}`);
    const wide = reasonOf(after);
    if (wide && wide !== reasonOf(before))
        add("caution", "wide-egress", `its pods may send to a good part of the internet: ${wide}`);
    return risks;

    function changed(renamed: boolean): void {
        const fixed = fields.filter(({ path }) => immutable[kind]?.test(path)).map(({ path }) => path);
        // A hook is deleted and made anew by Helm at each upgrade.
        const hook = after?.metadata.annotations?.["helm.sh/hook"] !== undefined;
        if (fixed.length > 0 && !hook && !renamed) {
            const how = kind in stateful ? "danger" : "caution";
            add(
                how,
                "replaced",
                `${short(fixed)} can't be changed in place: the object is deleted and made anew, or the update fails`,
            );
        }
        if (/WebhookConfiguration$/.test(kind)) {
            const of = (test: (field: FieldChange) => boolean) => fields.filter(test).map(({ path }) => path);
            const wider = of(({ path, after: is }) => is === undefined && /\.(namespace|object)Selector$/.test(path));
            if (wider.length > 0)
                add("caution", "webhook-widened", `it is asked about more objects, without ${short(wider)}`);
            const harder = of(({ path, after: is }) => is === "Fail" && path.endsWith(".failurePolicy"));
            if (harder.length > 0)
                add(
                    "caution",
                    "webhook-widened",
                    `without an answer of it nothing can be changed: ${short(harder)} is Fail`,
                );
        }
        for (const { path, before: was, after: is } of fields) {
            // A quota bounds volumes, and is none.
            if (/(^|\.)(storage|size)$/.test(path) && kind !== "ResourceQuota" && smaller(was, is)) {
                add(
                    "danger",
                    "volume-shrinks",
                    `${path} shrinks from ${String(was)} to ${String(is)}, which no volume can`,
                );
            }
            if (/(^|\.)(replicas|instances)$/.test(path) && Number(was) > 0 && Number(is) === 0) {
                add("danger", "scaled-to-zero", `${path} is 0: nothing of it runs`);
            }
            if (path === "spec.clusterIP" && kind === "Service" && was && is) {
                add(
                    "caution",
                    "replaced",
                    "its address can't be changed in place: the object is made anew, or the update fails",
                );
            }
            if (path === `metadata.labels.${podSecurityLabel}` && laxer(was, is)) {
                add(
                    "danger",
                    "pod-security",
                    `pods in it are held to ${typeof is === "string" ? is : "nothing"} instead of ${String(was)}`,
                );
            }
            if (path === "spec.versions" && kind === "CustomResourceDefinition") {
                add(
                    "caution",
                    "versions-changed",
                    "versions of the kind change; objects that are stored have to be readable still",
                );
            }
        }
    }

    function joined(): void {
        const names = (manifest?: Manifest) =>
            new Set(
                ((manifest?.subjects ?? []) as Group[]).map((each) =>
                    [each.kind, each.namespace, each.name].filter(Boolean).join("/"),
                ),
            );
        const more = [...names(after)].filter((name) => !names(before).has(name));
        if (more.length > 0) add("caution", "rights-widened", `${short(more)} may now what the role allows`);
    }

    function widened(): void {
        const rights = (manifest?: Manifest) => new Set(((manifest?.rules ?? []) as Group[]).flatMap(verbs));
        const [had, has] = [rights(before), rights(after)];
        const more = [...has].filter((right) => !had.has(right));
        const strong = more.filter((right) => /\*|^(escalate|bind|impersonate) |\bsecrets\b/.test(right));
        // What a role of the whole cluster gains, it gains everywhere.
        const gained = kind === "ClusterRole" ? [...new Set([...strong, ...more])] : strong;
        if (gained.length > 0 && before) add("caution", "rights-widened", `may ${short(gained)} now`);
    }
}

/** `get pods`, a line for each verb and resource of a rule. */
function verbs({ verbs = [], resources = [] }: { verbs?: unknown; resources?: unknown }): string[] {
    return (verbs as string[]).flatMap((verb) => (resources as string[]).map((resource) => `${verb} ${resource}`));
}

/** Helm and Pulumi leave such an object where it is. */
export function keeps({ metadata: { annotations = {} } }: Manifest): boolean {
    return annotations["helm.sh/resource-policy"] === "keep" || annotations["pulumi.com/retainOnDelete"] === "true";
}

/** Fields that a pod of the level `restricted` may not have. */
function opens(value: unknown, found = new Set<string>()): Set<string> {
    if (typeof value !== "object" || value === null) return found;
    for (const [key, inner] of Object.entries(value)) {
        if (inner === true && forbidden.includes(key)) found.add(key);
        if (key === "hostPath" && typeof inner === "object" && inner !== null) found.add(key);
        if (key === "runAsUser" && inner === 0) found.add("runAsUser 0");
        if (key === "capabilities" && typeof inner === "object" && inner !== null && "add" in inner) {
            const more = ([] as unknown[])
                .concat(inner.add)
                .map(String)
                .filter((name) => name !== "NET_BIND_SERVICE");
            more.forEach((name) => found.add(`capability ${name}`));
        }
        opens(inner, found);
    }
    return found;
}

const forbidden = ["privileged", "hostNetwork", "hostPID", "hostIPC", "allowPrivilegeEscalation"];

function laxer(before: unknown, after: unknown): boolean {
    const [was, is] = [before, after].map((level) =>
        podSecurity.indexOf(typeof level === "string" ? level : "privileged"),
    );
    return is > was;
}

function smaller(before: unknown, after: unknown): boolean {
    return typeof before === "string" && typeof after === "string" && quantity(after) < quantity(before);
}

function short(paths: string[]): string {
    return paths.length > 3 ? `${paths.slice(0, 3).join(", ")} and ${paths.length - 3} more` : paths.join(", ");
}
