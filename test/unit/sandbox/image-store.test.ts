import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { keepImages, pinImages, proveImages, takeImages } from "../../../sandbox/cluster/image-store";
import { type Layout, layout } from "../../../sandbox/cluster/layout";

describe("the images that one sandbox leaves to the next", () => {
    const program = "/cache/bin/containerd-v2-abc/containerd";
    let dir: string;
    let at: Layout;
    let root: string;
    const cache = process.env.DATA_PLATFORM_CACHE;
    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "store-"));
        process.env.DATA_PLATFORM_CACHE = join(dir, "cache");
        at = layout(join(dir, "sandbox"));
        root = join(at.containerd, "root");
    });
    afterEach(() => {
        if (cache === undefined) delete process.env.DATA_PLATFORM_CACHE;
        else process.env.DATA_PLATFORM_CACHE = cache;
        rmSync(dir, { recursive: true });
    });

    const file = (path: string, text: string) => {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), text);
    };
    const read = (path: string) => readFileSync(join(root, path), "utf8");
    const metadata = "io.containerd.metadata.v1.bolt/meta.db";
    const snapshots = "io.containerd.snapshotter.v1.overlayfs";

    /** A sandbox that has unpacked one layer, has run a pod with it, and goes. */
    async function sandbox(proven = true) {
        assert.equal(await takeImages(at, program, "boot"), true);
        file(metadata, "images");
        file(`${snapshots}/metadata.db`, "layers");
        file(`${snapshots}/snapshots/1/fs/bin/java`, "java");
        file("io.containerd.content.v1.content/blobs/sha256/aa", "config");
        await pinImages(at, program, "boot");
        if (proven) await proveImages(at);
        file(metadata, "images and containers");
        file(`${snapshots}/metadata.db`, "layers and pods");
        file(`${snapshots}/snapshots/7/fs/secret`, "of a pod");
        file("io.containerd.runtime.v2.task/k8s.io/pod/state", "ended");
        return keepImages(at, "boot");
    }

    it("are there again, unpacked, and nothing of the pods is", async () => {
        assert.equal(await sandbox(), true);
        assert.equal(existsSync(root), false);
        assert.equal(await takeImages(at, program, "boot"), true);
        assert.equal(read(metadata), "images");
        assert.equal(read(`${snapshots}/metadata.db`), "layers");
        assert.deepEqual(readdirSync(join(root, snapshots, "snapshots")), ["1"]);
        assert.equal(read(`${snapshots}/snapshots/1/fs/bin/java`), "java");
        assert.equal(existsSync(join(root, "io.containerd.runtime.v2.task")), false);
        assert.equal(existsSync(join(dir, "cache/node-images")), false);
    });

    it("are not taken after a reboot, nor by another containerd, and are removed then", async () => {
        await sandbox();
        assert.equal(await takeImages(at, program, "another boot"), true);
        assert.equal(existsSync(root), false);
        assert.equal(existsSync(join(dir, "cache/node-images")), false);
        await sandbox();
        assert.equal(await takeImages(at, "/cache/bin/containerd-v3-abc/containerd", "boot"), true);
        assert.equal(existsSync(root), false);
    });

    it("are kept only by a node that has started well with them", async () => {
        assert.equal(await sandbox(false), false);
        rmSync(root, { recursive: true });
        await sandbox();
        await takeImages(at, program, "boot");
        // It fails to start, and goes.
        assert.equal(await keepImages(at, "boot"), false);
    });

    it("are not kept when a layer is missing", async () => {
        await sandbox();
        await takeImages(at, program, "boot");
        await proveImages(at);
        rmSync(join(root, snapshots, "snapshots/1"), { recursive: true });
        assert.equal(await keepImages(at, "boot"), false);
    });

    it("leave a store that is there alone", async () => {
        await sandbox();
        file(metadata, "of a sandbox that runs");
        assert.equal(await takeImages(at, program, "boot"), false);
        assert.equal(read(metadata), "of a sandbox that runs");
    });
});
