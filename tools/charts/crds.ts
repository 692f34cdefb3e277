import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { cacheDir, repoRoot } from "../../lib/paths";
import { fromModule, type Kept, whole, writeCrds } from "./extract";
import { generateStrimzi } from "./strimzi-generator";

/** An operator's CRDs, without its chart; `dir` holds `crds`. */
export interface Definitions extends Kept {
    /** Fetches them. */
    make: () => Promise<void>;
}

/** Go modules that have them; the go.mod in the folder of the same name pins the version. */
const modules: { name: string; module: string; crds: string; wanted?: RegExp }[] = [
    { name: "cloudnative-pg", module: "github.com/cloudnative-pg/cloudnative-pg", crds: "config/crd/bases" },
    { name: "keda", module: "github.com/kedacore/keda/v2", crds: "config/crd/bases" },
    // Of no stack: a cluster has them with its implementation. Who tests a way in by the Gateway API needs these.
    {
        name: "gateway-api",
        module: "sigs.k8s.io/gateway-api",
        crds: "config/crd/standard",
        wanted: /^gateway\.networking\.k8s\.io_(?!vap_).*\.yaml$/,
    },
];

/** Raise when what is made of the same files changes. */
const format = 1;

/** The folder of what pins an operator's CRDs. */
export const pins = (name: string) => join(repoRoot, "tools/charts", name);

/** Lists the pinned versions, without fetching anything. */
export async function definitions(): Promise<Definitions[]> {
    const outOfModules = modules.map(async ({ name, module, crds, wanted }) => {
        const kept = await keptBy(name, wanted?.source);
        const make = () =>
            fromModule(pins(name), module, (source) =>
                whole(kept.dir, (scratch) => writeCrds(join(source, crds), join(scratch, "crds"), wanted)),
            );
        return { ...kept, make };
    });
    const strimzi = await keptBy("strimzi");
    const generated = () => whole(strimzi.dir, (scratch) => generateStrimzi(pins("strimzi"), scratch));
    return [...(await Promise.all(outOfModules)), { ...strimzi, make: generated }];
}

/** @param choice Of what is in the source. @default all */
async function keptBy(name: string, choice?: string): Promise<Kept> {
    const files = (await readdir(pins(name))).sort();
    const texts = await Promise.all(files.map((file) => readFile(join(pins(name), file), "utf8")));
    const hash = createHash("sha256").update([String(format), ...texts, ...(choice ? [choice] : [])].join("\0"));
    const id = `${name}-${hash.digest("hex").slice(0, 12)}`;
    return { name, id, dir: join(cacheDir(), "crds", id) };
}
