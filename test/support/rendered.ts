import { join } from "node:path";

import { RenderOptions, renderStack } from "../../render/manifests";

/** The small program that tests of rendering evaluate. */
export const program = join(__dirname, "..", "unit", "fixtures", "rendered.ts");

/** The secret in its config. */
export const token = "sentinel/token+of=the:config";

/** Renders the small program with some of its parts. `sources` is the config's `charts`. */
export function rendered(parts: object, options: Partial<RenderOptions> & { sources?: object } = {}) {
    const { sources = {}, ...more } = options;
    return renderStack({
        ...{ stack: "demo", program, secretKeys: ["data-platform:token"] },
        config: {
            "data-platform:parts": JSON.stringify(parts),
            "data-platform:charts": JSON.stringify(sources),
            "data-platform:token": token,
        },
        ...more,
    });
}
