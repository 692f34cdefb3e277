import { basename, join } from "node:path";

import { repoRoot } from "../lib/paths";

/** Source of a program: its Go module. */
export interface ToolSource {
    /** The module's folder, relative to the project: go.mod and go.sum pin everything that goes in. */
    folder: string;
    /** Argument of `go build`; `.` or `./name` is a program of our own around the module, in that folder. */
    package: string;
    /** The required module whose version is the tool's; none for a program that requires none. */
    module?: string;
    /** Variables of the program that carry its version, `v1.2.3` filled in for `{version}`. */
    variables?: Record<string, string>;
    tags?: string[];
    /** Only asked for by name: nothing of the sandbox or its tests needs it. @default false */
    aside?: boolean;
    /** Links against C libraries: the Debian packages that bring their headers. @default built without C */
    cPackages?: string[];
}

const here = "tools";

const componentBase = "k8s.io/component-base/version";

const kubernetes = (command: string): ToolSource => ({
    folder: `${here}/kubernetes`,
    package: `k8s.io/kubernetes/cmd/${command}`,
    module: "k8s.io/kubernetes",
    variables: {
        [`${componentBase}.gitVersion`]: "{version}",
        [`${componentBase}.gitMajor`]: "{major}",
        [`${componentBase}.gitMinor`]: "{minor}",
        [`${componentBase}.gitTreeState`]: "clean",
    },
});

const containerd = (command: string): ToolSource => ({
    folder: `${here}/containerd`,
    package: `github.com/containerd/containerd/v2/cmd/${command}`,
    module: "github.com/containerd/containerd/v2",
    variables: { "github.com/containerd/containerd/v2/version.Version": "{version}" },
    // No snapshotter but overlay is used; these need C headers or kernel features that a bare machine lacks.
    tags: ["no_btrfs", "no_zfs", "no_devmapper"],
});

const certManager = (command: string): ToolSource => ({
    folder: `${here}/cert-manager`,
    package: `./${command}`,
    module: "github.com/cert-manager/cert-manager",
    variables: { "github.com/cert-manager/cert-manager/pkg/util.AppVersion": "{version}" },
});

/** Every program that is built here, in the order in which a cold start needs them. */
export const catalog = {
    helm: {
        folder: `${here}/helm`,
        package: "helm.sh/helm/v3/cmd/helm",
        module: "helm.sh/helm/v3",
        variables: { "helm.sh/helm/v3/internal/version.version": "{version}" },
    },
    etcd: { folder: `${here}/etcd`, package: "go.etcd.io/etcd/server/v3", module: "go.etcd.io/etcd/server/v3" },
    "kube-apiserver": kubernetes("kube-apiserver"),
    kubectl: kubernetes("kubectl"),
    "kube-controller-manager": kubernetes("kube-controller-manager"),
    "kube-scheduler": kubernetes("kube-scheduler"),
    kwok: {
        folder: `${here}/kwok`,
        package: "sigs.k8s.io/kwok/cmd/kwok",
        module: "sigs.k8s.io/kwok",
        variables: { "sigs.k8s.io/kwok/pkg/consts.Version": "{version}" },
    },
    kubelet: kubernetes("kubelet"),
    "kube-proxy": kubernetes("kube-proxy"),
    containerd: containerd("containerd"),
    "containerd-shim-runc-v2": containerd("containerd-shim-runc-v2"),
    ctr: containerd("ctr"),
    runc: {
        folder: `${here}/runc`,
        package: "github.com/opencontainers/runc",
        module: "github.com/opencontainers/runc",
        variables: { "main.version": "{semver}" },
        tags: ["seccomp"],
        cPackages: ["gcc", "libc6-dev", "pkg-config", "libseccomp-dev"],
    },
    // A program of our own around the module: with the plugins of all clouds it takes twice as long to compile.
    coredns: { folder: `${here}/coredns`, package: ".", module: "github.com/coredns/coredns" },
    "local-path-provisioner": {
        folder: `${here}/local-path-provisioner`,
        package: "github.com/rancher/local-path-provisioner",
        module: "github.com/rancher/local-path-provisioner",
        variables: { "main.VERSION": "{version}" },
    },
    pause: { folder: `${here}/pause`, package: "." },
    // Programs of our own around the module: upstream's are modules beside it, which no proxy has.
    "cert-manager-controller": certManager("controller"),
    "cert-manager-webhook": certManager("webhook"),
    "cert-manager-cainjector": certManager("cainjector"),
    "cert-manager-startupapicheck": certManager("startupapicheck"),
    "spark-operator": {
        folder: `${here}/spark-operator`,
        package: "github.com/kubeflow/spark-operator/v2/cmd/operator",
        module: "github.com/kubeflow/spark-operator/v2",
    },
    kubeconform: {
        folder: `${here}/kubeconform`,
        package: "github.com/yannh/kubeconform/cmd/kubeconform",
        module: "github.com/yannh/kubeconform",
        variables: { "main.version": "{version}" },
    },
    "kube-score": {
        folder: `${here}/kube-score`,
        package: "github.com/zegl/kube-score/cmd/kube-score",
        module: "github.com/zegl/kube-score",
        variables: { "main.version": "{version}" },
    },
    // Only for workflows; it has no cluster in it, and takes seconds to build.
    actionlint: {
        folder: `${here}/actionlint`,
        package: "github.com/rhysd/actionlint/cmd/actionlint",
        module: "github.com/rhysd/actionlint",
        variables: { "github.com/rhysd/actionlint.version": "{semver}" },
        aside: true,
    },
    // Only for `make scan`.
    "osv-scanner": {
        folder: `${here}/osv-scanner`,
        package: "github.com/google/osv-scanner/v2/cmd/osv-scanner",
        module: "github.com/google/osv-scanner/v2",
        aside: true,
    },
    // A program of our own around the module: its command answers one question at a time, and there are a hundred thousand.
    cyclonus: { folder: `${here}/cyclonus`, package: ".", module: "github.com/mattfenwick/cyclonus" },
    // Only for a test. A program of our own around the module: upstream's command brings the stores of all clouds.
    registry: {
        folder: `${here}/registry`,
        package: ".",
        module: "github.com/distribution/distribution/v3",
        aside: true,
    },
    // Only to be measured against; see bench/.
    helmfile: {
        folder: `${here}/helmfile`,
        package: "github.com/helmfile/helmfile",
        module: "github.com/helmfile/helmfile",
        variables: { "go.szostok.io/version.version": "{version}" },
        aside: true,
    },
    mc: {
        folder: "images/minio/mc",
        package: "github.com/minio/mc",
        module: "github.com/minio/mc",
    },
} satisfies Record<string, ToolSource>;

export type ToolName = keyof typeof catalog;
export const toolNames = Object.keys(catalog) as ToolName[];

/** A tool's recipe, all its optional parts included. */
export function toolSource(name: ToolName): ToolSource {
    return catalog[name];
}

/** Tells whether a tool is a program of our own around its module. */
export const isOurs = ({ package: built }: ToolSource): boolean => built.startsWith(".");

/** The absolute folder of a tool's module. */
export function moduleFolder(source: ToolSource): string {
    return join(repoRoot, source.folder);
}

/** The name of the set of tools that are built from the same module. */
export function toolSet(source: ToolSource): string {
    return basename(source.folder);
}
