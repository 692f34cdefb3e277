import assert from "node:assert/strict";

import { KubeClient } from "../../../kubernetes/client";

describe("the kinds that a server knows", () => {
    it("are asked for anew when everything is looked at: definitions come and go", async () => {
        const kube = new KubeClient("", { server: "https://cluster.example.com", context: "example" });
        const group = { preferredVersion: { groupVersion: "example.com/v1" } };
        let served = ["Kept", "Dropped"];
        const resources = () => served.map((kind) => ({ name: kind, kind, namespaced: true, verbs: ["list"] }));
        Object.assign(kube.http, {
            send: ({ path }: { path: string }) =>
                Promise.resolve(
                    JSON.stringify(
                        path === "/apis" ? { groups: [group] } : { resources: path.includes("/v1") ? resources() : [] },
                    ),
                ),
        });
        const names = async () =>
            (await kube.everyKind()).flatMap(({ apiVersion, kind }) => (apiVersion === "v1" ? [] : [kind.kind]));
        assert.deepEqual(await names(), ["Kept", "Dropped"]);
        served = ["Kept"];
        assert.deepEqual(await names(), ["Kept"]);
    });
});
