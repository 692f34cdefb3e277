// A namespace with a server and its volume, kept or not as the config says.
import * as pulumi from "@pulumi/pulumi";

import { kubernetesProvider, Namespaces } from "../../../../components";
import { release } from "../../../../components/release";

const config = new pulumi.Config("drill");
const opts = { provider: kubernetesProvider("cluster", {}) };
const retain = config.getBoolean("retain") ?? false;
const namespaces = new Namespaces(
    "namespaces",
    {
        ...{ podSecurityVersion: "v1.34", kubernetes: {}, quota: () => ({ pods: "10" }) },
        retained: retain ? ["storage"] : [],
    },
    opts,
);
release(
    "store",
    {
        chart: "./test/integration/fixtures/charts/staged",
        namespace: config.get("into") ?? namespaces.storage.ready,
        values: { volume: true },
    },
    { ...opts, dependsOn: namespaces },
);
