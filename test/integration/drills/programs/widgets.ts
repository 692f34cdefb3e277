// Definitions of custom resources as the project owns them, or as a chart does; and an object of theirs.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { kubernetesProvider } from "../../../../components/cluster";
import { Crds } from "../../../../components/crds";
import { release } from "../../../../components/release";

const config = new pulumi.Config("drill");
const opts = { provider: kubernetesProvider("cluster", {}) };
const namespace = new k8s.core.v1.Namespace("namespace", { metadata: { name: `${pulumi.getStack()}-widgets` } }, opts);
const inside = { ...opts, dependsOn: namespace };

const source = config.get("definitions");
const crds = source
    ? new Crds(
          "widgets",
          { key: "crds.widgets", sources: [`./test/integration/fixtures/definitions/${source}.yaml`], kubernetes: {} },
          opts,
      )
    : undefined;
const record = crds?.applied(namespace.metadata.name);
const chart = config.get("chart");
if (chart) {
    const skipCrds = source !== undefined;
    // An operator that takes its time, longer than a kind that isn't there yet is waited for.
    const late = config.getNumber("late") ?? 0;
    const begun = pulumi.output(new Promise<pulumi.Resource[]>((resolve) => setTimeout(resolve, late * 1000, [])));
    const dependsOn = record ? [namespace, record] : begun.apply((all) => [namespace, ...all]);
    const at = { namespace: namespace.metadata.name, values: {}, skipCrds };
    release("operator", { chart: `./test/integration/fixtures/charts/${chart}`, ...at }, { ...opts, dependsOn });
}
const widget = config.get("widget");
if (widget) {
    new k8s.apiextensions.CustomResource(
        "ours",
        {
            apiVersion: "drill.data-platform.io/v1",
            kind: "Widget",
            metadata: { name: "ours", namespace: namespace.metadata.name },
            spec: { size: 1 },
        },
        { ...inside, ...(widget === "after" && record ? { dependsOn: record } : {}) },
    );
}
