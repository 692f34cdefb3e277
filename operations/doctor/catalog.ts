import type { Finding, Level } from "../findings";

/** One kind of finding, as docs/recovery.md explains it. */
interface Entry {
    category: string;
    /** Subject of the check, and what it means when it isn't well. */
    description: string;
    /** Advice for a person. */
    remediation: string;
}

const recover = "`data-platform recover --stack <name>`";

/** Everything that the doctor can find. An id is never given to something else. */
export const catalog = {
    "DP-TOOLS-001": {
        category: "tools",
        description: "Node is older than package.json asks for.",
        remediation: "`make deps`, which brings the right one, or a newer Node.",
    },
    "DP-TOOLS-002": {
        category: "tools",
        description: "The Pulumi CLI is not at hand.",
        remediation: "`npx pulumi version`, which downloads the pinned one.",
    },
    "DP-TOOLS-003": {
        category: "tools",
        description: "The Pulumi CLI's version is outside of what Pulumi.yaml asks for; it would refuse.",
        remediation: "`npx pulumi …` instead of `pulumi …`, or install the version that is named.",
    },
    "DP-CONFIG-001": {
        category: "config",
        description: "The stack file is not there, can't be read, or says something that can't work.",
        remediation: "Correct the key that is named; `docs/configuration.md` has all of them.",
    },
    "DP-CONFIG-002": {
        category: "config",
        description: "The program refuses this config, or can't be evaluated.",
        remediation: "What the message says.",
    },
    "DP-CONFIG-003": {
        category: "config",
        description: "The backend that keeps the state can't be reached or read.",
        remediation: "`pulumi login <address>`, or the credentials of the bucket.",
    },
    "DP-CONFIG-004": {
        category: "config",
        description: "The backend has no such stack yet.",
        remediation: "`pulumi stack init <name>`.",
    },
    "DP-CONFIG-005": {
        category: "config",
        description: "The stack's secrets can't be decrypted: there is no passphrase.",
        remediation: "`export PULUMI_CONFIG_PASSPHRASE_FILE=<file>` or `PULUMI_CONFIG_PASSPHRASE`.",
    },
    "DP-CLUSTER-001": {
        category: "cluster",
        description: "No kubeconfig, no such context, or no way to log in.",
        remediation: "The right context in `kubernetes.context` or by `--context`; log in as for kubectl.",
    },
    "DP-CLUSTER-002": {
        category: "cluster",
        description: "The API server does not answer.",
        remediation: "`kubectl get --raw /version`; network, VPN, or the cluster itself.",
    },
    "DP-CLUSTER-003": {
        category: "cluster",
        description: "The cluster's version is older than what is supported, or newer than what is tested.",
        remediation: "Upgrade the cluster; for a newer one look into the changelog of Kubernetes.",
    },
    "DP-CLUSTER-004": {
        category: "cluster",
        description: "Nodes are not Ready, or take no pods.",
        remediation: "`kubectl describe node <name>`, `kubectl uncordon <name>`.",
    },
    "DP-CLUSTER-005": {
        category: "cluster",
        description: "There are fewer nodes or zones than replicas that must, or should, stand apart.",
        remediation: "More nodes, or fewer replicas in the stack file.",
    },
    "DP-CLUSTER-006": {
        category: "cluster",
        description: "Something scales by CPU, and nobody serves the metrics for it.",
        remediation: "Install metrics-server.",
    },
    "DP-CLUSTER-007": {
        category: "cluster",
        description: "Nodes have an architecture that images aren't built for.",
        remediation:
            "`images.platforms`, or `scheduling.platform.nodeSelector` and `scheduling.batch.nodeSelector`: `kubernetes.io/arch`.",
    },
    "DP-CLUSTER-008": {
        category: "cluster",
        description: "The cluster gives pods their users and the config says them, or the other way round.",
        remediation: "`kubernetes.podUser`: assigned on OpenShift, else fixed.",
    },
    "DP-CLUSTER-009": {
        category: "cluster",
        description: "Pod Security admission doesn't look at the stack's namespaces.",
        remediation: "The API server's admission plugin PodSecurity, which is on unless somebody has switched it off.",
    },
    "DP-NETWORK-001": {
        category: "network",
        description:
            "What `kubernetes.apiServer` opens isn't where the API server is, or the config leaves the way to it open to any address.",
        remediation: "Set what is proposed; both the Service's address and those behind it, with their ports.",
    },
    "DP-NETWORK-002": {
        category: "network",
        description: "A pod of the last update has tried the way to the API server, and didn't get there.",
        remediation: "The pod's own words; DP-NETWORK-001 proposes what to set.",
    },
    "DP-NETWORK-003": {
        category: "network",
        description:
            "The network plugin isn't what the config takes it for: Cilium knows the API server by no address.",
        remediation: "`kubernetes.networkPlugin`: cilium, or standard.",
    },
    "DP-NETWORK-004": {
        category: "network",
        description: "The cluster's DNS isn't where the policies open it: no name would be looked up.",
        remediation: "`kubernetes.dns`: the pods, ports and addresses that are proposed.",
    },
    "DP-NETWORK-005": {
        category: "network",
        description: "The cluster's network plugin doesn't enforce NetworkPolicies, or isn't known to.",
        remediation: "A plugin that does, or its own setting; `docs/clusters.md` has it by cluster.",
    },
    "DP-NETWORK-006": {
        category: "network",
        description:
            "Nobody takes the stack's Ingresses, the class is another controller's than the config says, or who takes them isn't where the policies let it in from.",
        remediation: "`ingress.className`, `ingress.controller`, `ingress.controllerNamespace`, `ingress.from`.",
    },
    "DP-NETWORK-007": {
        category: "network",
        description:
            "The cluster's Gateway API, its GatewayClass or its Gateway isn't there, is too old to speak TLS to what is behind it, or takes no routes of the stack's.",
        remediation:
            "An implementation with Gateway API 1.4 or newer (standard channel); `ingress.gateway`, as `docs/access.md` has it.",
    },
    "DP-ACCESS-001": {
        category: "access",
        description: "The account may not do what an update of this stack does.",
        remediation: "Have an administrator grant what is listed.",
    },
    "DP-ACCESS-002": {
        category: "access",
        description: "The stack's roles grant more than the account has; the API server refuses that as escalation.",
        remediation: "Have an administrator grant it, or the verbs `escalate` and `bind` on roles.",
    },
    "DP-STORAGE-001": {
        category: "storage",
        description:
            "A storage class that the stack names isn't there, or there is no default one: volumes would wait for ever.",
        remediation: "`kubectl get storageclass`, and name one of them in the stack file.",
    },
    "DP-STORAGE-002": {
        category: "storage",
        description: "The class makes volumes that can't grow, or in a zone that isn't chosen with the pod.",
        remediation: "Good to know; another class where it matters.",
    },
    "DP-STORAGE-003": {
        category: "storage",
        description: "A volume of the stack is nearly full; its server stops when it is.",
        remediation:
            "A larger `storage` where the class's volumes can grow, less retention, or an expiry for a bucket.",
    },
    "DP-CRD-001": {
        category: "definitions",
        description: "The cluster doesn't know a kind that the stack needs, and the stack doesn't bring its CRD.",
        remediation: "Bring up the stack that has the cluster add-ons, or install the operator.",
    },
    "DP-CRD-002": {
        category: "definitions",
        description:
            "A CRD that is there has objects stored in a version that the stack's own drops; the server refuses it.",
        remediation: "Migrate the stored objects first, as the operator's notes on upgrades say.",
    },
    "DP-CRD-003": {
        category: "definitions",
        description: "A CRD that the stack would take over belongs to somebody else, such as another Helm release.",
        remediation: "Share the other's cluster add-ons (`cluster.mode shared`), or remove the other operator.",
    },
    "DP-CRD-004": {
        category: "definitions",
        description: "The stack whose cluster add-ons are shared has none to give.",
        remediation: "Bring that stack up first, with `cluster.shareable: true`.",
    },
    "DP-CRD-005": {
        category: "definitions",
        description: "A CRD that the stack has applied is gone, or was changed by somebody since.",
        remediation:
            "Update the stack, which applies it again; objects that went with a deleted CRD come back as far as a stack declares them.",
    },
    "DP-HOOK-001": {
        category: "admission",
        description: "An admission webhook has no pod behind it, and refuses what it should look at.",
        remediation: "Bring its pods back, or delete its configuration if its owner is gone.",
    },
    "DP-HOOK-002": {
        category: "admission",
        description: "An aggregated API doesn't answer: no namespace can be deleted, and Helm stumbles.",
        remediation: "Bring its pods back, or delete the APIService if its owner is gone.",
    },
    "DP-HELM-001": {
        category: "releases",
        description: "A Helm release is pending: an update was cut off, or is going on. Helm refuses every other one.",
        remediation: recover,
    },
    "DP-HELM-002": {
        category: "releases",
        description: "The last operation on a Helm release has failed; the next update tries again.",
        remediation: "`helm history`, then an update.",
    },
    "DP-HELM-003": {
        category: "releases",
        description:
            "A Helm release is there that the stack's state doesn't know: `cannot re-use a name that is still in use`.",
        remediation: recover,
    },
    "DP-HELM-004": {
        category: "releases",
        description: "The state has a Helm release that is gone from the cluster.",
        remediation: "`pulumi refresh --stack <name>`.",
    },
    "DP-STACK-001": {
        category: "stack",
        description: "The stack is locked: an update is going on, or its process died.",
        remediation: `Wait, or ${recover}.`,
    },
    "DP-STACK-002": {
        category: "stack",
        description: "An update was cut off in the middle of something; the state doesn't know how it ended.",
        remediation: recover,
    },
    "DP-STACK-003": {
        category: "stack",
        description: "The stack is short-lived, and its time is over: the next sweep destroys it.",
        remediation: "`data-platform ephemeral extend <name> --ttl 12h`.",
    },
    "DP-NS-001": {
        category: "namespaces",
        description: "A namespace of the stack is stuck in Terminating; nothing can be made in it.",
        remediation: "`data-platform teardown --stack <name> --dry-run` names what holds it and what lets it go.",
    },
    "DP-NS-002": {
        category: "namespaces",
        description: "A namespace that the stack would make belongs to another stack, or to nobody it knows.",
        remediation: "Another `namespaces.prefix`, or delete it if nobody needs it.",
    },
    "DP-ROOM-001": {
        category: "room",
        description: "The nodes have less free than the stack's servers ask for; pods would stay Pending.",
        remediation: "More or larger nodes, or smaller sizes in the stack file.",
    },
    "DP-ROOM-002": {
        category: "room",
        description: "No node is large enough for one of the stack's pods.",
        remediation: "A larger node, or a smaller size in the stack file.",
    },
    "DP-ROOM-003": {
        category: "room",
        description: "A ResourceQuota that isn't the stack's leaves less than the stack asks for.",
        remediation: "Have whoever made it raise it.",
    },
    "DP-ROOM-004": {
        category: "room",
        description: "A PriorityClass that pods name isn't there, or one that the stack would make is somebody else's.",
        remediation: "Bring up the stack that has the cluster add-ons, or share it.",
    },
    "DP-SOURCE-001": {
        category: "sources",
        description: "A chart can't be fetched from here.",
        remediation: "`charts.<name>` in the stack file: a directory or a mirror.",
    },
    "DP-SOURCE-002": {
        category: "sources",
        description: "CRDs can't be fetched from here.",
        remediation: "`crds.<name>` in the stack file: files or a mirror.",
    },
    "DP-SOURCE-003": {
        category: "sources",
        description: "A registry doesn't have an image, can't be reached from here, or wants a sign-in.",
        remediation: "`make images STACK=<name> PUSH=1` for our own; `images.mirror` for upstream's.",
    },
    "DP-SOURCE-004": {
        category: "sources",
        description: "A pod of the stack waits for an image that its node can't pull.",
        remediation: "By the cause that is named: the registry's login, the image, the architecture, or the way there.",
    },
    "DP-LOOK-001": {
        category: "not looked at",
        description: "Something else has to be mended first, or `--offline` leaves it out.",
        remediation: "Mend that, and look again.",
    },
    "DP-LOOK-002": {
        category: "not looked at",
        description: "The account may not ask for it, or there was no answer in time.",
        remediation: "An account that may read it, or look again.",
    },
} as const satisfies Record<string, Entry>;

export type FindingId = keyof typeof catalog;

/** A finding of the catalog. */
export function finding(id: FindingId, level: Level, subject: string, message: string, fix?: string): Finding {
    return { id, category: catalog[id].category, level, subject, message, ...(fix ? { fix } : {}) };
}

/** That something was looked at and is well. */
export function passed(id: FindingId, subject: string, message: string): Finding {
    return finding(id, "passed", subject, message);
}
