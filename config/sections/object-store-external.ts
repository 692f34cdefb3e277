import { z } from "zod";

import { cidrs } from "../addresses";
import { annotations } from "../free-maps";
import { bucketName, certificatePem, endpoint } from "../texts";
import { name } from "../units";

export const externalStore = z
    .strictObject({
        endpoint: endpoint
            .optional()
            .describe("Where S3 answers, over TLS. Default: AWS's own for `region`, which must be said then."),
        pathStyle: z
            .boolean()
            .optional()
            .describe(
                "Whether a bucket stands in the path of an address (true), or before the host's name (false). Default: false for AWS, else true.",
            ),
        ca: certificatePem.optional().describe("The CA of its certificate, in PEM. Default: the public ones."),
        cidrs: cidrs
            .optional()
            .describe(
                "Addresses that it may have, for NetworkPolicies. Default: its own where the endpoint is an address, else any but link-local ones and clouds' metadata, on its port.",
            ),
        bucketNames: z
            .record(bucketName, bucketName)
            .optional()
            .describe("What buckets of `buckets` are called there. All must be there already. Default: the same."),
        serviceAccountAnnotations: z
            .record(name, annotations)
            .optional()
            .describe(
                "By application, the annotations of its ServiceAccounts by which the cluster gives its pods a token, and the cloud a role for it, instead of an access key.",
            ),
        sts: z
            .strictObject({
                endpoint: endpoint.optional().describe("Where it answers. Default: AWS's own for `region`."),
                cidrs: cidrs
                    .optional()
                    .describe(
                        "Addresses that it may have, for NetworkPolicies. Default: as for the store's own `cidrs`.",
                    ),
            })
            .optional()
            .describe("The service (STS) that gives roles for tokens, for applications without an access key."),
    })
    .describe(
        "An S3 that is there already; keys by credentials `objectStore.<application>` and `objectStore.<application>.accessKey`.",
    );

export type ExternalStoreConfig = z.infer<typeof externalStore>;
