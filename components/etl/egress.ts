import { isIP } from "node:net";

import { z } from "zod";

import { cidr } from "../../config/addresses";
import { port } from "../../config/units";
import { namedHostProblem } from "../../config/values/hosts";
import type { NamedHost, NamespaceRef } from "../contracts";
import { entries, type Rule } from "../declarations/declaration";
import { ruled } from "../declarations/types";
import { egressReason } from "../labels";
import type { EtlArgs, EtlEgress } from "./args";

// Rules of the targets outside of the platform, which all forms of a workload have.

/** Reason why somebody may be let out so far. */
const reason = z.string().trim().min(10).max(200);

export const egressType = z.array(
    z.strictObject({
        cidr: cidr.optional(),
        host: ruled(namedHostProblem).optional(),
        port: port.optional(),
        reason: reason.optional(),
    }),
);

/** The widest ranges that need no reason, by their bits. */
const widest = { 4: 8, 6: 24 };

/** Tells whether a range is so wide that it stands for the whole internet, or a good part of it. */
function isWide(range: string): boolean {
    const [address, bits] = range.split("/");
    return Number(bits) < widest[isIP(address) === 6 ? 6 : 4];
}

/** @param where The namespace that its pods are in. */
export function egressRules<Args extends Pick<EtlArgs, "egress">>(where: (args: Args) => NamespaceRef): Rule<Args>[] {
    return [
        {
            of: ["egress"],
            problems: (args) =>
                entries(args.egress).flatMap(([each, index]) =>
                    targetProblems(each, where(args)).map(({ field, message }) => ({
                        argument: [`egress[${index}]`, ...(field ? [field] : [])].join("."),
                        message,
                    })),
                ),
        },
    ];
}

type Target = { cidr?: string; host?: string; port?: number; reason?: string };

function targetProblems(target: Target, namespace: NamespaceRef): { field?: string; message: string }[] {
    const { cidr: range, host, port: given, reason: why } = target;
    if ((range === undefined) === (host === undefined)) {
        return [
            {
                message:
                    'names either a host, { host: "api.example.com" }, or addresses, { cidr: "203.0.113.0/24", port: 443 }',
            },
        ];
    }
    if (host !== undefined) {
        return namespace.egress
            ? []
            : [
                  {
                      field: "host",
                      message:
                          "can't be opened: the workload's namespace has no ways out by name; hand on the namespace that index.ts and workloads/own have",
                  },
              ];
    }
    return [
        ...(given === undefined
            ? [{ field: "port", message: "is missing; a range of addresses is opened on one port" }]
            : []),
        ...(range !== undefined && isWide(range) && why === undefined
            ? [
                  {
                      field: "reason",
                      message: `is missing: ${range} is the internet or a good part of it, where anything may be sent; name the host, { host: "api.example.com" }, or say why here`,
                  },
              ]
            : []),
    ];
}

/** Tells whether a target is a host by its name. */
export function isNamed(target: EtlEgress): target is NamedHost {
    return "host" in target;
}

/** Reasons of a workload's wide ways out, beside its policy, where the change of a pull request shows them. */
export function egressReasons({ egress = [] }: { egress?: EtlEgress[] }): { annotations?: Record<string, string> } {
    const said = egress.flatMap((each) =>
        !isNamed(each) && each.reason ? [`${each.cidr} port ${each.port}: ${each.reason}`] : [],
    );
    return said.length > 0 ? { annotations: { [egressReason]: said.join("; ") } } : {};
}
