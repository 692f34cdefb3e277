import { CertManagerArgs, chartArgs } from "../../components/cert-manager";
import { placements } from "../../components/placement";
import { certManagerType, releaseInside } from "../../program/cert-manager";
import { helmTemplate } from "../../helm/template";
import { Manifest } from "../../kubernetes/objects";
import { ResourceRequest } from "../../program/program";

const namespace = { name: "cert-manager", ready: "cert-manager" as never };
const { platform: placement } = placements({ platform: {}, batch: {} });

/** cert-manager by the sandbox's chart, with images of a registry. */
export const localCertManager = {
    chart: "./.sandbox/charts/cert-manager",
    imageRegistry: "mirror.test/x",
    pullPolicy: "Never",
    placement,
} as const;

/** Release that the package would install for some arguments. */
export function certManagerRelease(args: Omit<CertManagerArgs, "crds" | "podSecurityVersion" | "quota" | "network">) {
    const request: ResourceRequest = {
        ...{ urn: "urn", type: certManagerType, name: "cert-manager", custom: false, secretPaths: [] },
        ...{ dependencies: [], retainOnDelete: false, protect: false, deleteBeforeReplace: false },
        inputs: JSON.parse(JSON.stringify(chartArgs(namespace, args))) as Record<string, unknown>,
    };
    return releaseInside(request).inputs as Record<string, unknown> & { values: Record<string, unknown> };
}

/** The objects of such a Release. */
export function certManagerObjects(inputs: ReturnType<typeof certManagerRelease>): Promise<Manifest[]> {
    const { name, chart, values } = inputs as unknown as { name: string; chart: string; values: typeof inputs.values };
    return helmTemplate({ name, chart, values, namespace: namespace.name });
}
