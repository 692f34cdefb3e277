// One Release, made where all of them are made; `instead` takes a practice out of it.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { kubernetesProvider } from "../../../../components/cluster";
import { release } from "../../../../components/release";

const config = new pulumi.Config("drill");
const name = config.get("namespace") ?? "drill-release";
const opts = { provider: kubernetesProvider("cluster", {}) };
const instead = config.getObject<Record<string, unknown>>("instead") ?? {};

const namespace = new k8s.core.v1.Namespace("namespace", { metadata: { name } }, opts);
new k8s.core.v1.ConfigMap(
    "colour",
    { metadata: { name: "colour", namespace: namespace.metadata.name }, data: { is: config.get("colour") ?? "green" } },
    opts,
);
release(
    "store",
    {
        chart: config.get("chart") ?? "./test/integration/fixtures/charts/staged",
        namespace: namespace.metadata.name,
        values: config.getObject("values") ?? {},
        timeout: config.getNumber("timeout") ?? 60,
        skipCrds: config.getBoolean("skipCrds"),
    },
    {
        ...opts,
        transformations: [({ props, opts: same }) => ({ props: { ...(props as object), ...instead }, opts: same })],
    },
);
