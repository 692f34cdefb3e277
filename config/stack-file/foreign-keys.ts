import { distance } from "fastest-levenshtein";

import type { Problem } from "../errors";

/** Settings of Pulumi's provider of Kubernetes, and what has their effect here. */
const kubernetes: Record<string, string | undefined> = {
    context: "set data-platform:kubernetes.context",
    kubeconfig: "the kubeconfig is the one of kubectl: $KUBECONFIG, or ~/.kube/config",
    cluster: "set data-platform:kubernetes.context, whose cluster it is",
    namespace: "each system has a namespace of its own; set data-platform:namespaces.prefix",
    suppressdeprecationwarnings: "set the variable PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS",
    deleteunreachable: "set the variable PULUMI_K8S_DELETE_UNREACHABLE",
    skipupdateunreachable: "set the variable PULUMI_K8S_SKIP_UPDATE_UNREACHABLE",
    clusteridentifier: "the cluster is told by data-platform:kubernetes.context",
};

/** Pulumi's own. */
const engine = ["tags", "disable-default-providers", "autonaming"];

/**
 * Keys of other prefixes that are set by mistake: near misses of the project's own, and those that nothing reads. What belongs to a
 * provider that a team has added is none of ours.
 *
 * @param keys Full keys, `<prefix>:<name>`
 * @param own Names of the project's own keys
 */
export function foreignKeyProblems(keys: string[], project: string, own: string[]): Problem[] {
    return keys.flatMap((key) => {
        const colon = key.indexOf(":");
        const message = problemOf(key.slice(0, colon), key.slice(colon + 1), project, own);
        return message ? [{ key, message }] : [];
    });
}

function problemOf(prefix: string, name: string, project: string, own: string[]): string | undefined {
    if (prefix === project) return undefined;
    const [bare, bareProject] = [plain(prefix), plain(project)];
    const away = distance(bare, bareProject);
    if (away <= 2 || (away <= 4 && own.includes(name.split(/[.[]/)[0]))) {
        return `is no key of this project, and nothing reads it; did you mean ${project}:${name}?`;
    }
    if (distance(bare, "kubernetes") <= 2) {
        const instead = kubernetes[plain(name)]?.replace("data-platform:", `${project}:`);
        return `is read by nobody: the program makes its own provider of the cluster; ${instead ?? `take it out; what can be set is under ${project}:kubernetes`}`;
    }
    if (bare === "pulumi" && !engine.includes(name)) {
        const near = engine.find((each) => distance(plain(each), plain(name)) <= 3);
        return near ? `is none of Pulumi's own keys, and nothing reads it; did you mean pulumi:${near}?` : undefined;
    }
    return undefined;
}

/** `dataPlatform`, `data_platform` and `data-platform` alike. */
function plain(text: string): string {
    return text.toLowerCase().replace(/[^a-z0-9]/g, "");
}
