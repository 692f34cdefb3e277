import { StoreConfig, stsAddress } from "../../config/object-store";
import { StoreIdentity } from "../contracts";
import { audienceOf, usualAudience } from "../identity";
import { shortHash } from "../job-once";

/**
 * Identity of each application that has annotations. The webhook names the role and the token's file; the rest is the same for all clients,
 * which are AWS's own.
 *
 * @param caFile Where pods have the store's CA, if it has one of its own.
 */
export function identities(config: StoreConfig, caFile: string | undefined): Record<string, StoreIdentity> {
    const sts = stsAddress(config);
    if (sts === undefined) return {};
    const env = {
        // Some clients know one of them, some the other.
        AWS_REGION: config.region,
        AWS_DEFAULT_REGION: config.region,
        AWS_ENDPOINT_URL_STS: sts,
        ...(caFile ? { AWS_CA_BUNDLE: caFile } : {}),
        // A pod that was given no token says so at once, instead of asking the node's metadata, which no policy opens.
        AWS_EC2_METADATA_DISABLED: "true",
    };
    return Object.fromEntries(
        Object.entries(config.external?.serviceAccountAnnotations ?? {}).map(([application, annotations]) => [
            application,
            {
                annotations,
                env,
                audience: audienceOf(annotations) ?? usualAudience,
                secretVersion: shortHash([annotations, env]),
            },
        ]),
    );
}
