import { parseAllDocuments } from "yaml";

import { run } from "../sandbox/lib/exec";
import { repoRoot } from "../sandbox/lib/paths";
import { tool, toolVersion } from "../sandbox/tools";

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
    /** A directory of the project or an `oci://` address. */
    chart: string;
    version?: string;
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
    const { name, namespace, chart, version, values, skipCrds } = inputs;
    const { stdout } = await run(
        await tool("helm"),
        [
            ...["template", name, chart, "--namespace", namespace, "--values", "-"],
            // By itself Helm would assume one that is years old, which charts refuse.
            ...["--kube-version", await toolVersion("kube-apiserver")],
            ...(skipCrds ? [] : ["--include-crds"]),
            ...(version ? ["--version", version] : []),
        ],
        {
            cwd: repoRoot,
            input: JSON.stringify(values),
            fix: `check charts.${name} and what the stack file sets for it`,
        },
    );
    return parseManifests(stdout).map((manifest) =>
        clusterWide.includes(manifest.kind)
            ? manifest
            : { ...manifest, metadata: { ...manifest.metadata, namespace: manifest.metadata.namespace ?? namespace } },
    );
}

/** The objects of a YAML stream; empty documents are left out. */
export function parseManifests(yaml: string): Manifest[] {
    return parseAllDocuments(yaml)
        .map((document) => document.toJS() as Manifest | null)
        .filter((manifest): manifest is Manifest => manifest !== null);
}
