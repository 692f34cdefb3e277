// A stack for the Pulumi CLI, small enough that an update takes seconds. `pod: never-ready` and `release: held` keep an update in
// the middle.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { kubernetesProvider } from "../../../../components/cluster";
import { labels } from "../../../../components/labels";
import { stackLabel } from "../../../../components/namespace";
import { release } from "../../../../components/release";

const config = new pulumi.Config("drill");
const opts = { provider: kubernetesProvider("cluster", {}) };
const name = "drill-held";

const namespace = new k8s.core.v1.Namespace("namespace", { metadata: { name, labels: stackLabel() } }, opts);
const metadata = (object: string) => ({
    name: object,
    namespace: namespace.metadata.name,
    labels: labels({ name: object, component: "drill" }),
});
const password = new random.RandomPassword("password", { length: 24, special: false });
const login = new k8s.core.v1.Secret(
    "login",
    { metadata: metadata("login"), stringData: { password: password.result } },
    opts,
);

const pod = config.get("pod") ?? "ready";
const app = { app: "worker" };
new k8s.apps.v1.Deployment(
    "worker",
    {
        metadata: metadata("worker"),
        spec: {
            selector: { matchLabels: app },
            template: {
                metadata: {
                    labels: pod === "ready" ? app : { ...app, [`bed.data-platform.io/${pod}`]: "true" },
                },
                spec: {
                    terminationGracePeriodSeconds: 0,
                    // What the API server lets in everywhere.
                    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
                    containers: [
                        {
                            name: "worker",
                            image: "worker:1",
                            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
                        },
                    ],
                },
            },
        },
    },
    { ...opts, dependsOn: login },
);

const chart = config.get("release") ?? "no";
if (chart !== "no") {
    release(
        "tiny",
        {
            chart: "./test/integration/fixtures/charts/tiny",
            namespace: namespace.metadata.name,
            values: { hold: chart === "held", colour: config.get("colour") ?? "green" },
            timeout: 60,
        },
        opts,
    );
}
export const secret = password.result;
