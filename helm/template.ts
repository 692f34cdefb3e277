import { type Manifest, parseManifests } from "../kubernetes/objects";
import { run } from "../lib/exec";
import { repoRoot } from "../lib/paths";
import type { Note } from "../lib/progress";
import type { Release } from "../program/collect";
import { toolVersion } from "../tools";
import { helm } from "../tools/helm";

/** Inputs of Helm for a Release. */
export interface ChartInputs extends Pick<Release, "name" | "namespace" | "values"> {
    /** A directory of the project, or a chart's archive. */
    chart: string;
    /** The config key that the chart comes from, for messages. @default `charts.<name>` */
    key?: string;
    /** Leave the chart's CRDs out. @default false */
    skipCrds?: boolean;
    /** Told which Helm renders it, where it isn't the pinned one. */
    note?: Note;
}

/** Kinds that belong to no namespace, as far as charts make them. */
const clusterWide = [
    ...["APIService", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "IngressClass", "Namespace"],
    ...["MutatingWebhookConfiguration", "PersistentVolume", "PriorityClass", "StorageClass"],
    ...["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration"],
];

/** Every object that a chart makes, hooks included, as `helm template` renders it. */
export async function helmTemplate(inputs: ChartInputs): Promise<Manifest[]> {
    const { name, namespace, chart, values, skipCrds, key = `charts.${name}`, note } = inputs;
    const { stdout } = await run(
        await helm(note),
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
