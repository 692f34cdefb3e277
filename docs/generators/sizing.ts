import { parse } from "../../config/parse";
import { profiles } from "../../config/profiles";
import { quotaOf } from "../../config/quotas";
import { PlatformConfig, Profile, profileNames } from "../../config/schema";
import { formatQuantity, Sums, sums } from "../../config/sizing";
import { parts } from "../../config/sizing/parts";
import { Part } from "../../config/sizing/part";
import { table } from "./table";

/** The page of what each profile asks of a cluster, out of config/sizing/. */
export function sizingPage(): string {
    const configs = profileNames.map((profile) => [profile, configOf(profile)] as const);
    return [
        head,
        "## All together",
        table(
            ["Profile", "CPU requested", "Memory requested", "Memory limits", "Pods", "Volumes"],
            configs.map(([profile, config]) => [profile, ...totals(sums(always(config), { rollout: false }))]),
        ),
        tail,
        ...configs.flatMap(([profile, config]) => [`## ${profile}`, parted(config), "Quotas:", quotas(config)]),
    ]
        .join("\n\n")
        .concat("\n");
}

const head = `# Sizing

<!-- Written by \`make docs\` out of config/sizing/; a test compares, and another holds it to what is rendered. -->

What each profile asks of a cluster, by the defaults of config/profiles.ts; a stack file may say otherwise.`;

const tail = `Tasks and jobs come on top, as many as there is work for; the namespaces' quotas are where they end. CPU has no limits: it
would be throttled below what a node has free. Requests are what the scheduler sets aside; what the parts really take on a small
machine is on [its own page](sandbox.md).`;

function configOf(profile: Profile): PlatformConfig {
    // Sizes don't depend on where charts come from, and those of the sandbox may not be prepared yet.
    const { charts } = profiles.dev;
    return parse({ profile, charts, images: { registry: "registry.example.com/data-platform" } }, profile);
}

/** Parts that are there all the time. */
function always(config: PlatformConfig): Part[] {
    return parts(config).filter(({ onDemand, once }) => !onDemand && !once);
}

function parted(config: PlatformConfig): string {
    return table(
        ["Namespace", "What", "Pods", "CPU", "Memory", "Memory limit", "Volume"],
        parts(config)
            .filter(({ once }) => !once)
            .map(({ system, name, pods, resources: { requests, limits }, storage = "", onDemand }) => [
                system,
                name,
                onDemand ? `up to ${pods}` : String(pods),
                ...[requests.cpu, requests.memory, limits.memory, storage],
            ]),
    );
}

function quotas(config: PlatformConfig): string {
    const names = [...new Set(parts(config).map(({ system }) => system))];
    const rows = names.map((system) => {
        const hard = quotaOf(config, system);
        return [
            system,
            ...["requests.cpu", "requests.memory", "limits.memory", "pods", "requests.storage"].map((key) => hard[key]),
        ];
    });
    return table(["Namespace", "CPU", "Memory", "Memory limits", "Pods", "Volumes"], rows);
}

function totals(of: Sums): string[] {
    return (["cpu", "memory", "memoryLimit", "pods", "storage"] as const).map((key) => formatQuantity(key, of[key]));
}
