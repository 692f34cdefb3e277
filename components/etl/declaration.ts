import { z } from "zod";

import { toleration } from "../../config/sections/scheduling";
import { labelValue, metadataKey, timeZone } from "../../config/texts";
import { port } from "../../config/units";
import { labelNameProblem } from "../../config/values/names";
import { tolerationProblems } from "../../config/values/tolerations";
import { overLimits } from "../../config/values/quantity";
import { scheduleProblem } from "../../config/values/schedule";
import { asking, entries, type Declaration, type Rule } from "../declarations/declaration";
import { command, count, handle, image, input, priority, pullPolicy, ruled, seconds } from "../declarations/types";
import type { EtlArgs, EtlRunArgs } from "./args";
import type { EtlCronJobArgs } from "./cron-job";
import { egressRules, egressType } from "./egress";
import { environmentRules, variables } from "./environment";
import { scalingProblems } from "./scaling";
import type { EtlServiceArgs } from "./service";
import { podArgs, podRules } from "./pod-args";
import { resources } from "./resources";
import { secretKey } from "./own-secrets";
import { secretFiles, secretRules } from "./secret-files";
import { containerRules, initContainer, volume, volumeRules } from "./volumes";

// Rules of the arguments of a workload, held before anything is made; what breaks them is told with all other problems of the program.

/** A system in the name of an application. */
const used = (what: string) => z.object({ from: handle(what), as: z.string().min(1) }).optional();

/** Arguments about the place and the ways of a workload's pods, which Spark's have too. */
export const placed = {
    stream: used("the event stream"),
    store: used("the object store"),
    env: variables.optional(),
    secretEnv: z.record(variables.keyType, secretKey).optional(),
    secretFiles: secretFiles.optional(),
    volumes: z.array(volume).optional(),
    ...podArgs,
    egress: egressType.optional(),
    placements: z.object({
        critical: handle("a placement of the stack's").optional(),
        batch: handle("a placement of the stack's").optional(),
    }),
    priority: priority.optional(),
    nodeSelector: z.record(metadataKey, labelValue).optional(),
    tolerations: z.array(toleration).optional(),
};

const etl = {
    ...placed,
    namespace: z.object({ name: ruled(labelNameProblem), ready: handle("an output, which waits for the namespace") }),
    image,
    pullPolicy: pullPolicy.optional(),
    command,
    args: z.array(input(z.string())).optional(),
    initContainers: z.array(initContainer).optional(),
    resources,
    tracking: used("the tracking server"),
    database: used("a database"),
    services: z.array(handle("a service")).optional(),
    user: count.min(1).optional(),
};

const run = { ...etl, retries: count.optional(), timeout: seconds.optional() };

/** Policy about a run that is due while another one is going on. */
export const concurrencyPolicy = z.enum(["Forbid", "Replace", "Allow"]);

const cronJob = {
    ...run,
    schedule: ruled((text) => scheduleProblem(text, "kubernetes")),
    timeZone: timeZone.optional(),
    suspend: z.boolean().optional(),
    concurrencyPolicy: concurrencyPolicy.optional(),
    // Kubernetes looks every ten seconds: what may be late by less may never run.
    startingDeadline: seconds.min(10).optional(),
};

const service = {
    ...etl,
    replicas: z.number().optional(),
    port: port.optional(),
    probe: z.union([z.object({ path: ruled(pathProblem) }), z.object({ command })], {
        error: 'must be { path: "/…" }, which is asked for by HTTP, or { command: ["…"] }',
    }),
    startTimeout: seconds.optional(),
    autoscale: z
        .object({
            min: z.number(),
            max: z.number(),
            targetCpu: z.number().optional(),
            lag: z
                .object({
                    topic: z.string(),
                    group: z.string(),
                    messages: z.number().optional(),
                    start: z.enum(["earliest", "latest"]).optional(),
                    keda: handle("the cluster's autoscaler, plane.operators.keda"),
                })
                .optional(),
        })
        .optional(),
};

function pathProblem(path: string): string | undefined {
    return /^\/[\x21-\x7e]*$/.test(path) ? undefined : 'must be a path such as "/healthz", which begins with a slash';
}

/** Rules of all forms. */
const rules: Rule<EtlArgs>[] = [
    {
        of: ["resources"],
        problems: (args) =>
            overLimits(args.resources).map(({ path, message }) => ({
                argument: `resources.${path.join(".")}`,
                message: `${message}; lower it or raise resources.limits.${path[1]}`,
            })),
    },
    {
        of: ["placements", "priority"],
        problems: ({ placements, priority: chosen = "batch" }) =>
            (placements[chosen] as object | undefined)
                ? []
                : [
                      {
                          argument: "placements",
                          message: `has no "${chosen}"; hand on what placements(config.scheduling) gives`,
                      },
                  ],
    },
    tolerationRule<EtlArgs>(),
    ...podRules<EtlArgs>(),
    ...egressRules<EtlArgs>(({ namespace }) => namespace),
    ...systemRules<EtlArgs>(),
    {
        of: ["tracking"],
        problems: ({ tracking: use }) => asked("tracking", use, ({ from, as }) => from.credentials(as)),
    },
    {
        of: ["database"],
        problems: ({ database: use }) => asked("database", use, ({ from, as }) => from.credentials(as)),
    },
    ...environmentRules,
    ...volumeRules<EtlArgs>(["stream", "store", "tracking", "database"]),
    ...containerRules,
    ...secretRules<EtlArgs>(
        [
            "namespace",
            "secretEnv",
            "secretFiles",
            "volumes",
            "initContainers",
            "stream",
            "store",
            "tracking",
            "database",
        ],
        ({ namespace }) => namespace.name,
    ),
];

/** Tolerations as the API server takes them. */
export function tolerationRule<Args extends Pick<EtlArgs, "tolerations">>(): Rule<Args> {
    return {
        of: [],
        problems: ({ tolerations }) =>
            entries(tolerations).flatMap(([each, index]) =>
                tolerationProblems(each).map(({ path, message }) => ({
                    argument: [`tolerations[${index}]`, ...path].join("."),
                    message,
                })),
            ),
    };
}

/** The systems know the applications in whose names they are used. */
export function systemRules<Args extends Pick<EtlArgs, "stream" | "store">>(): Rule<Args>[] {
    return [
        { of: ["stream"], problems: ({ stream: use }) => asked("stream", use, ({ from, as }) => from.user(as)) },
        {
            of: ["store"],
            problems: ({ store: use }) =>
                asked("store", use, ({ from, as }) => from.credentials(as) ?? from.identity(as)),
        },
    ];
}

function asked<Use>(argument: string, use: Use | undefined, ask: (use: Use) => unknown) {
    return use === undefined ? [] : asking(`${argument}.as`, () => ask(use));
}

/** Names of the objects that a workload makes for its pods. */
function names(name: string, { namespace }: EtlArgs): string[] {
    return ["ServiceAccount", "NetworkPolicy"].map((kind) => `${namespace.name}: ${kind} ${name}`);
}

const jobType = z.object(run);
const cronJobType = z.object(cronJob);
const serviceType = z.object(service);

/** An EtlJob as it is looked at. */
export function jobDeclaration(name: string, args: EtlRunArgs): Declaration<EtlRunArgs> {
    const nameProblem = (text: string) =>
        labelNameProblem(text, { most: 54, why: "a hash of what it runs is added to its name" });
    return { kind: "EtlJob", name, args, nameProblem, type: jobType, rules, names };
}

/** An EtlTask as it is looked at. */
export function taskDeclaration(name: string, args: EtlRunArgs): Declaration<EtlRunArgs> {
    return { kind: "EtlTask", name, args, nameProblem: labelNameProblem, type: jobType, rules, names };
}

/** An EtlCronJob as it is looked at. */
export function cronJobDeclaration(name: string, args: EtlCronJobArgs): Declaration<EtlCronJobArgs> {
    const nameProblem = (text: string) =>
        labelNameProblem(text, { most: 52, why: "the time of each run is added to its name" });
    return { kind: "EtlCronJob", name, args, nameProblem, type: cronJobType, rules, names };
}

/** An EtlService as it is looked at. Of a Service Kubernetes wants a letter first. */
export function serviceDeclaration(name: string, args: EtlServiceArgs): Declaration<EtlServiceArgs> {
    const nameProblem = (text: string) => labelNameProblem(text, { letterFirst: true });
    return { kind: "EtlService", name, args, nameProblem, type: serviceType, rules: serviceRules, names: serviceNames };
}

function serviceNames(name: string, args: EtlServiceArgs): string[] {
    const { autoscale, stream } = args;
    const scaler = autoscale?.lag && stream ? [`${stream.from.peer.namespace}: NetworkPolicy ${name}-scaler`] : [];
    return [...names(name, args), ...scaler];
}

const serviceRules: Rule<EtlServiceArgs>[] = [
    ...rules,
    { of: ["replicas", "autoscale", "stream", "resources"], problems: scalingProblems },
    {
        of: ["probe", "port"],
        problems: ({ probe, port: given }) =>
            "path" in probe && given === undefined
                ? [
                      {
                          argument: "port",
                          message: `is missing, and the probe asks for "${probe.path}" by HTTP; give the workload one`,
                      },
                  ]
                : [],
    },
];
