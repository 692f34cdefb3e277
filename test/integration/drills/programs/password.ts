// A password that the stack makes, in a Secret, and a Release that is told the Secret's name.
import * as pulumi from "@pulumi/pulumi";

import { kubernetesProvider } from "../../../../components/cluster";
import { restrictedNamespace } from "../../../../components/namespace";
import { release } from "../../../../components/release";
import { passwordSecret } from "../../../../components/secrets";

const config = new pulumi.Config("drill");
const opts = { provider: kubernetesProvider("cluster", {}) };
const namespace = restrictedNamespace(
    "drill-passwords",
    { system: "storage", podSecurityVersion: "v1.34", quota: { pods: "10" } },
    opts,
);
const login = passwordSecret(
    "login",
    {
        ...{ namespace, component: "storage", rotation: config.getNumber("rotation") ?? 1, secretVersion: "1" },
        plain: { username: "root" },
        passwords: { password: undefined },
        derived: { uri: ({ username, password }) => `store://${username}:${password}@store` },
    },
    opts,
);
release(
    "store",
    {
        chart: "./test/integration/fixtures/charts/staged",
        namespace: namespace.ready,
        values: {
            existingSecret: login.name,
            podLabels: { colour: config.get("colour") ?? "green" },
            madeUp: config.getBoolean("madeUp") ?? false,
        },
    },
    { ...opts, dependsOn: login.resource },
);
