import { grants } from "../../workloads/access";
import type { Access } from "../../workloads/declaration";
import { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { problem } from "./rule";

const said = { bucket: { read: "reader", write: "writer" }, topic: { read: "consumer", write: "producer" } };

/** If the sample is on, the buckets and topics that it uses must be there and open to it. */
export function flightsWired({ workloads, objectStore, eventStream }: PlatformConfig): Problem[] {
    if (!workloads.flights.enabled) return [];
    const missing = (kind: keyof typeof said, allowed: (thing: string) => Allowed) =>
        grants(kind)
            .filter(({ name, access, app }) => !allowed(name)[access]?.includes(app))
            .map(({ name, access, app }) => `a ${kind} "${name}" with the ${said[kind][access]} "${app}"`);
    const wired = (key: string, found: string[]) =>
        problem(
            found.length > 0,
            key,
            `must have ${found.join(", ")}, because workloads.flights.enabled is true; add what is missing or switch the sample off`,
        );
    return [
        ...wired(
            "objectStore.buckets",
            missing("bucket", (bucket) => {
                const { writers = [], readers = [] } = objectStore.buckets.find(({ name }) => name === bucket) ?? {};
                return { write: writers, read: [...readers, ...writers] };
            }),
        ),
        ...wired(
            "eventStream.topics",
            missing("topic", (topic) => {
                const there = eventStream.topics.find(({ name }) => name === topic);
                return { write: there?.producers, read: there?.consumers };
            }),
        ),
    ];
}

/** Applications by their access to a bucket or a topic. */
type Allowed = Record<Access, string[] | undefined>;
