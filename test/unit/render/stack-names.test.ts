import assert from "node:assert/strict";

import { longestStackName } from "../../../config/stack-name";
import { Manifest } from "../../../kubernetes/objects";
import { collectRequests } from "../../../program/collect";
import { directoryForms } from "../../../program/sources";
import { render } from "../../../render/manifests";
import { readStackConfig, stackFile } from "../../../program/stack-config";
import { parseAllDocuments } from "yaml";

const label = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;
const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9.:]{0,251}[a-z0-9])?$/;

/** Longest name of a kind whose controller puts something behind it. */
const longest: Record<string, number | undefined> = {
    StatefulSet: 52,
    CronJob: 52,
    Deployment: 63,
    Job: 63,
    Service: 63,
    Namespace: 63,
};

/** Everything in an object that can't be a name or a label. */
function unfit(value: unknown, path: string[] = []): string[] {
    if (typeof value !== "object" || value === null) return [];
    const under = path.at(-1) ?? "";
    return Object.entries(value).flatMap(([key, inner]) => {
        const at = [...path, key];
        if (
            ["labels", "matchLabels", "commonLabels", "podLabels", "nodeSelector"].includes(under) &&
            typeof inner === "string"
        ) {
            return label.test(inner) ? [] : [`${at.join(".")}: ${inner}`];
        }
        return unfit(inner, at);
    });
}

function problemsOf({ kind, metadata, ...rest }: Manifest): string[] {
    const { name, namespace } = metadata;
    const most = longest[kind];
    return [
        ...(subdomain.test(name) && (most === undefined || name.length <= most) ? [] : [`name ${name}`]),
        ...(most === undefined || dnsLabel.test(name) ? [] : [`name ${name}`]),
        ...(namespace === undefined || dnsLabel.test(namespace) ? [] : [`namespace ${namespace}`]),
        ...unfit({ metadata, ...rest }),
    ].map((each) => `${kind} ${name}: ${each}`);
}

describe("whatever is named after a stack can be, with the longest name that a stack may have", () => {
    const stack = "s".repeat(longestStackName);
    const config = (name: string) => readStackConfig(stackFile(name)).values;

    for (const like of ["dev", "prod"]) {
        it(`as ${like}`, async () => {
            const tree = await render({ stack, config: config(like), charts: "directories" });
            const objects = [...tree.values()].flatMap((text) =>
                parseAllDocuments(text).map((each) => each.toJS() as Manifest),
            );
            assert.ok(objects.length > 100);
            assert.deepEqual(objects.flatMap(problemsOf), []);
            const names = objects.map(({ metadata }) => metadata.namespace ?? "");
            // The bound is no lower than it has to be.
            assert.equal(Math.max(...names.map((name) => name.length)), 63);
        });
    }

    it("Helm takes the names of the Releases", async () => {
        const { requests } = await collectRequests({
            stack,
            config: config("prod"),
            transformConfig: directoryForms,
            offline: true,
        });
        const releases = requests
            .filter(({ type }) => type === "kubernetes:helm.sh/v3:Release")
            .map(({ inputs }) => String(inputs.name));
        assert.ok(releases.length > 3);
        assert.deepEqual(
            releases.filter((name) => !/^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/.test(name)),
            [],
        );
    });
});
