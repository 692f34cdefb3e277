import { ResourceValidationPolicy } from "@pulumi/policy";

import { releaseType } from "../lib/kinds";
import { text } from "../lib/objects";

const exact = /^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

/**
 * The provider fills in the version it found before a policy is asked, so with a repository at hand a range looks exact here;
 * the config's own check refuses ranges before that.
 */
export const chartVersions: ResourceValidationPolicy = {
    name: "chart-versions",
    description: "A chart comes from a directory of the project, or from elsewhere by its exact version.",
    remediationSteps: "Set `charts.<name>.version` to one version, e.g. 1.22.0; no range, no `latest`.",
    severity: "high",
    validateResource: ({ type, props }, report) => {
        if (type !== releaseType) return;
        const chart = text(props, "chart") ?? "";
        if (chart.startsWith("./")) return;
        if (chart === "") return report("it names no chart");
        if (/^([/~]|\.\.)|^[A-Za-z]:\\/.test(chart)) {
            return report(
                `${chart} is a path of one machine; the next one would upgrade for nothing. Write it from the project on: ./charts/…`,
            );
        }
        const version = text(props, "version");
        if (version === undefined) report(`${chart} has no version`);
        else if (!exact.test(version)) report(`${chart}: "${version}" is not one exact version`);
    },
};
