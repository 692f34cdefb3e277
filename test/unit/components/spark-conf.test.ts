import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { SparkBatch } from "../../../components/spark";
import { SparkBatchArgs } from "../../../components/spark/args";

describe("settings of a Spark job", () => {
    /** The message with which a job is refused; the other arguments aren't looked at before. */
    async function refused(conf: Record<string, string>): Promise<string> {
        await pulumi.runtime.setMocks({ newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) });
        const args = { runtime: { namespace: {} }, executor: {}, conf } as unknown as SparkBatchArgs;
        try {
            new SparkBatch("gold", args);
        } catch (error) {
            if (error instanceof pulumi.RunError) return error.message;
        }
        return "none";
    }

    it("hold no secret and one line each; the message names the key and not the value", async () => {
        const secret = await refused({ "spark.hadoop.fs.s3a.secret.key": "hunter2" });
        assert.match(secret, /the Spark job "gold" .*conf\["spark.hadoop.fs.s3a.secret.key"\] looks like a secret/);
        assert.ok(!secret.includes("hunter2"));
        assert.match(
            await refused({ "spark.app.note": "a\nspark.ui.enabled true" }),
            /one line of printable characters/,
        );
    });

    it("may be what jobs need", async () => {
        assert.equal(
            await refused({ "spark.authenticate.secret.file": "/x", "spark.sql.shuffle.partitions": "8" }),
            "none",
        );
    });
});
