import { setTimeout as pause } from "node:timers/promises";

import { Identity, KubeClient, KubeError } from "../../../kubernetes/client";
import { served } from "../../integration/fixtures/prod";

const apiVersion = "drill.data-platform.io/v1";

/** The definition of the drills' own kind. */
export const definition: Identity = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    name: "widgets.drill.data-platform.io",
};

/** An object of that kind that belongs to somebody else. */
export const theirs: Identity = { apiVersion, kind: "Widget", namespace: "drill-theirs", name: "theirs" };

/** Makes it, in a namespace of theirs. */
export async function makeTheirs(kube: KubeClient): Promise<void> {
    await kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "drill-theirs" } });
    while (!(await served(kube, apiVersion, "Widget"))) await pause(200);
    const { name, namespace } = theirs;
    await kube.create({ apiVersion, kind: "Widget", metadata: { name, namespace }, spec: { size: 7 } });
}

/** Tells whether the server takes an object with the field that the newer definition brings. */
export async function knowsColour(kube: KubeClient): Promise<boolean> {
    const { name, namespace } = theirs;
    const path = `/apis/${apiVersion}/namespaces/${namespace}/widgets/${name}`;
    try {
        await kube.http.send({
            method: "PATCH",
            path: `${path}?dryRun=All&fieldValidation=Strict`,
            contentType: "application/merge-patch+json",
            body: { spec: { colour: "red" } },
        });
        return true;
    } catch (error) {
        if (error instanceof KubeError && /unknown field "spec.colour"/.test(error.message)) return false;
        throw error;
    }
}

/** Takes their object and the definition away. */
export async function forget(kube: KubeClient): Promise<void> {
    const namespace = { apiVersion: "v1", kind: "Namespace", name: "drill-theirs" };
    for (const identity of [theirs, namespace, definition]) await kube.delete(identity);
    while ((await kube.get(namespace)) || (await kube.get(definition))) await pause(200);
    while (await served(kube, apiVersion, "Widget")) await pause(200);
}
