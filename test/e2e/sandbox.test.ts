import assert from "node:assert/strict";
import { existsSync } from "node:fs";

import { closed } from "./closed";
import { healing } from "./healing";
import { Machine, newTraces, traces } from "./machine";
import { namedHosts } from "./named-hosts";
import { numbers } from "./numbers";
import { pulls } from "./pulls";
import { sandbox } from "./sandbox-command";
import { at, gitStatus, minute, namespaces, tell, World } from "./world";

// It begins with nothing and ends with nothing: a sandbox that runs on this machine goes away.
describe("the sandbox, from a bare machine to the DAG's numbers and back", function () {
    this.timeout(50 * minute);
    this.bail(true);
    const world = new World();
    let bare: Machine;
    let checkout: string;

    this.beforeAll(async () => {
        assert.equal((await sandbox(["down"], { show: true })).code, 0);
        bare = await traces();
        checkout = await gitStatus();
    });
    this.afterAll(async function () {
        world.close();
        // Whatever happened, the machine is not left with half a cluster. A cluster that is wanted for a look: E2E_KEEP=1.
        if (!process.env.E2E_KEEP) await sandbox(["down"]);
    });

    numbers(world, () => checkout);
    closed(world);
    healing(world);
    namedHosts(world);
    pulls(world);

    it("destroys the stack with nothing left of it but the kinds of objects that operators bring", async () => {
        const { code, stderr, seconds } = await sandbox(["destroy"]);
        assert.equal(code, 0, stderr);
        const left: string[] = [];
        for (const [apiVersion, kind] of [
            ["v1", "Namespace"],
            ["v1", "PersistentVolume"],
            ["rbac.authorization.k8s.io/v1", "ClusterRole"],
            ["rbac.authorization.k8s.io/v1", "ClusterRoleBinding"],
            ["admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"],
            ["admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"],
        ]) {
            const names = (await world.kube.list(apiVersion, kind)).map(({ metadata }) => metadata.name);
            const ours = (name: string) =>
                kind === "PersistentVolume" || namespaces.some((each) => name.includes(each));
            left.push(...names.filter(ours).map((name) => `${kind} ${name}`));
        }
        assert.deepEqual(left, []);
        const kinds = await world.kube.list("apiextensions.k8s.io/v1", "CustomResourceDefinition");
        assert.ok(kinds.length > 0, "the definitions, and with them everybody's objects of these kinds, are gone");
        tell(`${seconds.toFixed(0)} s`);
        assert.equal((await sandbox(["destroy"])).code, 0, "a second destroy fails");
    });

    it("goes down with no process, mount, network device or packet filter chain left", async () => {
        const { code, stderr, seconds } = await sandbox(["down"]);
        assert.equal(code, 0, stderr);
        assert.deepEqual(newTraces(await traces(), bare), []);
        assert.equal(existsSync(at.dir), false, `${at.dir} is still there`);
        assert.equal((await sandbox(["status"])).code, 1);
        tell(`${seconds.toFixed(0)} s`);
    });
});
