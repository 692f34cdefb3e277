import assert from "node:assert/strict";

import { pullCause, pullFailures } from "../../../../kubernetes/wait/pull-failures";
import type { KubeObject } from "../../../../kubernetes/client";
import { pullFindings } from "../../../../operations/doctor/pulls";

const image = "registry.example.com/data-platform/kafka:1";
const pod = (name: string, reason: string, message = ""): KubeObject => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "dev-streaming" },
    status: {
        containerStatuses: [
            { name: "kafka", image, restartCount: 0, ready: false, state: { waiting: { reason, message } } },
        ],
    },
});

describe("doctor: images that nodes can't pull", () => {
    // As containerd 2, CRI-O and the kubelet say it.
    for (const [message, cause] of [
        [
            'failed to pull and unpack image "r.example.com/a:1": failed to resolve reference: pulling from host r.example.com failed with status code [manifests 1]: 401 Unauthorized',
            "login",
        ],
        ["failed to authorize: failed to fetch anonymous token: unexpected status: 403 Forbidden", "login"],
        [
            "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
            "login",
        ],
        [
            'rpc error: code = NotFound desc = failed to pull and unpack image "r/a:1": failed to resolve reference "r/a:1": r/a:1: not found',
            "missing",
        ],
        ["reading manifest 1 in r/a: manifest unknown", "missing"],
        ["no match for platform in manifest: not found", "architecture"],
        ["tls: failed to verify certificate: x509: certificate signed by unknown authority", "certificate"],
        ["dial tcp: lookup r.example.com on 10.0.0.10:53: no such host", "unreachable"],
        ["something new", "unknown"],
    ] as const)
        it(`${cause}: ${message.slice(0, 60)}`, () => assert.equal(pullCause(message), cause));

    it("are named once, with the pods that wait, and what mends them", () => {
        const failures = pullFailures([
            pod("kafka-0", "ImagePullBackOff", "401 Unauthorized"),
            pod("kafka-1", "ErrImagePull", "401 Unauthorized"),
            pod("kafka-2", "ContainerCreating"),
        ]);
        const [found, ...others] = pullFindings("dev", failures);
        assert.deepEqual(others, []);
        assert.equal(found.level, "error");
        assert.match(
            JSON.stringify(found),
            /kafka:1.*dev-streaming\/kafka-0, dev-streaming\/kafka-1; the registry wants a login/,
        );
        assert.match(
            JSON.stringify(found),
            /pulumi config set --stack dev --secret --path 'credentials\[\\"images\.pullSecret\\"\]'/,
        );
    });

    it("counter-proof: pods that run, or start, are well", () => {
        const [found] = pullFindings("dev", pullFailures([pod("kafka-0", ""), pod("kafka-1", "PodInitializing")]));
        assert.equal(found.level, "passed");
    });
});
