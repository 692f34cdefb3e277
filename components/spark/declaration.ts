import { z } from "zod";

import { cpu, javaSize, size } from "../../config/units";
import { timeZone } from "../../config/texts";
import { labelNameProblem } from "../../config/values/names";
import { quantity } from "../../config/values/quantity";
import { scheduleProblem } from "../../config/values/schedule";
import type { ArgumentProblem, Declaration, Rule } from "../declarations/declaration";
import { count, handle, image, input, objectName, ruled, seconds } from "../declarations/types";
import { bothIn, ownedVariables, secretsIn } from "../etl/environment";
import { secretRules } from "../etl/secret-files";
import { volumeRules } from "../etl/volumes";
import { egressRules } from "../etl/egress";
import { podRules } from "../etl/pod-args";
import { devices } from "../etl/resources";
import { concurrencyPolicy, placed, systemRules, tolerationRule } from "../etl/declaration";
import type { EtlVolume } from "../etl/args";
import type { SparkBatchArgs } from "./args";
import { authPlace } from "./conf";
import { confProblems } from "./owned-conf";
import { scratchPlace, type SparkSize } from "./size";

// Rules of the arguments of a Spark job, held before anything is made.

const sized = {
    cores: count.min(1).optional(),
    cpu: cpu.optional(),
    cpuLimit: cpu.optional(),
    memory: javaSize,
    memoryOverhead: javaSize.optional(),
    devices: devices.optional(),
    ephemeralStorage: size.optional(),
    scratch: z.strictObject({ sizeLimit: size, storageClass: objectName.optional() }).optional(),
};

const file = ruled((text) =>
    /^[A-Za-z0-9][A-Za-z0-9+.-]*:\/\/?[\x21-\x7e]+$|^\/[\x21-\x7e]+$/.test(text)
        ? undefined
        : 'must be the address of a program, such as "local:///opt/spark/jobs/gold.py" for one in the image',
);

const type = z.object({
    ...placed,
    runtime: handle("the runtime of Spark, such as the SparkJobs of index.ts"),
    mainApplicationFile: file,
    mainClass: z.string().min(1).optional(),
    arguments: z.array(input(z.string())).optional(),
    driver: z.object(sized),
    executor: z.object({ ...sized, instances: count.min(1).optional() }),
    dynamicAllocation: z.object({ min: count, max: count.min(1) }).optional(),
    conf: z.record(z.string(), z.string()).optional(),
    retries: count.optional(),
    timeout: seconds.optional(),
    short: z.boolean().optional(),
    schedule: ruled((text) => scheduleProblem(text, "kubernetes")).optional(),
    timeZone: timeZone.optional(),
    concurrencyPolicy: concurrencyPolicy.optional(),
    mode: z.enum(["run", "template"]).optional(),
    eventLog: z.boolean().optional(),
    keepFinished: seconds.optional(),
    image: image.optional(),
});

/** Volumes of the platform's own, as far as an author may get in their way. */
const ownVolumes: EtlVolume[] = [authPlace, scratchPlace].map((place) => ({ ...place, kind: "scratch" }));

const rules: Rule<SparkBatchArgs>[] = [
    { of: ["store"], problems: confProblems },
    { of: ["driver"], problems: ({ driver }) => sizeProblems("driver", driver) },
    { of: ["executor"], problems: ({ executor }) => sizeProblems("executor", executor) },
    {
        of: ["executor", "dynamicAllocation"],
        problems: ({ executor, dynamicAllocation: dynamic }) => [
            ...(executor.instances !== undefined && dynamic
                ? [
                      {
                          argument: "executor.instances",
                          message: "is there, and dynamicAllocation too; leave one of both out",
                      },
                  ]
                : []),
            ...(dynamic && dynamic.min > dynamic.max
                ? [
                      {
                          argument: "dynamicAllocation.min",
                          message: `${dynamic.min} is more than dynamicAllocation.max ${dynamic.max}; raise max or lower min`,
                      },
                  ]
                : []),
        ],
    },
    {
        of: ["mode", "schedule"],
        problems: ({ mode, schedule }) =>
            mode === "template" && schedule !== undefined
                ? [
                      {
                          argument: "schedule",
                          message:
                              "is there, and the job is a template, so its DAG has the schedule; leave it out here",
                      },
                  ]
                : [],
    },
    {
        of: ["concurrencyPolicy", "schedule"],
        problems: ({ concurrencyPolicy: policy, schedule }) =>
            policy !== undefined && schedule === undefined
                ? [
                      {
                          argument: "concurrencyPolicy",
                          message: "is there without a schedule, and then nothing comes twice; leave it out",
                      },
                  ]
                : [],
    },
    tolerationRule<SparkBatchArgs>(),
    ...podRules<SparkBatchArgs>(),
    ...egressRules<SparkBatchArgs>(({ runtime }) => runtime.namespace),
    ...systemRules<SparkBatchArgs>(),
    {
        of: ["env", "secretEnv", "stream", "store", "egress"],
        problems: ({ env, secretEnv, stream, store, egress }) => [
            ...secretsIn("env", env),
            ...bothIn("", { env, secretEnv }),
            ...ownedVariables("env", env, { stream, store, egress }),
            ...ownedVariables("secretEnv", secretEnv, { stream, store, egress }),
        ],
    },
    ...volumeRules<SparkBatchArgs>(["stream", "store"], ownVolumes),
    ...secretRules<SparkBatchArgs>(
        ["runtime", "secretEnv", "secretFiles", "volumes", "stream", "store"],
        ({ runtime }) => runtime.namespace.name,
        ownVolumes,
    ),
];

function sizeProblems(
    argument: string,
    { cores = 1, cpu: request = String(cores), cpuLimit }: SparkSize,
): ArgumentProblem[] {
    return cpuLimit !== undefined && quantity(request) > quantity(cpuLimit)
        ? [
              {
                  argument: `${argument}.cpuLimit`,
                  message: `${cpuLimit} is less than what is kept for it, ${request}; raise it, or lower ${argument}.cpu`,
              },
          ]
        : [];
}

/** A Spark job as it is looked at. Of its driver's Service Kubernetes wants a letter first. */
export function batchDeclaration(name: string, args: SparkBatchArgs): Declaration<SparkBatchArgs> {
    const why = "the time of a run and the number of a pod are added to its name";
    const nameProblem = (text: string) => labelNameProblem(text, { letterFirst: true, most: 42, why });
    return { kind: "SparkBatch", name, args, nameProblem, type, rules, names };
}

function names(name: string, { runtime: { namespace } }: SparkBatchArgs): string[] {
    const policies = [`NetworkPolicy ${name}`, `NetworkPolicy ${name}-driver`];
    return [`ServiceAccount ${name}`, ...policies, `Secret ${name}-spark-auth`].map(
        (object) => `${namespace.name}: ${object}`,
    );
}
