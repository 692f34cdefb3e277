import { prefix } from "./labels";
import { kindIn, releaseType } from "./kinds";
import { at, isPart, Part, part, text } from "./objects";

/** The systems whose namespace takes volumes along when it is deleted. */
const systems = ["storage", "streaming", "database"];

/** Describes the data that an object holds, or undefined for one that holds none. */
export function keepsData(type: string, props: Part): string | undefined {
    if (type === releaseType) return asksForVolume(part(props, "values")) ? "the volumes of its pods" : undefined;
    if (type === "kubernetes:core/v1:PersistentVolumeClaim") return "a volume";
    if (kindIn("kafka.strimzi.io", type) === "Kafka") return "the records of Kafka";
    if (kindIn("kafka.strimzi.io", type) === "KafkaNodePool") return "the volumes of Kafka's nodes";
    if (kindIn("postgresql.cnpg.io", type) === "Cluster") return "databases";
    if (type === "kubernetes:core/v1:Namespace") {
        const system = text(props, "metadata", "labels", `${prefix}/system`) ?? "";
        return systems.includes(system) ? `the volumes of the system ${system}` : undefined;
    }
    return undefined;
}

/** A chart asks for a volume under `storage` or `persistence`, with a size, unless it is switched off. */
function asksForVolume(values: Part): boolean {
    return Object.entries(values).some(([key, value]) => {
        if (!isPart(value) || value.enabled === false) return false;
        if (/^(storage|persistence)$/.test(key)) return at(value, "size") !== undefined || value.enabled === true;
        return asksForVolume(value);
    });
}
