// What would keep an update of a stack from going well, found before it. Reads only.
import type { PlatformConfig } from "../../config/schema";
import { platformConfig, readStackConfig, readStackFile, stackFile } from "../../program/stack-config";
import { renderError, UserError } from "../../lib/errors";
import { repositoryOf } from "../../images/inventory/reference";
import { openEngine } from "../../engine/open";
import type { Engine, EngineChoice, StackState } from "../../engine/engine";
import type { Finding } from "../findings";
import { connect } from "../../kubernetes/connect";
import { holderOf } from "../recover/holder";
import { accessChecks } from "./access";
import { admissionChecks } from "./admission";
import { catalog, finding } from "./catalog";
import { clusterChecks, connectionFindings } from "./cluster";
import { backendFindings, configErrorFindings, secretFindings } from "./config";
import { type Declared, declaredByProgram, type DeclaredOptions, declaredWithCharts } from "./declared";
import { dnsChecks } from "./dns";
import { crdChecks } from "./definitions";
import { type MissingInputs, type Check, runChecks, type CheckContext } from "./check";
import { ingressChecks } from "./ingress";
import { machineChecks } from "./machines";
import { namespaceChecks } from "./namespaces";
import { networkChecks } from "./network";
import { networkPluginChecks } from "./network-plugin";
import { inTime, requestTimeoutMs, CachedReader } from "./cluster-reader";
import { pullChecks } from "./pulls";
import { releaseChecks } from "./releases";
import { capacityChecks } from "./capacity";
import {
    chartFindings,
    definitionSourceFindings,
    imageFindings,
    probeCharts,
    probeDefinitions,
    probeImages,
} from "./sources";
import { stackChecks } from "./stack";
import { storageChecks } from "./storage";
import { toolFacts, toolFindings } from "./tools";
import { volumeChecks } from "./volumes";

export interface DoctorOptions extends DeclaredOptions {
    /** Leave out what needs a network beside the cluster: charts, CRDs, images. @default false */
    offline?: boolean;
    /** @default as kubectl has it */
    kubeconfig?: string;
    /** @default `kubernetes.context` of the stack, else the kubeconfig's current one */
    context?: string;
    /** Engine of the stack. @default auto */
    engine?: EngineChoice;
    /** Organization of Pulumi Cloud that the stack is of, where its name says one. */
    organization?: string;
    /** Another backend than the one that is configured, for tests. */
    backend?: Engine;
    /** Objects and releases of the stack, where they are known already. @default evaluated and rendered */
    declared?: Declared;
    /** Told what is under way. */
    note?: (text: string) => void;
    /** @default now */
    now?: Date;
}

/** Milliseconds that the backend has for an answer: the CLI starts plugins, and reads a bucket. */
const backendTimeoutMs = 3 * requestTimeoutMs;

/**
 * Looks at everything that would keep an update of a stack from going well: tools, config, backend, cluster, rights, storage,
 * CRDs, webhooks, releases, locks, namespaces, room, and whether charts and images can be had. Changes nothing. Each
 * question has a bound; what can't be asked is a finding, too.
 */
export async function doctor(options: DoctorOptions): Promise<Finding[]> {
    const { stack, note = () => undefined, now = new Date() } = options;
    const absent: MissingInputs = {};
    const { config, findings: configs } = readConfig(options);
    if (!config) absent.config = absent.declared = "the stack's config has to be mended first (DP-CONFIG)";
    note("asking backend and cluster");
    const [backend, cluster, program] = await Promise.all([
        reachBackend(options, config, now),
        reachCluster(options, config),
        config ? evaluate(options, config) : undefined,
    ]);
    // What is in the charts matters to the cluster only.
    const declared =
        program?.plain && cluster.questions ? await withCharts(options, program, note) : { findings: [] as Finding[] };
    if (backend.absent) absent.backend = absent.state = backend.absent;
    if (!cluster.questions) absent.cluster = "the cluster has to be reached first (DP-CLUSTER)";
    if (config && !program?.plain) absent.declared = "the program has to be evaluated first (DP-CONFIG)";
    const situation: Partial<CheckContext> = {
        config,
        declared: declared.declared,
        cluster: cluster.questions,
        backend: backend.backend,
        state: backend.state,
    };
    const builtin =
        options.engine === "builtin" || backend.backend?.kind === "builtin" || config?.profile === "sandbox";
    try {
        note("looking");
        const looked = await runChecks(checksFor(stack), situation, absent);
        return ordered([
            ...toolFindings(await toolFacts(builtin)),
            ...configs,
            ...(program?.findings ?? []),
            ...backend.findings,
            ...cluster.findings,
            ...looked,
            ...declared.findings,
        ]);
    } finally {
        cluster.questions?.kube.http.close();
    }
}

function checksFor(stack: string): Check[] {
    return [
        ...stackChecks(stack, holderOf),
        ...clusterChecks,
        ...machineChecks(stack),
        ...networkChecks(stack),
        ...dnsChecks(stack),
        ...networkPluginChecks,
        ...ingressChecks(stack),
        ...accessChecks(stack),
        ...storageChecks(stack),
        ...volumeChecks(stack),
        ...pullChecks(stack),
        ...crdChecks(stack),
        ...admissionChecks,
        ...releaseChecks(stack),
        ...namespaceChecks(stack),
        ...capacityChecks(stack),
    ];
}

/** By category, in the catalog's order. */
function ordered(findings: Finding[]): Finding[] {
    const categories = [...new Set(Object.values(catalog).map(({ category }): string => category))];
    return categories.flatMap((category) => findings.filter((each) => each.category === category));
}

function readConfig(options: DoctorOptions): { config?: PlatformConfig; findings: Finding[] } {
    const { stack, config: given, configFile = stackFile(stack) } = options;
    try {
        const config = platformConfig(given ? { values: given } : readStackConfig(configFile), stack);
        const { encryptionsalt, secretsprovider: provider } = given ? {} : readStackFile(configFile);
        const secrets = secretFindings({ stack, salted: encryptionsalt !== undefined, provider, env: process.env });
        const fine = finding("DP-CONFIG-001", "passed", `Pulumi.${stack}.yaml`, `is valid (profile ${config.profile})`);
        return { config, findings: [fine, ...secrets] };
    } catch (error) {
        return { findings: configErrorFindings(stack, error, "DP-CONFIG-001") };
    }
}

interface Reached {
    backend?: Engine;
    state?: StackState;
    absent?: string;
    findings: Finding[];
}

async function reachBackend(options: DoctorOptions, config: PlatformConfig | undefined, now: Date): Promise<Reached> {
    const { stack } = options;
    // The sandbox's own stack is the built-in engine's wherever there is no CLI.
    const sandbox = config?.profile === "sandbox" && (options.engine ?? "auto") === "auto";
    let backend: Engine;
    try {
        backend =
            options.backend ??
            (await openEngine({ engine: options.engine, stack, organization: options.organization }));
    } catch (error) {
        if (!(error instanceof UserError)) throw error;
        if (sandbox) return reachBackend({ ...options, engine: "builtin" }, config, now);
        // That the CLI isn't there is a finding of its own.
        return { absent: error.message, findings: [] };
    }
    try {
        const info = await inTime("the backend", backend.find(stack), backendTimeoutMs);
        const findings = backendFindings({ stack, backend: backend.name, kind: backend.kind, info, now });
        const none: StackState = { resources: [], pending: [] };
        const state = info ? await inTime("the stack's state", backend.state(stack), backendTimeoutMs) : none;
        return { backend, state, findings };
    } catch (error) {
        const { message, details }: Pick<UserError, "message" | "details"> =
            error instanceof UserError ? error : { message: renderError(error).split("\n")[0], details: {} };
        const fix = details.fix ?? "pulumi whoami --verbose   # which backend it is";
        return {
            absent: "the backend has to be reached first (DP-CONFIG-003)",
            findings: [finding("DP-CONFIG-003", "error", "the backend", `${backend.name}: ${message}`, fix)],
        };
    }
}

async function reachCluster(
    { stack, kubeconfig, context }: DoctorOptions,
    config: PlatformConfig | undefined,
): Promise<{ questions?: CachedReader; findings: Finding[] }> {
    try {
        const kube = await connect({
            kubeconfig,
            context: context ?? config?.kubernetes.context,
            timeoutMs: requestTimeoutMs,
        });
        return { questions: new CachedReader(kube), findings: [] };
    } catch (error) {
        return { findings: connectionFindings(stack, error) };
    }
}

/** Declarations of the program, and whether what they are made of can be had. */
interface Evaluated {
    plain?: Declared;
    /** Charts and CRDs can be fetched. */
    reachable?: boolean;
    findings: Finding[];
}

async function evaluate(options: DoctorOptions, config: PlatformConfig): Promise<Evaluated> {
    const { stack } = options;
    try {
        const plain = options.declared ?? (await declaredByProgram(options));
        if (!options.offline) return { plain, ...(await probeSources(options, plain, config)) };
        const fix = `data-platform doctor --stack ${stack}`;
        const what = "whether charts, definitions and images can be had: left out by --offline";
        return { plain, findings: [finding("DP-LOOK-001", "info", "", what, fix)] };
    } catch (error) {
        return { findings: configErrorFindings(stack, error, "DP-CONFIG-002") };
    }
}

/** Declarations of the stack, the inside of its charts included as far as they can be had. */
async function withCharts(
    options: DoctorOptions,
    { plain, reachable = false }: Evaluated,
    note: (text: string) => void,
): Promise<{ declared?: Declared; findings: Finding[] }> {
    if (options.declared || !plain) return { declared: options.declared, findings: [] };
    note("rendering the charts");
    const declared = await declaredWithCharts(options, plain, reachable, note);
    const findings = declared.closed.map(({ release, reason }) =>
        finding("DP-LOOK-001", "info", `the inside of Release ${release}`, reason),
    );
    return { declared, findings };
}

async function probeSources(
    of: DeclaredOptions,
    { releases }: Declared,
    config: PlatformConfig,
): Promise<Required<Pick<Evaluated, "reachable" | "findings">>> {
    const { registry, pullPolicy } = config.images;
    const ours = (image: string) => repositoryOf(image).startsWith(`${registry}/`);
    // Who never pulls has put them on the nodes.
    const skip = (image: string) => pullPolicy === "Never" && ours(image);
    const [charts, definitions, images] = await Promise.all([
        probeCharts(releases),
        probeDefinitions(config),
        probeImages(of, skip).catch((error: unknown) => refusedBy(error)),
    ]);
    const unknown = images instanceof UserError;
    return {
        reachable: [...charts, ...definitions].every(({ found }) => found === "there"),
        findings: [
            ...chartFindings(of.stack, charts, config.charts),
            ...definitionSourceFindings(of.stack, definitions),
            ...(unknown
                ? [finding("DP-LOOK-001", "info", "images", images.message, images.details.fix)]
                : imageFindings(of.stack, images, ours)),
        ],
    };
}

/** Error of the table of charts' images: what it doesn't know keeps no update from going well. */
function refusedBy(error: unknown): UserError {
    if (error instanceof UserError) return error;
    throw error;
}
