import assert from "node:assert/strict";

import { volumeFindings, volumesIn, type VolumeUse } from "../../../../operations/doctor/volumes";
import { levels } from "../../../support/doctor";

const GiB = 2 ** 30;
const use = (used: number, more: Partial<VolumeUse> = {}): VolumeUse => ({
    ...{ namespace: "dev-storage", claim: "data-minio-0", used: used * GiB, capacity: 10 * GiB },
    ...more,
});

describe("doctor: volumes that fill", () => {
    it("warns from four fifths on, and calls it an error when hardly anything is left", () => {
        assert.deepEqual(levels(volumeFindings([use(7.9)])), ["DP-STORAGE-003 passed"]);
        assert.deepEqual(levels(volumeFindings([use(8)])), ["DP-STORAGE-003 warning"]);
        assert.deepEqual(levels(volumeFindings([use(9.5)])), ["DP-STORAGE-003 error"]);
    });

    it("names the claim, and how much of what is used", () => {
        const [{ subject, message, fix }] = volumeFindings([use(1), use(8.5, { claim: "data-kafka-0" })]);
        assert.equal(subject, "PersistentVolumeClaim dev-storage/data-kafka-0");
        assert.match(message, /^85 % of 10\.0Gi is used/);
        assert.match(fix ?? "", /data-kafka-0 --namespace dev-storage/);
    });

    it("counts inodes, which run out before bytes where files are small", () => {
        const [{ level, message }] = volumeFindings([use(1, { inodes: 1000, inodesUsed: 960 })]);
        assert.equal(level, "error");
        assert.match(message, /^96 % of its inodes is used/);
    });

    it("says nothing where no volume is mounted", () => {
        assert.deepEqual(volumeFindings([]), []);
    });

    it("reads a kubelet's summary, but for volumes that are no claim's or weren't measured", () => {
        const pvcRef = { name: "data-minio-0", namespace: "dev-storage" };
        const summary = {
            pods: [
                {
                    volume: [
                        { pvcRef, usedBytes: 1, capacityBytes: 10 },
                        { usedBytes: 1, capacityBytes: 2 },
                    ],
                },
                { volume: [{ pvcRef: { ...pvcRef, name: "new" } }] },
                {},
            ],
        };
        assert.deepEqual(
            volumesIn(summary).map(({ claim, used, capacity }) => ({ claim, used, capacity })),
            [{ claim: "data-minio-0", used: 1, capacity: 10 }],
        );
    });
});
