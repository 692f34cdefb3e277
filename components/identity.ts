import { StoreIdentity } from "./contracts";
import { prefix } from "./labels";

/** Annotation of a pod: for whom it is given a token besides. The admission policies let such pods have that one and no other. */
export const audienceAnnotation = `${prefix}/token-audience`;

/** Annotations by which a pod says its identity; a changed one makes a new pod, which alone is given the token for it. */
export function identityAnnotations(identity: StoreIdentity | undefined): Record<string, string> {
    return identity
        ? { [audienceAnnotation]: identity.audience, [`${prefix}/rotation-store-identity`]: identity.secretVersion }
        : {};
}
