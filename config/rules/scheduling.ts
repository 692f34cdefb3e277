import { tolerationProblems } from "../values/tolerations";
import type { Rule } from "./rule";

/** Tolerations as the API server takes them. */
export const schedulingRules: Rule = ({ scheduling }) =>
    (["platform", "batch"] as const).flatMap((pool) =>
        (scheduling[pool].tolerations ?? []).flatMap((toleration, index) =>
            tolerationProblems(toleration).map(({ path, message }) => ({
                key: [`scheduling.${pool}.tolerations[${index}]`, ...path].join("."),
                message,
            })),
        ),
    );
