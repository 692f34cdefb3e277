import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { KubeClient, KubeObject } from "../../kubernetes/client";
import { Manifest } from "../../kubernetes/objects";
import { outputDir } from "../../lib/paths";
import { run } from "../../lib/exec";
import { ControlPlane } from "../../sandbox/cluster/control-plane";
import { prepareCharts } from "../../tools/charts";
import { type ToolName, tools } from "../../tools";
import { certManagerObjects, certManagerRelease, localCertManager } from "./cert-manager";
import { until } from "./handshake";

export const parts = ["controller", "webhook", "cainjector", "startupapicheck"] as const;
export type Part = (typeof parts)[number];
export const programOf = (part: Part): ToolName => `cert-manager-${part}`;

/** The namespace of the programs' own objects. */
const namespace = "cert-manager";

/** cert-manager's programs as processes beside an API server, with the arguments that the chart gives them. */
export class CertManagerPrograms {
    private readonly running = new Map<Part, ChildProcess>();

    private constructor(
        readonly binaries: Record<string, string>,
        readonly manifests: Manifest[],
    ) {}

    static async prepare(): Promise<CertManagerPrograms> {
        await prepareCharts();
        const binaries = await tools(parts.map(programOf));
        return new CertManagerPrograms(binaries, await certManagerObjects(certManagerRelease(localCertManager)));
    }

    /** Applies the definitions of an operator that lie in the checkout, and waits until its kinds are served. */
    static async define(kube: KubeClient, operator: string): Promise<void> {
        const folder = join(outputDir, "crds", operator);
        const definitions = readdirSync(folder).map(
            (file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as KubeObject,
        );
        for (const definition of definitions) await kube.apply(definition, { force: true });
        await until(`the definitions of ${operator} are served`, 60, () =>
            Promise.all(
                definitions.map(({ spec }) => {
                    const { group, names, versions } = spec as {
                        group: string;
                        names: { kind: string };
                        versions: { name: string }[];
                    };
                    return kube.list(`${group}/${versions[0].name}`, names.kind);
                }),
            ).then(() => true),
        );
    }

    /** The arguments of the chart for a part, as the kubelet would fill them in. */
    argsOf(part: Part): string[] {
        const [{ args = [] }] = this.manifests
            .filter(({ kind }) => ["Deployment", "Job"].includes(kind))
            .map(
                ({ spec }) =>
                    (spec as { template: { spec: { containers: { name: string; args?: string[] }[] } } }).template,
            )
            .map(({ spec }) => spec.containers[0])
            .filter(({ name }) => name === `cert-manager-${part}`);
        return args.map((arg) => arg.replaceAll("$(POD_NAMESPACE)", namespace));
    }

    /** @param dir Where its log goes. */
    start(part: Part, { kubeconfig }: ControlPlane, dir: string, ...more: string[]): void {
        const log = openSync(join(dir, `${part}.log`), "a");
        const args = [...this.argsOf(part), `--kubeconfig=${kubeconfig}`, ...more];
        this.running.set(part, spawn(this.binaries[programOf(part)], args, { stdio: ["ignore", log, log] }));
        closeSync(log);
    }

    async end(part: Part): Promise<void> {
        const process = this.running.get(part);
        this.running.delete(part);
        if (!process || process.exitCode !== null) return;
        process.kill("SIGTERM");
        await once(process, "exit");
    }

    async endAll(): Promise<void> {
        for (const part of parts) await this.end(part);
    }

    /** The chart's own check of whether the webhook is asked. */
    check({ kubeconfig }: ControlPlane) {
        return run(
            this.binaries[programOf("startupapicheck")],
            [...this.argsOf("startupapicheck"), `--kubeconfig=${kubeconfig}`, "--wait=0s"],
            { env: { POD_NAMESPACE: namespace } },
        );
    }

    /** The chart's webhook configurations, for a webhook that listens on a port of this machine. */
    configurations(port: number): KubeObject[] {
        return this.manifests
            .filter(({ kind }) => kind.endsWith("WebhookConfiguration"))
            .map((manifest) => {
                const { webhooks } = manifest as unknown as {
                    webhooks: { clientConfig: { service: { path: string } } }[];
                };
                const here = webhooks.map(({ clientConfig, ...rest }) => ({
                    ...rest,
                    clientConfig: { url: `https://localhost:${port}${clientConfig.service.path}` },
                }));
                return { ...manifest, webhooks: here } as unknown as KubeObject;
            });
    }
}
