import { parseAllDocuments, Tags } from "yaml";

import { run } from "../lib/exec";
import { repoRoot } from "../lib/paths";
import { toolVersion } from "../tools";
import { helm } from "../tools/helm";

/** A Kubernetes object as it stands in a manifest. */
export interface Manifest {
    apiVersion: string;
    kind: string;
    metadata: {
        name: string;
        namespace?: string;
        labels?: Record<string, string>;
        annotations?: Record<string, string>;
    };
    [key: string]: unknown;
}

/** What a Release asks Helm for. */
export interface ChartInputs {
    name: string;
    namespace: string;
    /** A directory of the project, or a chart's archive. */
    chart: string;
    /** The config key that the chart comes from, for messages. @default `charts.<name>` */
    key?: string;
    values: Record<string, unknown>;
    /** Leave the chart's definitions of custom resources out. @default false */
    skipCrds?: boolean;
}

/** Kinds that belong to no namespace, as far as charts make them. */
const clusterWide = [
    ...["APIService", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "IngressClass", "Namespace"],
    ...["MutatingWebhookConfiguration", "PersistentVolume", "PriorityClass", "StorageClass"],
    ...["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration"],
];

/** Every object that a chart makes, hooks included, as `helm template` renders it. */
export async function helmTemplate(inputs: ChartInputs): Promise<Manifest[]> {
    const { name, namespace, chart, values, skipCrds, key = `charts.${name}` } = inputs;
    const { stdout } = await run(
        await helm(),
        [
            ...["template", name, chart, "--namespace", namespace, "--values", "-"],
            // By itself Helm would assume one that is years old, which charts refuse.
            ...["--kube-version", await toolVersion("kube-apiserver")],
            ...(skipCrds ? [] : ["--include-crds"]),
        ],
        {
            cwd: repoRoot,
            input: JSON.stringify(values),
            fix: `check ${key} and what the stack file sets for it`,
        },
    );
    return parseManifests(stdout).map((manifest) =>
        clusterWide.includes(manifest.kind)
            ? manifest
            : { ...manifest, metadata: { ...manifest.metadata, namespace: manifest.metadata.namespace ?? namespace } },
    );
}

/**
 * The objects of a YAML stream; empty documents are left out. Helm and the API server read YAML as of 1.1 (`0400` is octal, `on`
 * is true), but for its dates and its numbers to the base of 60.
 */
export function parseManifests(yaml: string): Manifest[] {
    return parseAllDocuments(yaml, { version: "1.1", customTags: (tags) => tags.filter(isRead) })
        .map((document) => document.toJS() as Manifest | null)
        .filter((manifest): manifest is Manifest => manifest !== null);
}

function isRead(tag: Tags[number]): boolean {
    if (typeof tag === "string") return true;
    return tag.tag !== "tag:yaml.org,2002:timestamp" && (tag as { format?: string }).format !== "TIME";
}
