import { z } from "zod";

import { secret } from "../secret";
import { text } from "../texts";
import { secretKeyProblem } from "../values/names";

/** Secrets of workloads: what they are, and how a workload asks for them, is docs/own-workload.md's. */
export const secrets = z
    .record(
        text(
            "secretName",
            /^[a-z]([-a-z0-9]{0,48}[a-z0-9])?$/,
            "must be at most 50 lower-case letters, digits and dashes, a letter first and no dash last",
        ),
        z.record(
            text(
                "secretKey",
                /^(?!-|\.$|\.\.)[A-Za-z0-9._-]{1,253}$/,
                'must be a key of a Secret, such as "service-account.json": letters, digits, dots, dashes and underscores',
                secretKeyProblem,
            ),
            // Its form is what the workload says that it reads: components/workload-secret.ts.
            secret(z.string()),
        ),
    )
    .optional()
    .describe(
        "Secrets of workloads of your own, by <name> and <key>: `pulumi config set --secret --path 'secrets.gcs[\"service-account.json\"]' < file`. A declaration reads one by `workloadSecret`. Set with --secret only.",
    );
