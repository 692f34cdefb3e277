import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import packageJson from "../../package.json";
import { findPulumi, pinned } from "../../engine/pulumi/find";
import { run } from "../../lib/exec";
import { repoRoot } from "../../lib/paths";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import { requestTimeoutMs } from "./cluster-reader";

/** Facts of this machine that an update needs. */
export interface ToolFacts {
    /** E.g. `22.23.3`. */
    node: string;
    /** Range that package.json asks for, e.g. `>=22`. */
    wantedNode: string;
    /** The Pulumi CLI. Absent: not at hand. */
    cli?: { path: string; version?: string };
    /** Range that Pulumi.yaml asks for, e.g. `>=3.265.0 <4.0.0`. */
    wantedCli: string;
    /** The built-in engine is meant, which needs no CLI. */
    builtin: boolean;
}

/** Looks at this machine. */
export async function toolFacts(builtin: boolean): Promise<ToolFacts> {
    const { requiredPulumiVersion } = parse(readFileSync(join(repoRoot, "Pulumi.yaml"), "utf8")) as {
        requiredPulumiVersion: string;
    };
    const path = findPulumi();
    const said = path ? await run(path, ["version"], { timeout: requestTimeoutMs }).catch(() => undefined) : undefined;
    return {
        node: process.versions.node,
        wantedNode: packageJson.engines.node,
        ...(path ? { cli: { path, version: said?.stdout.trim().replace(/^v/, "") } } : {}),
        wantedCli: requiredPulumiVersion,
        builtin,
    };
}

/** The way to the CLI. */
const getIt = `npx pulumi version   # downloads ${pinned}; without a way to get.pulumi.com: https://www.pulumi.com/docs/install`;

export function toolFindings({ node, wantedNode, cli, wantedCli, builtin }: ToolFacts): Finding[] {
    const nodes = satisfies(node, wantedNode)
        ? passed("DP-TOOLS-001", "Node", node)
        : finding(
              "DP-TOOLS-001",
              "error",
              "Node",
              `${node} is not ${wantedNode}, as package.json asks for`,
              "make packages && export PATH=$PWD/node_modules/.bin:$PATH",
          );
    if (!cli) {
        const message = "is not on the PATH, and was not downloaded by the npm package before";
        const without = finding("DP-TOOLS-002", "info", "the Pulumi CLI", `${message}; the built-in engine needs none`);
        const needed = finding("DP-TOOLS-002", "warning", "the Pulumi CLI", message, getIt);
        return [nodes, builtin ? without : needed];
    }
    const { path, version } = cli;
    const fix = getIt;
    if (!version) {
        return [nodes, finding("DP-TOOLS-002", "error", "the Pulumi CLI", `${path} doesn't tell its version`, fix)];
    }
    return [
        nodes,
        satisfies(version, wantedCli)
            ? passed("DP-TOOLS-003", "the Pulumi CLI", `${version}${version === pinned ? "" : ` (pinned: ${pinned})`}`)
            : finding(
                  "DP-TOOLS-003",
                  "error",
                  "the Pulumi CLI",
                  `${version} (${path}) is not ${wantedCli}, as Pulumi.yaml asks for`,
                  fix,
              ),
    ];
}

/** Tells whether a version is within a range of comparisons, all of which hold, such as `>=3.2.0 <4.0.0`. */
export function satisfies(version: string, range: string): boolean {
    return range.split(/\s+/).every((part) => {
        const [, sign = "=", wanted] = /^(>=|<=|>|<|=)?v?(.+)$/.exec(part) ?? [];
        const order = compareVersions(version, wanted ?? "");
        if (sign === ">=") return order >= 0;
        if (sign === "<=") return order <= 0;
        if (sign === ">") return order > 0;
        return sign === "<" ? order < 0 : order === 0;
    });
}

/** Below zero when the first is older; parts that one lacks count as zero, what follows a dash doesn't count. */
export function compareVersions(one: string, other: string): number {
    const numbers = (version: string) =>
        version
            .replace(/^v/, "")
            .split(/[-+]/)[0]
            .split(".")
            .map((part) => parseInt(part, 10) || 0);
    const [first, second] = [numbers(one), numbers(other)];
    const place = [0, 1, 2].find((index) => (first[index] ?? 0) !== (second[index] ?? 0));
    return place === undefined ? 0 : (first[place] ?? 0) - (second[place] ?? 0);
}
