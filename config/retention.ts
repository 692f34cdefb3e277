import { PlatformConfig } from "./schema";

/** The systems whose volumes outlive the stack. */
export function retainedSystems({ objectStore, eventStream }: PlatformConfig): ("storage" | "streaming")[] {
    return [
        ...(objectStore.retain ? (["storage"] as const) : []),
        ...(eventStream.retain ? (["streaming"] as const) : []),
    ];
}
