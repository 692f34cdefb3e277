import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Target, up } from "../../engine/builtin/builtin";
import { buildImages, localRegistry } from "../../images/build";
import { pullFailures } from "../../kubernetes/wait/pull-failures";
import { type KubeClient } from "../../kubernetes/client";
import { renderError } from "../../lib/errors";
import { pullFindings } from "../../operations/doctor/pulls";
import { anotherImage } from "../support/another-image";
import { LoginRegistry } from "../support/login-registry";
import { at, minute, tell, until } from "./world";

const namespace = "sandbox-pulls";

/** A registry that asks for a login: what a stack pulls with one, and what is said without. */
export function pulls(world: { kube: KubeClient }): void {
    it("pulls from a registry that asks for a login; without one doctor names the image, and what to do", async () => {
        const dir = mkdtempSync(join(tmpdir(), "pulls-"));
        const [{ ref, archive }] = await buildImages(["etl"], localRegistry);
        const registry = await LoginRegistry.serve();
        const image = ref.replace(localRegistry, `${registry.address}/data-platform`);
        const target = (credentials: object) => ({ ...stack(registry, credentials), dir });
        try {
            await registry.push(await anotherImage(archive, dir), ref, image);
            await refused(world.kube, target({}), image);
            await pulled(world.kube, target({ "images.pullSecret": registry.login }), image);
        } finally {
            await world.kube.delete({ apiVersion: "v1", kind: "Namespace", name: namespace }, "Background");
            await until("the end of its pods", async () => (await pods(world.kube)).length === 0, 3 * minute);
            await registry.stop();
            rmSync(dir, { recursive: true });
        }
    });
}

/** A stack of one workload, whose images are in a registry. */
function stack(registry: LoginRegistry, credentials: object): Omit<Target, "dir"> {
    const images = { registry: `${registry.address}/data-platform`, pullPolicy: "IfNotPresent" };
    return {
        ...{ stack: "sandbox", kubeconfig: at.kubeconfig },
        program: join(__dirname, "fixtures/puller.ts"),
        config: {
            "data-platform:profile": "sandbox",
            "data-platform:images": JSON.stringify(images),
            "data-platform:credentials": JSON.stringify(credentials),
        },
        secretKeys: ["data-platform:credentials"],
    };
}

const pods = (kube: KubeClient) => kube.list("v1", "Pod", { namespace });
const findings = async (kube: KubeClient) => pullFindings("sandbox", pullFailures(await pods(kube)));

async function refused(kube: KubeClient, target: Target, image: string): Promise<void> {
    const stopping = new AbortController();
    let ended: unknown;
    const update = up(target, { signal: stopping.signal }).catch((error: unknown) => (ended = error));
    const wrong = async () => {
        const found = (await findings(kube)).find(({ level }) => level === "error");
        if (!found && ended) throw new Error(`the update has ended before: ${renderError(ended)}`);
        return found;
    };
    const found = await until("a finding of doctor's", wrong, 3 * minute);
    stopping.abort();
    assert.ok((await update) instanceof Error, "the update has ended well");
    assert.equal(found.subject, image);
    assert.match(found.message, /can't be pulled for sandbox-pulls\/puller-.*the registry wants a login/);
    assert.match(
        found.fix ?? "",
        /pulumi config set --stack sandbox --secret --path 'credentials\["images\.pullSecret"\]'/,
    );
    tell(found.message.slice(0, 160));
}

async function pulled(kube: KubeClient, target: Target, image: string): Promise<void> {
    await up(target);
    const done = (await pods(kube)).filter(({ status }) => status?.phase === "Succeeded");
    assert.equal(done.length, 1);
    const { containerStatuses = [] } = done[0].status as { containerStatuses?: { imageID: string }[] };
    assert.ok(containerStatuses[0].imageID.startsWith(`${image.slice(0, image.lastIndexOf(":"))}@sha256:`));
    assert.deepEqual(
        (await findings(kube)).map(({ level }) => level),
        ["passed"],
    );
}
