import * as pulumi from "@pulumi/pulumi";

import { PlatformConfig } from "../../config/schema";
import { bySsh, OrchestratorConfig } from "../../config/sections/orchestrator";
import * as versions from "../../config/versions";
import { NamespaceRef, SecretRef } from "../contracts";
import { passwordSecret } from "../secrets";
import { secretMount } from "./access";
import { Files, secretsDirectory, together } from "./environment";
import { fixedIds } from "../restricted";
import { containerSecurity } from "./pod";

/** The image that follows a repository, from upstream's registry or where it is mirrored. */
export function gitSyncImage({ mirror, pullPolicy }: PlatformConfig["images"]) {
    const repository = `${mirror ?? "registry.k8s.io"}/git-sync/git-sync`;
    return { repository, tag: versions.gitSync, pullPolicy };
}

/** Login of git-sync, where the repository wants one: its token, or its key and those of the server, stay in files. */
export function gitFiles(dags: OrchestratorConfig["dags"], secret: string): Files {
    const { username } = dags;
    const directory = `${secretsDirectory}/git`;
    if (bySsh(dags)) {
        return {
            env: [
                { name: "GITSYNC_SSH_KEY_FILE", value: `${directory}/key` },
                { name: "GITSYNC_SSH_KNOWN_HOSTS", value: "true" },
                { name: "GITSYNC_SSH_KNOWN_HOSTS_FILE", value: `${directory}/known_hosts` },
            ],
            mounted: [secretMount("git", secret, directory, { key: "key", known_hosts: "known_hosts" })],
        };
    }
    if (!username) return together();
    return {
        env: [
            { name: "GITSYNC_USERNAME", value: username },
            { name: "GITSYNC_PASSWORD_FILE", value: `${directory}/password` },
        ],
        mounted: [secretMount("git", secret, directory, { password: "password" })],
    };
}

/** The key that git-sync signs in with, and those of the server that it goes to. */
export function sshSecret(
    name: string,
    args: {
        namespace: NamespaceRef;
        rotation: number;
        secretVersion: pulumi.Input<string>;
        dags: OrchestratorConfig["dags"];
        credentials: Record<string, string>;
    },
    opts: pulumi.CustomResourceOptions,
): SecretRef<"key" | "known_hosts"> {
    const { dags, credentials, ...common } = args;
    return passwordSecret(
        name,
        {
            ...{ ...common, component: "orchestration" },
            plain: { known_hosts: dags.knownHosts ?? "" },
            // OpenSSH wants a newline at the end of the key.
            passwords: { key: `${(credentials["orchestrator.gitKey"] ?? "").trim()}\n` },
        },
        opts,
    );
}

/** Values of the container that follows the repository of DAGs, beside those that read them. */
export function gitSync(dags: OrchestratorConfig["dags"], login: Files): Record<string, unknown> {
    if (dags.kind === "image") return { enabled: false };
    return {
        enabled: true,
        repo: dags.repo,
        ref: dags.ref ?? "main",
        subPath: dags.subPath ?? "",
        env: login.env,
        // By its own liveness service, which answers once the repository is there; a large one takes minutes to come.
        recommendedProbeSetting: true,
        startupProbe: { enabled: true, timeoutSeconds: 5, periodSeconds: 5, failureThreshold: 120 },
        livenessProbe: { enabled: true, timeoutSeconds: 5, periodSeconds: 30, failureThreshold: 4 },
        // Its image's user: any other one it would write into /etc/passwd, and its settings go to /tmp.
        securityContexts: { container: { ...containerSecurity, ...fixedIds({ runAsUser: 65533 }) } },
        extraVolumeMounts: [{ name: "tmp", mountPath: "/tmp" }, ...login.mounted.map(({ mount }) => mount)],
        resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
    };
}
