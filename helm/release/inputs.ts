import type { Release } from "../../program/collect";
import { ResourceRequest } from "../../program/program";
import { UserError } from "../../lib/errors";

/** Inputs of a Release of the program, defaults filled in as Pulumi's provider does. */
export interface ReleaseInputs extends Omit<Release, "repository" | "skipCrds" | "timeout"> {
    /** The repository that `chart` is a name in. */
    repo?: string;
    /** Helm's note on the revision; another one alone is an upgrade. @default Helm's own */
    description?: string;
    /** Seconds for which nothing about it may change; Pulumi's provider counts them from the beginning. */
    timeout: number;
    maxHistory: number;
    skipAwait: boolean;
    /** Flags of `helm upgrade --install` that are set. */
    flags: string[];
}

/** Inputs that are flags of Helm's with the same meaning. */
const flags: Record<string, string> = {
    cleanupOnFail: "--cleanup-on-fail",
    atomic: "--atomic",
    waitForJobs: "--wait-for-jobs",
    createNamespace: "--create-namespace",
    skipCrds: "--skip-crds",
    dependencyUpdate: "--dependency-update",
    disableOpenapiValidation: "--disable-openapi-validation",
    forceUpdate: "--force",
};
const others = [
    "name",
    "namespace",
    "chart",
    "version",
    "repositoryOpts",
    "values",
    "description",
    "timeout",
    "maxHistory",
    "skipAwait",
    "compat",
];

/** Reads a Release's inputs. @throws UserError for one that the built-in engine would have to ignore */
export function releaseInputs({ urn, inputs }: ResourceRequest): ReleaseInputs {
    const repository = (inputs.repositoryOpts ?? {}) as { repo?: string };
    const unknown = [
        ...Object.keys(inputs).filter((key) => !others.includes(key) && !(key in flags)),
        ...Object.keys(repository).flatMap((key) => (key === "repo" ? [] : [`repositoryOpts.${key}`])),
    ];
    if (unknown.length > 0) {
        throw new UserError(`the built-in engine doesn't know ${unknown.join(", ")} of a Release`, {
            where: urn,
            allowed: [...others.filter((key) => key !== "compat"), ...Object.keys(flags)].join(", "),
            fix: "use the Pulumi CLI: --engine pulumi",
        });
    }
    return {
        name: inputs.name as string,
        namespace: (inputs.namespace as string | undefined) ?? "default",
        chart: inputs.chart as string,
        version: inputs.version as string | undefined,
        // Empty: none, said on purpose.
        repo: repository.repo || undefined,
        // Null, which takes a chart's default away, is handed on, as by the provider.
        values: (inputs.values ?? {}) as Record<string, unknown>,
        description: inputs.description as string | undefined,
        timeout: Number(inputs.timeout ?? 300),
        maxHistory: Number(inputs.maxHistory ?? 0),
        skipAwait: inputs.skipAwait === true,
        flags: Object.keys(flags)
            .filter((key) => inputs[key] === true)
            .map((key) => flags[key]),
    };
}

/** The arguments that say which chart, and with which values: those come on standard input. */
export function chartArgs({ name, namespace, chart, version, repo }: ReleaseInputs): string[] {
    return [
        ...[name, chart, "--namespace", namespace, "--values", "-"],
        ...(version ? ["--version", version] : []),
        ...(repo ? ["--repo", repo] : []),
    ];
}

/** Helm's waiting has an end by the clock, which a busy machine reaches; makers/watch.ts has one that it doesn't. */
export const endless = ["--timeout", "720h"];

/** The arguments of `helm` that install or upgrade a release. */
export function upgradeArgs(inputs: ReleaseInputs): string[] {
    return [
        ...["upgrade", "--install", ...chartArgs(inputs)],
        ...[...endless, "--history-max", String(inputs.maxHistory)],
        ...(inputs.description ? ["--description", inputs.description] : []),
        ...(inputs.skipAwait ? [] : ["--wait"]),
        ...inputs.flags,
    ];
}

/** Facts of the cluster that a chart can ask about. Rendering alone, Helm would assume what it was built with. */
export interface Capabilities {
    /** E.g. `v1.36.3`. */
    version: string;
    /** E.g. `cert-manager.io/v1`, `cert-manager.io/v1/Certificate`. */
    apis: string[];
}

/** The arguments of `helm` that render a release as it would be installed or upgraded, with look-ups in the cluster. */
export function templateArgs(inputs: ReleaseInputs, upgrade: boolean, { version, apis }: Capabilities): string[] {
    return [
        ...["template", ...chartArgs(inputs), "--dry-run=server", "--kube-version", version],
        ...(apis.length > 0 ? ["--api-versions", apis.join(",")] : []),
        ...(upgrade ? ["--is-upgrade"] : []),
    ];
}
