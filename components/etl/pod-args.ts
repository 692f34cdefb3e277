import { isIP } from "node:net";

import * as k8s from "@pulumi/kubernetes";
import { z } from "zod";

import { annotations } from "../../config/free-maps";
import { annotationProblem } from "../../config/rules/annotations";
import { metadataKey } from "../../config/texts";
import { size } from "../../config/units";
import { objectNameProblem } from "../../config/values/names";
import type { ArgumentProblem, Rule } from "../declarations/declaration";
import { count, ruled } from "../declarations/types";
import { audienceOf } from "../identity";
import { selectorLabels } from "../labels";
import type { EtlArgs } from "./args";
import { identityOf } from "./bindings";

/** Pods of a workload apart from each other. */
export interface EtlSpread {
    /** Label of nodes whose values are the places, such as `topology.kubernetes.io/zone`. */
    topologyKey: string;
    /** By how many pods two places may differ. @default 1 */
    maxSkew?: number;
    /** Where no place is left: start all the same, or wait. @default ScheduleAnyway */
    whenUnsatisfiable?: "ScheduleAnyway" | "DoNotSchedule";
}

/** Arguments about the pods themselves, of every form of workload. */
export interface EtlPodArgs {
    /** Size of `/tmp`, which goes with the pod. A volume of one's own at `/tmp` takes its place. @default 1Gi */
    tmpSize?: string;
    /** Further annotations of its pods, for others' programs. Those that the platform sets are refused; never a secret. @default none */
    podAnnotations?: Record<string, string>;
    /**
     * Annotations of its ServiceAccount, by which a cloud knows it: `eks.amazonaws.com/role-arn`, `azure.workload.identity/client-id`,
     * `iam.gke.io/gcp-service-account`. Never a secret. @default those of the object store's application
     */
    accountAnnotations?: Record<string, string>;
    /** Further lines of `/etc/hosts`; the way there is another matter (`egress`). @default none */
    hostAliases?: { ip: string; hostnames: string[] }[];
    /** @default over zones and nodes for an EtlService of several pods, none for others */
    topologySpread?: EtlSpread[];
}

const hostName = ruled((text) =>
    objectNameProblem(text) === undefined ? undefined : 'must be a host name in lower case, such as "erp.example.com"',
);

export const podArgs = {
    tmpSize: size.optional(),
    podAnnotations: annotations.optional(),
    accountAnnotations: annotations.optional(),
    hostAliases: z
        .array(
            z.strictObject({
                ip: ruled((text) => (isIP(text) ? undefined : 'must be an address such as "203.0.113.7"')),
                hostnames: z.array(hostName).min(1),
            }),
        )
        .optional(),
    topologySpread: z
        .array(
            z.strictObject({
                topologyKey: metadataKey,
                maxSkew: count.min(1).optional(),
                whenUnsatisfiable: z.enum(["ScheduleAnyway", "DoNotSchedule"]).optional(),
            }),
        )
        .optional(),
};

type Args = EtlPodArgs & Pick<EtlArgs, "volumes" | "store"> & Partial<Pick<EtlArgs, "identity">>;

/** Rules of those arguments. */
export function podRules<Own extends Args>(): Rule<Own>[] {
    return [
        {
            of: ["podAnnotations", "accountAnnotations", "store"] as (keyof Own & string)[],
            problems: (args) => [
                ...owned("podAnnotations", args.podAnnotations),
                ...owned("accountAnnotations", args.accountAnnotations),
                ...identityProblems(args),
            ],
        },
        {
            of: ["topologySpread"] as (keyof Own & string)[],
            problems: ({ topologySpread = [] }) =>
                topologySpread.flatMap(({ topologyKey }, index) =>
                    topologySpread.findIndex((other) => other.topologyKey === topologyKey) === index
                        ? []
                        : [
                              {
                                  argument: `topologySpread[${index}].topologyKey`,
                                  message: `"${topologyKey}" is there twice; leave one of both out`,
                              },
                          ],
                ),
        },
    ];
}

function owned(argument: string, given: Record<string, string> = {}): ArgumentProblem[] {
    return Object.entries(given).flatMap(([name, value]) => {
        const why = annotationProblem(name, value);
        return why ? [{ argument: `${argument}[${JSON.stringify(name)}]`, message: `${why}; take it out` }] : [];
    });
}

/** A pod is given a token for one audience besides, so that the admission policies know which. */
function identityProblems(args: Args): ArgumentProblem[] {
    const given = args.accountAnnotations;
    // Whether the store knows the application is told by another rule.
    const identity = given && args.store ? storeIdentity(args) : args.identity;
    if (!given || !identity) return [];
    const twice = Object.keys(given).filter((name) => Object.hasOwn(identity.annotations, name));
    const own = audienceOf(given);
    return [
        ...twice.map((name) => ({
            argument: `accountAnnotations[${JSON.stringify(name)}]`,
            message: "is set by the identity that the object store knows it by; leave it out",
        })),
        ...(own !== undefined && own !== identity.audience
            ? [
                  {
                      argument: "accountAnnotations",
                      message: `makes a token for ${own}, and the identity that the object store knows it by one for ${identity.audience}: a workload has one of both; divide it in two`,
                  },
              ]
            : []),
    ];
}

function storeIdentity(args: Args) {
    try {
        return identityOf(args);
    } catch {
        return undefined;
    }
}

/** The part of a pod's spec that those arguments say. */
export function podFields(
    name: string,
    { hostAliases, topologySpread }: EtlPodArgs,
): Partial<k8s.types.input.core.v1.PodSpec> {
    return {
        ...(hostAliases ? { hostAliases } : {}),
        ...(topologySpread
            ? {
                  topologySpreadConstraints: topologySpread.map(
                      ({ topologyKey, maxSkew = 1, whenUnsatisfiable = "ScheduleAnyway" }) => ({
                          ...{ maxSkew, topologyKey, whenUnsatisfiable },
                          labelSelector: { matchLabels: selectorLabels({ name }) },
                      }),
                  ),
              }
            : {}),
    };
}
