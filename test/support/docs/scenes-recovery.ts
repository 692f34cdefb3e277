import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

import { parse, stringify } from "yaml";

import type { Scene } from "./scenes";

const secret = (namespace: string, name: string) => ({ apiVersion: "v1", kind: "Secret", namespace, name });

/** Scene that a Helm leaves that was killed in an upgrade of MinIO. */
export const cutOffUpgrade: Scene = async (_, { kube }) => {
    const namespace = "dev-storage";
    const records = await kube.list("v1", "Secret", { namespace, labels: "owner=helm,name=minio,status=deployed" });
    const [{ type, data, metadata }] = records;
    const labels = metadata.labels ?? {};
    const revision = Number(labels.version) + 1;
    const { release } = data as { release: string };
    const packed = Buffer.from(Buffer.from(release, "base64").toString(), "base64");
    const contents = JSON.parse(gunzipSync(packed).toString()) as { version: number; info: { status: string } };
    contents.version = revision;
    contents.info.status = "pending-upgrade";
    const encoded = Buffer.from(gzipSync(JSON.stringify(contents)).toString("base64")).toString("base64");
    await kube.create({
        ...{ apiVersion: "v1", kind: "Secret", type, data: { release: encoded } },
        metadata: {
            ...{ name: `sh.helm.release.v1.minio.v${revision}`, namespace },
            labels: { ...labels, version: String(revision), status: "pending-upgrade" },
        },
    });
};

/** Somebody has deleted a password. */
export const secretDeleted: Scene = (_, { kube }) => kube.delete(secret("dev-storage", "minio-root"));

/** A larger volume stands in the stack file, and the StorageClass lets volumes grow. */
export const largerVolume: Scene = async ({ cwd }, { kube }) => {
    await kube.http.send({
        method: "PATCH",
        path: "/apis/storage.k8s.io/v1/storageclasses/local-path",
        contentType: "application/merge-patch+json",
        body: { allowVolumeExpansion: true },
    });
    const file = join(cwd, "Pulumi.dev.yaml");
    const { config } = parse(await readFile(file, "utf8")) as { config: Record<string, object | undefined> };
    const key = "data-platform:objectStore";
    config[key] = { ...config[key], storage: "20Gi" };
    await writeFile(file, stringify({ config }));
};
