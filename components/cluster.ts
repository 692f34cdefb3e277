import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { PlatformConfig } from "../config/schema";
import { neededDefinitions } from "../config/operators";
import { declared } from "./declarations";
import { prefetchCrds } from "./crd-sources";
import { preflight } from "./preflight";

/** Settled when nothing was found against the config; every provider waits for it, as for the declarations, and so does everything that they make. */
let checked: Promise<void> = Promise.resolve();

/**
 * Has the config held against the cluster, and its CRDs downloaded, before anything is changed. Comes before the first
 * provider. What is found ends the program as an unhandled rejection, which the engine prints once; handed on to a provider's
 * input it would come out in as many wrappings as there are resources.
 */
export function runPreflight(config: PlatformConfig): void {
    const cluster = declared().then(() => preflight(config, pulumi.getStack()));
    const found = Promise.all([cluster, prefetchCrds(neededDefinitions(config), declared())]).then(() => undefined);
    // Whoever waits then waits for good: the program has ended.
    checked = new Promise((resolve) => void found.then(resolve));
}

/** An output of the stack, which is told when nothing was found: of a program that was refused the engine prints none. */
export function stackOutput<T>(value: T): pulumi.Output<pulumi.Unwrap<T>> {
    return pulumi.output(passed().then(() => value)) as pulumi.Output<pulumi.Unwrap<T>>;
}

/** Waits for the checks of the declarations, of the config and of the CRDs. */
function passed(): Promise<void> {
    return declared().then(() => checked);
}

/**
 * The connection to the cluster: the kubeconfig that kubectl would use, in the context that the stack names.
 *
 * Secrets and ConfigMaps are changed in place: replacing one whose name is fixed would take it away under running pods.
 *
 * @param adopt Take over an object that is there already, instead of an error. Only for what a destroyed stack has kept.
 */
export function kubernetesProvider(name: string, config: PlatformConfig["kubernetes"], adopt = false): k8s.Provider {
    return new k8s.Provider(name, {
        // Empty, not left out: the SDK would put $KUBECONFIG, a path of this machine, into the state. Then a colleague's path
        // would show as a change at every turn, and a destroy without it as an unreachable cluster. Empty means the rules of
        // kubectl: $KUBECONFIG, lists too, then ~/.kube/config.
        kubeconfig: "",
        context: pulumi.output(passed().then(() => config.context)) as pulumi.Input<string>,
        enableSecretMutable: true,
        enableConfigMapMutable: true,
        ...(adopt ? { upsertExistingObjects: true } : {}),
    });
}
