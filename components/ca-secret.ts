import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { NamespaceRef, SecretRef } from "./contracts";
import { labels } from "./labels";

/** A Secret like that of the platform's own CA, though it holds no secret: charts mount both alike. */
export function caSecret(
    name: string,
    pem: string,
    { namespace, component }: { namespace: NamespaceRef; component: string },
    opts: pulumi.CustomResourceOptions,
): SecretRef<"ca.crt"> {
    const contents = { "ca.crt": `${pem.trim()}\n` };
    const secret = new k8s.core.v1.Secret(
        name,
        {
            metadata: { name, namespace: namespace.ready, labels: labels({ name, component }) },
            type: "Opaque",
            stringData: contents,
        },
        opts,
    );
    return new SecretRef(name, namespace.name, ["ca.crt"], secret, "1", contents);
}
