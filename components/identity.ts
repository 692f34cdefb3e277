import { StoreIdentity } from "./contracts";
import { shortHash } from "./job-once";
import { prefix } from "./labels";

/** Annotation of a pod: for whom it is given a token besides. The admission policies let such pods have that one and no other. */
export const audienceAnnotation = `${prefix}/token-audience`;

/** Annotations by which a pod says its identity; a changed one makes a new pod, which alone is given the token for it. */
export function identityAnnotations(identity: StoreIdentity | undefined): Record<string, string> {
    return identity
        ? { [audienceAnnotation]: identity.audience, [`${prefix}/rotation-store-identity`]: identity.secretVersion }
        : {};
}

/** For whom AWS's webhook asks for a token, where the annotations don't say otherwise. */
export const usualAudience = "sts.amazonaws.com";
const audienceKey = "eks.amazonaws.com/audience";

/** Azure's webhook looks at pods with this label only, and asks for a token for its own exchange. */
const azureClient = "azure.workload.identity/client-id";
const azureUse = { "azure.workload.identity/use": "true" };
const azureAudience = "api://AzureADTokenExchange";

/** The audience of the token that a cloud's webhook mounts for the annotations of an account; undefined where it mounts none. */
export function audienceOf(annotations: Record<string, string>): string | undefined {
    if (audienceKey in annotations) return annotations[audienceKey];
    if ("eks.amazonaws.com/role-arn" in annotations) return usualAudience;
    return azureClient in annotations ? azureAudience : undefined;
}

/** Annotations and labels of the pods of an account that has annotations of the author's own. */
export function accountOfPod(annotations: Record<string, string> | undefined) {
    if (!annotations) return { annotations: {}, labels: {} };
    const audience = audienceOf(annotations);
    return {
        annotations: {
            ...(audience === undefined ? {} : { [audienceAnnotation]: audience }),
            // What a webhook puts into a pod it puts into new ones only.
            [`${prefix}/rotation-account`]: shortHash(annotations),
        } as Record<string, string>,
        labels: azureClient in annotations ? azureUse : {},
    };
}
