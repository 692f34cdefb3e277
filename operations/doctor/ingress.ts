import type { PlatformConfig } from "../../config/schema";
import type { KubeObject } from "../../kubernetes/client";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import type { Check } from "./check";
import { named } from "./objects";

const defaultClass = "ingressclass.kubernetes.io/is-default-class";

/** Findings on who takes the Ingresses, and whether its pods are where policies let it in from. */
export function ingressFindings(
    stack: string,
    { ingress }: Pick<PlatformConfig, "ingress">,
    { classes, pods }: { classes: KubeObject[]; pods: KubeObject[] },
): Finding[] {
    if (Object.values(ingress.hosts).every((host) => host === undefined)) return [];
    const id = "DP-NETWORK-006";
    const set = (key: string, value: string) =>
        `pulumi config set --stack ${stack} --path 'data-platform:ingress.${key}' ${value}`;
    const there = `there are ${named(classes.map(({ metadata }) => metadata.name)) || "none"}`;
    const usual = classes.filter(({ metadata }) => metadata.annotations?.[defaultClass] === "true");
    const { className, controllerNamespace } = ingress;
    const classFinding =
        className === undefined
            ? usual.length > 0
                ? passed(
                      id,
                      "ingress.className",
                      `is the cluster's default, ${named(usual.map(({ metadata }) => metadata.name))}`,
                  )
                : finding(
                      id,
                      "error",
                      "ingress.className",
                      `is missing, and the cluster has no default IngressClass; ${there}`,
                      set("className", "<class>"),
                  )
            : classes.some(({ metadata }) => metadata.name === className)
              ? passed(id, "ingress.className", `${className} is there`)
              : finding(
                    id,
                    "error",
                    "ingress.className",
                    `"${className}" is no IngressClass of the cluster; ${there}`,
                    set("className", "<class>"),
                );
    const controller =
        pods.length > 0 || ingress.from
            ? passed(
                  id,
                  "ingress.controllerNamespace",
                  `${controllerNamespace} has ${pods.length} pods${ingress.from ? `; ${named(ingress.from)} may come in, too` : ""}`,
              )
            : finding(
                  id,
                  "warning",
                  "ingress.controllerNamespace",
                  `${controllerNamespace} has no pods, and no other may reach the pages`,
                  `${set("controllerNamespace", "<namespace>")}, or for a load balancer that goes straight to pods ${set("from[0]", "<its subnet>")}`,
              );
    return [classFinding, controller];
}

export const ingressChecks = (stack: string): Check[] => [
    {
        what: "who takes the Ingresses",
        needs: ["cluster", "config"],
        run: async ({ cluster, config }) => {
            const [classes, pods] = await Promise.all([
                cluster.list("networking.k8s.io/v1", "IngressClass"),
                cluster.list("v1", "Pod", { namespace: config.ingress.controllerNamespace }),
            ]);
            return ingressFindings(stack, config, { classes, pods });
        },
    },
];
