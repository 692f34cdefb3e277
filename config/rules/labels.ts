import type { Problem } from "../errors";
import { keyPath } from "../key-path";
import type { PlatformConfig } from "../schema";

/** Labels that the charts give to their objects, or that NetworkPolicies and the rules of admission go by. */
const owned = new RegExp(
    [
        "^(data-platform\\.io|app\\.kubernetes\\.io|pod-security\\.kubernetes\\.io|kubernetes\\.io|helm\\.sh|pulumi\\.com|strimzi\\.io|cnpg\\.io|acme\\.cert-manager\\.io)/",
        "^(app|name|instance|component|tier|release|chart|heritage|managed-by|part-of|version|control-plane|k8s-app|role|spark-role)$",
        "^(dag_id|task_id|run_id|map_index|try_number|airflow[-_]worker|airflow[-_]version|kubernetes_executor)$",
    ].join("|"),
);

/** Labels that a config gives to all objects of a chart. */
export function labelRules({ chartValues: { airflow, sparkOperator, keda } }: PlatformConfig): Problem[] {
    return [
        ...problemsIn("airflow", "labels", airflow?.labels),
        ...problemsIn("sparkOperator", "commonLabels", sparkOperator?.commonLabels),
        ...problemsIn("keda", "additionalLabels", keda?.additionalLabels),
    ];
}

function problemsIn(chart: string, name: string, given: Record<string, string> = {}): Problem[] {
    return Object.keys(given)
        .filter((label) => owned.test(label))
        .map((label) => ({
            key: keyPath(["chartValues", chart, name, label]),
            message:
                "is a label that the platform, the chart or a NetworkPolicy knows pods by; choose another name, such as one with a domain of yours",
        }));
}
