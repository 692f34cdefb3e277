// A stack with one of each that an interrupted update can leave half done; `hold` keeps an update in the middle.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { kubernetesProvider } from "../../../../components/cluster";
import { labels } from "../../../../components/labels";
import { stackLabel } from "../../../../components/namespace";
import { release } from "../../../../components/release";

const config = new pulumi.Config("drill");
const opts = { provider: kubernetesProvider("cluster", {}) };
const name = "drill-interrupted";

const namespace = new k8s.core.v1.Namespace("namespace", { metadata: { name, labels: stackLabel() } }, opts);
const metadata = (object: string) => ({
    name: object,
    namespace: namespace.metadata.name,
    labels: labels({ name: object, component: "drill" }),
});
const password = new random.RandomPassword("password", { length: 24 });
new k8s.core.v1.Secret("login", { metadata: metadata("login"), stringData: { password: password.result } }, opts);

if (config.getBoolean("widget")) {
    // Of a kind that the cluster doesn't know yet: the update has begun it, and waits.
    new k8s.apiextensions.CustomResource(
        "widget",
        { apiVersion: "recover.data-platform.io/v1", kind: "Widget", metadata: metadata("widget"), spec: { size: 1 } },
        opts,
    );
}
if (config.get("release") !== "no") {
    release(
        "tiny",
        {
            chart: "./test/integration/fixtures/charts/tiny",
            namespace: namespace.metadata.name,
            values: { hold: config.getBoolean("hold") ?? false, colour: config.get("colour") ?? "green" },
            timeout: 60,
        },
        opts,
    );
}
