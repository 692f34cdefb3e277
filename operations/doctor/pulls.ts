import { pullCredential } from "../../config/pull-secret";
import type { PullCause, PullFailure } from "../../kubernetes/wait/pull-failures";
import { pullFailures } from "../../kubernetes/wait/pull-failures";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import type { Check } from "./check";
import { namespacesOf } from "./namespaces";

/** Meanings of the causes, and the commands that mend them. */
const mending: Record<PullCause, [meaning: string, fix: (stack: string) => string]> = {
    login: [
        "the registry wants a login, or refuses the one that there is",
        (stack) =>
            `pulumi config set --stack ${stack} --secret --path 'credentials["${pullCredential}"]' < config.json   # docs/images.md#a-registry-that-asks-for-a-login`,
    ],
    missing: [
        "the registry has no such image",
        (stack) =>
            `make images STACK=${stack} PUSH=1   # ours; upstream's come from images.mirror: make mirror-list STACK=${stack}`,
    ],
    architecture: [
        "the image isn't there for the node's architecture",
        (stack) =>
            `build it for that one, or keep the pods on other nodes: scheduling.platform.nodeSelector of Pulumi.${stack}.yaml`,
    ],
    certificate: [
        "the node doesn't trust the registry's certificate",
        () =>
            "give the nodes' container runtime the registry's authority; for containerd: /etc/containerd/certs.d/<registry>/hosts.toml",
    ],
    unreachable: [
        "the node doesn't reach the registry",
        (stack) =>
            `see whether images.registry and images.mirror of Pulumi.${stack}.yaml are right, and whether nodes reach them`,
    ],
    unknown: ["", (stack) => `kubectl get events --all-namespaces --field-selector reason=Failed   # stack ${stack}`],
};

/** Says of each image that nodes can't pull why, once for all pods that wait for it. */
export function pullFindings(stack: string, failures: PullFailure[]): Finding[] {
    if (failures.length === 0) return [passed("DP-SOURCE-004", "images", "no pod waits for one that can't be pulled")];
    const images = [...new Set(failures.map(({ image }) => image))];
    return images.map((image) => {
        const of = failures.filter((each) => each.image === image);
        const [{ cause, message }] = of;
        const pods = of.map(({ namespace, pod }) => `${namespace}/${pod}`);
        const waiting = `${pods.slice(0, 3).join(", ")}${pods.length > 3 ? ` and ${pods.length - 3} more` : ""}`;
        const [meaning, fix] = mending[cause];
        const said = [meaning, message].filter(Boolean).join(": ");
        return finding("DP-SOURCE-004", "error", image, `can't be pulled for ${waiting}; ${said}`, fix(stack));
    });
}

export const pullChecks = (stack: string): Check[] => [
    {
        what: "images that nodes can't pull",
        needs: ["cluster", "declared"],
        run: async ({ cluster, declared: { manifests } }) => {
            const own = namespacesOf(stack, manifests, await cluster.list("v1", "Namespace"));
            const pods = await cluster.list("v1", "Pod");
            return pullFindings(
                stack,
                pullFailures(pods.filter(({ metadata }) => own.includes(metadata.namespace ?? ""))),
            );
        },
    },
];
