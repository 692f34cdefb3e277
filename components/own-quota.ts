import { ownQuotaProblems } from "../config/rules/quotas";
import type { PlatformConfig } from "../config/schema";
import type { NamespaceRef } from "./contracts";
import { refuse, whenWhole } from "./declarations/collector";
import { demands } from "./etl/demand";

/** Holds the program's own workloads to the quota that the stack file gives the namespace of jobs, when all of them are declared. */
export function holdToQuota(config: PlatformConfig, { name }: Pick<NamespaceRef, "name">): void {
    whenWhole(() => {
        refuse(
            ownQuotaProblems(config, demands(name)).map(({ key, message }) => ({
                declaration: "the stack file",
                argument: key,
                message,
            })),
        );
    });
}
