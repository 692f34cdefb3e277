import { PlatformConfig } from "../../config/schema";
import { OrchestratorConfig } from "../../config/sections/orchestrator";
import * as versions from "../../config/versions";
import { secretMount } from "./access";
import { Files, secretsDirectory, together } from "./environment";
import { fixedIds } from "../restricted";
import { containerSecurity } from "./pod";

/** The image that follows a repository, from upstream's registry or where it is mirrored. */
export function gitSyncImage({ mirror, pullPolicy }: PlatformConfig["images"]) {
    const repository = `${mirror ?? "registry.k8s.io"}/git-sync/git-sync`;
    return { repository, tag: versions.gitSync, pullPolicy };
}

/** Login of git-sync, where the repository wants one: its token stays in a file. */
export function gitFiles({ username }: OrchestratorConfig["dags"], secret: string): Files {
    if (!username) return together();
    const directory = `${secretsDirectory}/git`;
    return {
        env: [
            { name: "GITSYNC_USERNAME", value: username },
            { name: "GITSYNC_PASSWORD_FILE", value: `${directory}/password` },
        ],
        mounted: [secretMount("git", secret, directory, { password: "password" })],
    };
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
