// Airflow's Release as the config has it, and what its pods need to be admitted.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { kubernetesProvider } from "../../../../components/cluster";
import { makePriorityClasses } from "../../../../components/cluster-plane";

const config = new pulumi.Config("drill");
const opts = { provider: kubernetesProvider("cluster", {}) };
const namespace = new k8s.core.v1.Namespace("namespace", { metadata: { name: "drill-airflow" } }, opts);
new k8s.helm.v3.Release(
    "airflow",
    { ...config.requireObject<k8s.helm.v3.ReleaseArgs>("release"), namespace: namespace.metadata.name },
    { ...opts, dependsOn: makePriorityClasses(opts), deleteBeforeReplace: true },
);
