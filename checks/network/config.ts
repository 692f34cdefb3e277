import { PlatformConfig } from "../../config/schema";
import { platformConfig, readStackConfig, stackFile } from "../../program/stack-config";

/**
 * A stack's config, whole.
 *
 * @param values Text by full key, as the engine has it. @default the stack file's
 */
export function configOf(stack: string, values = readStackConfig(stackFile(stack)).values): PlatformConfig {
    return platformConfig({ values }, stack);
}
