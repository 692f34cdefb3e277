import { parse } from "../../config/parse";
import { PlatformConfig } from "../../config/schema";
import { project, readStackConfig, stackFile } from "../../program/stack-config";

/**
 * A stack's config, whole.
 *
 * @param values Text by full key, as the engine has it. @default the stack file's
 */
export function configOf(stack: string, values = readStackConfig(stackFile(stack)).values): PlatformConfig {
    const own = Object.entries(values).filter(([key]) => key.startsWith(`${project}:`));
    return parse(Object.fromEntries(own.map(([key, text]) => [key.slice(project.length + 1), plain(text)])), stack);
}

/** Structured values are handed over as JSON, plain ones as they stand. */
function plain(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return text;
    }
}
