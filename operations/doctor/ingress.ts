import { type ControllerName, controllerNames, ingressControllers } from "../../config/ingress-controllers";
import type { PlatformConfig } from "../../config/schema";
import { controllerOf, hasHosts, proxiesOf } from "../../config/sections/ingress";
import type { KubeObject } from "../../kubernetes/client";
import { mapAt } from "../../kubernetes/objects";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import type { Check } from "./check";
import { gatewayFindings, gatewayKinds } from "./gateway";
import { named, text } from "./objects";

const id = "DP-NETWORK-006";
const defaultClass = "ingressclass.kubernetes.io/is-default-class";

/** Command that sets a key of the way in. */
const setter = (stack: string) => (key: string, value: string) =>
    `pulumi config set --stack ${stack} --path 'data-platform:ingress.${key}' ${value}`;

/** Findings on who takes the Ingresses, and whether its pods are where policies let it in from. */
export function ingressFindings(
    stack: string,
    { ingress }: Pick<PlatformConfig, "ingress">,
    { classes, pods }: { classes: KubeObject[]; pods: KubeObject[] },
): Finding[] {
    if (!hasHosts(ingress)) return [];
    const set = setter(stack);
    const there = `there are ${named(classes.map(({ metadata }) => metadata.name)) || "none"}`;
    const { className } = ingress;
    const chosen = classes.filter(({ metadata }) =>
        className === undefined ? metadata.annotations?.[defaultClass] === "true" : metadata.name === className,
    );
    const missing =
        className === undefined
            ? "is missing, and the cluster has no default IngressClass"
            : `"${className}" is no IngressClass of the cluster`;
    const classFinding =
        chosen.length === 0
            ? finding(id, "error", "ingress.className", `${missing}; ${there}`, set("className", "<class>"))
            : className === undefined
              ? passed(
                    id,
                    "ingress.className",
                    `is the cluster's default, ${named(chosen.map(({ metadata }) => metadata.name))}`,
                )
              : passed(id, "ingress.className", `${className} is there`);
    return [
        classFinding,
        ...controllerFindings(controllerOf(ingress), chosen, set),
        podsFinding(stack, { ingress }, pods, "the ingress controller"),
    ];
}

/** Whether the class belongs to the controller that is told how to speak TLS; another one reads none of it. */
function controllerFindings(
    controller: ControllerName | undefined,
    classes: KubeObject[],
    set: ReturnType<typeof setter>,
): Finding[] {
    if (!controller || classes.length === 0) return [];
    const key = "ingress.controller";
    const wrong = classes.flatMap(({ metadata, ...rest }) => {
        const whose = text(mapAt(rest, "spec").controller) ?? "";
        if (whose.startsWith(ingressControllers[controller].controller)) return [];
        return [{ name: metadata.name, whose }];
    });
    if (wrong.length > 0) {
        const [{ name, whose }] = wrong;
        const other = controllerNames.find((each) => whose.startsWith(ingressControllers[each].controller));
        return [
            finding(
                id,
                "error",
                key,
                `the class ${name} is of ${whose || "nobody"}, and the Ingresses tell ${controller} to speak TLS to the pages; it would ask them in the clear`,
                other ? set("controller", other) : "the Gateway API in its place: ingress.gateway (docs/access.md)",
            ),
        ];
    }
    if (controller !== "ingress-nginx") return [passed(id, key, `the class is ${controller}'s`)];
    return [
        finding(
            id,
            "info",
            key,
            "ingress-nginx is retired: nobody mends it any more",
            "another controller, or the Gateway API: ingress.gateway (docs/access.md)",
        ),
    ];
}

/** Whether the policies let in who passes visitors on. @param what As people call it. */
export function podsFinding(
    stack: string,
    { ingress }: Pick<PlatformConfig, "ingress">,
    pods: KubeObject[],
    what: string,
): Finding {
    const set = setter(stack);
    const key = "ingress.controllerNamespace";
    const { namespace, labels } = proxiesOf(ingress);
    const wanted = Object.entries(labels);
    const fitting = pods.filter(({ metadata }) => wanted.every(([label, value]) => metadata.labels?.[label] === value));
    const all = wanted.map(([label, value]) => `${label}=${value}`).join(",");
    const where = `${namespace} has ${fitting.length || "no"} pods${all ? ` with ${all}` : ""}`;
    if (fitting.length > 0 || ingress.from) {
        return passed(id, key, `${where}${ingress.from ? `; ${named(ingress.from)} may come in, too` : ""}`);
    }
    const others = all && pods.length > 0 ? `; ${pods.length} without: ${set("controllerLabels", "{}")} means all` : "";
    return finding(
        id,
        "warning",
        key,
        `${where}, and no other may reach the pages (${what})${others}`,
        `${set("controllerNamespace", "<namespace>")}, or for a load balancer that goes straight to pods ${set("from[0]", "<its subnet>")}`,
    );
}

export const ingressChecks = (stack: string): Check[] => [
    {
        what: "who passes visitors on",
        needs: ["cluster", "config"],
        run: async ({ cluster, config }) => {
            if (!hasHosts(config.ingress)) return [];
            const pods = await cluster.list("v1", "Pod", { namespace: proxiesOf(config.ingress).namespace });
            const { gateway } = config.ingress;
            if (!gateway) {
                const classes = await cluster.list("networking.k8s.io/v1", "IngressClass");
                return ingressFindings(stack, config, { classes, pods });
            }
            const [definitions, classes, gateways, namespaces] = await Promise.all([
                cluster.list("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
                cluster.list(gatewayKinds, "GatewayClass"),
                cluster.list(gatewayKinds, "Gateway"),
                cluster.list("v1", "Namespace"),
            ]);
            return [
                ...gatewayFindings(stack, config, gateway, { definitions, classes, gateways, namespaces }),
                podsFinding(stack, config, pods, "the Gateway's proxies"),
            ];
        },
    },
];
