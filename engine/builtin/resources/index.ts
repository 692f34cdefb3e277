import { ResourceRequest } from "../../../program/program";
import { UserError } from "../../../lib/errors";
import { certManagerType } from "../../../program/cert-manager";
import { ResourceHandler } from "../context";
import { certManager } from "./cert-manager";
import { object } from "./object";
import { random } from "./random";
import { release } from "./release";

/** The provider of Kubernetes objects; its settings matter, but there is nothing to make. */
export const kubernetesProvider = "pulumi:providers:kubernetes";

/** Tells whether the engine has nothing to make of it: components and providers. */
export function isComponentOrProvider({ type, custom }: Pick<ResourceRequest, "type" | "custom">): boolean {
    return !custom || type.startsWith("pulumi:providers:");
}

/** Finds the handler of a resource's type. @throws UserError for a type that only the Pulumi CLI can make */
export function handlerFor({ type, urn, custom }: Pick<ResourceRequest, "type" | "urn" | "custom">): ResourceHandler {
    if (type === certManagerType) return certManager;
    const patch = /^kubernetes:.*Patch$/.test(type);
    if (custom && type === "kubernetes:helm.sh/v3:Release") return release;
    if (custom && type.startsWith("kubernetes:") && !patch) return object;
    if (custom && type.startsWith("random:")) return random;
    throw new UserError(`the built-in engine can't make ${type}`, {
        where: urn,
        allowed:
            "kubernetes objects, helm.sh/v3 Releases, CertManager, random values, and components written in TypeScript",
        fix: "use the Pulumi CLI: --engine pulumi",
    });
}

/** Components that a provider's plugin builds, from inside which nothing is heard. */
export function isRemoteComponent({ type, custom }: Pick<ResourceRequest, "type" | "custom">): boolean {
    return !custom && type.startsWith("kubernetes");
}
