import type { Finding, Level } from "../findings";

/** One kind of finding, as docs/recovery.md explains it. */
interface Entry {
    category: string;
    /** What was looked at; what it means when it isn't well. */
    meaning: string;
    /** What to do. */
    mending: string;
}

const recover = "`data-platform recover --stack <name>`";

/** Everything that the doctor can find. An id is never given to something else. */
export const catalog = {
    "DP-TOOLS-001": {
        category: "tools",
        meaning: "Node is older than package.json asks for.",
        mending: "`make deps`, which brings the right one, or a newer Node.",
    },
    "DP-TOOLS-002": {
        category: "tools",
        meaning: "The Pulumi CLI is not at hand.",
        mending: "`npx pulumi version`, which downloads the pinned one.",
    },
    "DP-TOOLS-003": {
        category: "tools",
        meaning: "The Pulumi CLI's version is outside of what Pulumi.yaml asks for; it would refuse.",
        mending: "`npx pulumi …` instead of `pulumi …`, or install the version that is named.",
    },
    "DP-CONFIG-001": {
        category: "config",
        meaning: "The stack file is not there, can't be read, or says something that can't work.",
        mending: "Correct the key that is named; `docs/configuration.md` has all of them.",
    },
    "DP-CONFIG-002": {
        category: "config",
        meaning: "The program refuses this config, or can't be evaluated.",
        mending: "What the message says.",
    },
    "DP-CONFIG-003": {
        category: "config",
        meaning: "The backend that keeps the state can't be reached or read.",
        mending: "`pulumi login <address>`, or the credentials of the bucket.",
    },
    "DP-CONFIG-004": {
        category: "config",
        meaning: "The backend has no such stack yet.",
        mending: "`pulumi stack init <name>`.",
    },
    "DP-CONFIG-005": {
        category: "config",
        meaning: "The stack's secrets can't be decrypted: there is no passphrase.",
        mending: "`export PULUMI_CONFIG_PASSPHRASE_FILE=<file>` or `PULUMI_CONFIG_PASSPHRASE`.",
    },
    "DP-CLUSTER-001": {
        category: "cluster",
        meaning: "No kubeconfig, no such context, or no way to log in.",
        mending: "The right context in `kubernetes.context` or by `--context`; log in as for kubectl.",
    },
    "DP-CLUSTER-002": {
        category: "cluster",
        meaning: "The API server does not answer.",
        mending: "`kubectl get --raw /version`; network, VPN, or the cluster itself.",
    },
    "DP-CLUSTER-003": {
        category: "cluster",
        meaning: "The cluster's version is older than what is supported, or newer than what is tested.",
        mending: "Upgrade the cluster; for a newer one look into the changelog of Kubernetes.",
    },
    "DP-CLUSTER-004": {
        category: "cluster",
        meaning: "Nodes are not Ready, or take no pods.",
        mending: "`kubectl describe node <name>`, `kubectl uncordon <name>`.",
    },
    "DP-CLUSTER-005": {
        category: "cluster",
        meaning: "There are fewer nodes or zones than replicas that must, or should, stand apart.",
        mending: "More nodes, or fewer replicas in the stack file.",
    },
    "DP-CLUSTER-006": {
        category: "cluster",
        meaning: "Something scales by CPU, and nobody serves the metrics for it.",
        mending: "Install metrics-server.",
    },
    "DP-NETWORK-001": {
        category: "network",
        meaning:
            "What `kubernetes.apiServer` opens isn't where the API server is, or the config leaves the way to it open to any address.",
        mending: "Set what is proposed; both the Service's address and those behind it, with their ports.",
    },
    "DP-NETWORK-002": {
        category: "network",
        meaning: "A pod of the last update has tried the way to the API server, and didn't get there.",
        mending: "The pod's own words; DP-NETWORK-001 proposes what to set.",
    },
    "DP-NETWORK-003": {
        category: "network",
        meaning: "The network plugin isn't what the config takes it for: Cilium knows the API server by no address.",
        mending: "`kubernetes.networkPlugin`: cilium, or standard.",
    },
    "DP-ACCESS-001": {
        category: "access",
        meaning: "The account may not do what an update of this stack does.",
        mending: "Have an administrator grant what is listed.",
    },
    "DP-ACCESS-002": {
        category: "access",
        meaning: "The stack's roles grant more than the account has; the API server refuses that as escalation.",
        mending: "Have an administrator grant it, or the verbs `escalate` and `bind` on roles.",
    },
    "DP-STORAGE-001": {
        category: "storage",
        meaning:
            "A storage class that the stack names isn't there, or there is no default one: volumes would wait for ever.",
        mending: "`kubectl get storageclass`, and name one of them in the stack file.",
    },
    "DP-STORAGE-002": {
        category: "storage",
        meaning: "The class makes volumes that can't grow, or in a zone that isn't chosen with the pod.",
        mending: "Good to know; another class where it matters.",
    },
    "DP-STORAGE-003": {
        category: "storage",
        meaning: "A volume of the stack is nearly full; its server stops when it is.",
        mending: "A larger `storage` where the class's volumes can grow, less retention, or an expiry for a bucket.",
    },
    "DP-CRD-001": {
        category: "definitions",
        meaning: "The cluster doesn't know a kind that the stack needs, and the stack doesn't bring its definition.",
        mending: "Bring up the stack that has the cluster plane, or install the operator.",
    },
    "DP-CRD-002": {
        category: "definitions",
        meaning:
            "A definition that is there has objects stored in a version that the stack's own drops; the server refuses it.",
        mending: "Migrate the stored objects first, as the operator's notes on upgrades say.",
    },
    "DP-CRD-003": {
        category: "definitions",
        meaning: "A definition that the stack would take over belongs to somebody else, such as another Helm release.",
        mending: "Share the other's cluster plane (`cluster.mode shared`), or remove the other operator.",
    },
    "DP-CRD-004": {
        category: "definitions",
        meaning: "The stack whose cluster plane is shared has none to give.",
        mending: "Bring that stack up first, with `cluster.shareable: true`.",
    },
    "DP-HOOK-001": {
        category: "admission",
        meaning: "An admission webhook has no pod behind it, and refuses what it should look at.",
        mending: "Bring its pods back, or delete its configuration if its owner is gone.",
    },
    "DP-HOOK-002": {
        category: "admission",
        meaning: "An aggregated API doesn't answer: no namespace can be deleted, and Helm stumbles.",
        mending: "Bring its pods back, or delete the APIService if its owner is gone.",
    },
    "DP-HELM-001": {
        category: "releases",
        meaning: "A Helm release is pending: an update was cut off, or is going on. Helm refuses every other one.",
        mending: recover,
    },
    "DP-HELM-002": {
        category: "releases",
        meaning: "The last operation on a Helm release has failed; the next update tries again.",
        mending: "`helm history`, then an update.",
    },
    "DP-HELM-003": {
        category: "releases",
        meaning:
            "A Helm release is there that the stack's state doesn't know: `cannot re-use a name that is still in use`.",
        mending: recover,
    },
    "DP-HELM-004": {
        category: "releases",
        meaning: "The state has a Helm release that is gone from the cluster.",
        mending: "`pulumi refresh --stack <name>`.",
    },
    "DP-STACK-001": {
        category: "stack",
        meaning: "The stack is locked: an update is going on, or its process died.",
        mending: `Wait, or ${recover}.`,
    },
    "DP-STACK-002": {
        category: "stack",
        meaning: "An update was cut off in the middle of something; the state doesn't know how it ended.",
        mending: recover,
    },
    "DP-STACK-003": {
        category: "stack",
        meaning: "The stack is short-lived, and its time is over: the next sweep destroys it.",
        mending: "`data-platform ephemeral extend <name> --ttl 12h`.",
    },
    "DP-NS-001": {
        category: "namespaces",
        meaning: "A namespace of the stack is stuck in Terminating; nothing can be made in it.",
        mending: "`data-platform teardown --stack <name> --dry-run` names what holds it and what lets it go.",
    },
    "DP-NS-002": {
        category: "namespaces",
        meaning: "A namespace that the stack would make belongs to another stack, or to nobody it knows.",
        mending: "Another `namespaces.prefix`, or delete it if nobody needs it.",
    },
    "DP-ROOM-001": {
        category: "room",
        meaning: "The nodes have less free than the stack's servers ask for; pods would stay Pending.",
        mending: "More or larger nodes, or smaller sizes in the stack file.",
    },
    "DP-ROOM-002": {
        category: "room",
        meaning: "No node is large enough for one of the stack's pods.",
        mending: "A larger node, or a smaller size in the stack file.",
    },
    "DP-ROOM-003": {
        category: "room",
        meaning: "A ResourceQuota that isn't the stack's leaves less than the stack asks for.",
        mending: "Have whoever made it raise it.",
    },
    "DP-ROOM-004": {
        category: "room",
        meaning: "A PriorityClass that pods name isn't there, or one that the stack would make is somebody else's.",
        mending: "Bring up the stack that has the cluster plane, or share it.",
    },
    "DP-SOURCE-001": {
        category: "sources",
        meaning: "A chart can't be fetched from here.",
        mending: "`charts.<name>` in the stack file: a directory or a mirror.",
    },
    "DP-SOURCE-002": {
        category: "sources",
        meaning: "Definitions of custom resources can't be fetched from here.",
        mending: "`crds.<name>` in the stack file: files or a mirror.",
    },
    "DP-SOURCE-003": {
        category: "sources",
        meaning: "A registry doesn't have an image, can't be reached from here, or wants a sign-in.",
        mending: "`make images STACK=<name> PUSH=1` for our own; `images.mirror` for upstream's.",
    },
    "DP-LOOK-001": {
        category: "not looked at",
        meaning: "Something else has to be mended first, or `--offline` leaves it out.",
        mending: "Mend that, and look again.",
    },
    "DP-LOOK-002": {
        category: "not looked at",
        meaning: "The account may not ask for it, or there was no answer in time.",
        mending: "An account that may read it, or look again.",
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
