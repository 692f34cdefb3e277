import { PlatformConfig } from "./schema";

/** The systems whose volumes outlive the stack. */
export function retainedSystems({ objectStore, eventStream, database }: PlatformConfig) {
    const kept = {
        storage: objectStore.kind === "minio" && objectStore.retain,
        streaming: eventStream.retain,
        database: database.kind !== "external" && database.retain,
    };
    return (Object.keys(kept) as (keyof typeof kept)[]).filter((system) => kept[system]);
}
