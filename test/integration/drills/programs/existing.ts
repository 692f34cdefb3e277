// One object by a connection that takes over nothing; or by the one that may, which the config asks for.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { kubernetesProvider } from "../../../../components/cluster";

const adopting = new pulumi.Config("drill").getBoolean("adopting") ?? false;
new k8s.core.v1.ConfigMap(
    "settings",
    { metadata: { name: "settings", namespace: "drill-existing" }, data: { size: "ours" } },
    { provider: kubernetesProvider("cluster", {}, adopting) },
);
