import { parseAllDocuments } from "yaml";

import { run } from "../sandbox/lib/exec";
import { repoRoot } from "../sandbox/lib/paths";
import { tool } from "../sandbox/tools";

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
}

/** Every object that a chart makes, hooks included, as `helm template` renders it. */
export async function helmTemplate({ name, namespace, chart, version, values }: ChartInputs): Promise<Manifest[]> {
    const { stdout } = await run(
        await tool("helm"),
        [
            ...["template", name, chart, "--namespace", namespace, "--include-crds", "--values", "-"],
            ...(version ? ["--version", version] : []),
        ],
        {
            cwd: repoRoot,
            input: JSON.stringify(values),
            fix: `check charts.${name} and what the stack file sets for it`,
        },
    );
    return parseManifests(stdout).map((manifest) => ({
        ...manifest,
        metadata: { ...manifest.metadata, namespace: manifest.metadata.namespace ?? namespace },
    }));
}

/** The objects of a YAML stream; empty documents are left out. */
export function parseManifests(yaml: string): Manifest[] {
    return parseAllDocuments(yaml)
        .map((document) => document.toJS() as Manifest | null)
        .filter((manifest): manifest is Manifest => manifest !== null);
}
